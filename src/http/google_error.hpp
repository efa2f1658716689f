#pragma once

#include <string_view>

#include "http/message.hpp"

/// Errors as Google's APIs answer them, which is what their clients read
/// (https://cloud.google.com/apis/design/errors#http_mapping):
///
///     {"error":{"code":404,"message":"There is no topic x.","status":"NOT_FOUND","details":[
///       {"@type":"type.googleapis.com/google.rpc.ErrorInfo",
///        "reason":"TOPIC_NOT_FOUND","domain":"orderly"},
///       {"@type":"type.googleapis.com/google.rpc.BadRequest",
///        "fieldViolations":[{"field":"topic","description":"…"}]}]}}
namespace orderly::http {

/// `status` is the HTTP status, `code` the stable code that problem+json has too, `name` Google's
/// name for the kind of failure; empty: what goes with the status.
Response google_error(int status, std::string_view code, std::string_view message,
                      std::string_view field = {}, std::string_view name = {});

/// The code of an error that is answered as ALREADY_EXISTS.
inline constexpr std::string_view kAlreadyExists = "already_exists";
/// What a state forbids (kConflict) is FAILED_PRECONDITION, a 400, in Google's APIs.
Response google_error(const Error& error);

}  // namespace orderly::http
