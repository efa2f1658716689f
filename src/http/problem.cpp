#include "http/problem.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "json/writer.hpp"

namespace orderly::http {

int status_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalid:
      return 400;
    case ErrorKind::kNotFound:
      return 404;
    case ErrorKind::kConflict:
      return 409;
    case ErrorKind::kIdempotencyKeyReused:
      return 422;
    case ErrorKind::kTooLarge:
      return 413;
    case ErrorKind::kUnsupportedMediaType:
      return 415;
    case ErrorKind::kMethodNotAllowed:
      return 405;
    case ErrorKind::kForbidden:
      return 403;
    case ErrorKind::kOverloaded:
      return 429;
    case ErrorKind::kUnavailable:
      return 503;
    case ErrorKind::kStorageFull:
      return 507;
  }
  std::unreachable();
}

Response problem(int status, std::string_view code, std::string_view message,
                 std::string_view field) {
  Response response;
  response.status = status;
  response.content_type = kProblemJson;
  json::Writer writer(response.body);
  writer.begin_object()
      .member("type", "about:blank")
      .member("title", reason_phrase(status))
      .member("status", status)
      .member("detail", message)
      .member("message", message)
      .member("code", code);
  if (!field.empty()) writer.member("field", field);
  writer.end_object();
  return response;
}

Response problem(const Error& error) {
  Response response = problem(status_of(error.kind), error.code, error.message, error.field);
  const bool passes = error.kind == ErrorKind::kOverloaded ||
                      error.kind == ErrorKind::kUnavailable ||
                      error.kind == ErrorKind::kStorageFull;
  if (passes) set_retry_after(response, std::chrono::seconds(1));
  return response;
}

Response problem(const Unavailable& unavailable) {
  // What exactly is away is for the log; a client learns that, and when to come back.
  const bool full = dynamic_cast<const StorageFull*>(&unavailable) != nullptr;
  Response response =
      full ? problem(507, "storage_full", "There is no room to store anything new.")
           : problem(503, "unavailable", "The service cannot do this right now. Try again later.");
  set_retry_after(response, unavailable.retry_after());
  return response;
}

Response lab_not_found(std::string_view message) {
  Response response;
  response.status = 404;
  json::Writer(response.body).begin_object().member("message", message).end_object();
  return response;
}

void set_retry_after(Response& response, std::chrono::milliseconds wait) {
  const auto seconds =
      std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::seconds>(wait).count());
  response.headers.add("Retry-After", std::to_string(seconds));
}

}  // namespace orderly::http
