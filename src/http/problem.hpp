#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "http/message.hpp"

/// Errors as HTTP answers: RFC 9457 `application/problem+json` with the lab's `message`:
///
///     {"type":"about:blank","title":"Bad Request","status":400,"detail":"number must be …",
///      "message":"number must be …","code":"out_of_range","field":"number"}
///
/// This is the one place that maps errors to statuses.
namespace orderly::http {

int status_of(ErrorKind kind);

/// Overload and unavailability tell to try again in a second.
Response problem(const Error& error);
/// For what has no ErrorKind: protocol faults, timeouts.
Response problem(int status, std::string_view code, std::string_view message,
                 std::string_view field = {});
/// 503 with Retry-After (whole seconds, rounded up, at least 1); 507 for StorageFull.
Response problem(const Unavailable& unavailable);

/// The lab's answer for what is not there: exactly `{"message":…}`, application/json, 404.
Response lab_not_found(std::string_view message);

void set_retry_after(Response& response, std::chrono::milliseconds wait);

}  // namespace orderly::http
