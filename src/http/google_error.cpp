#include "http/google_error.hpp"

#include <string>

#include "http/problem.hpp"
#include "json/writer.hpp"

namespace orderly::http {
namespace {

std::string_view name_of(int status) {
  switch (status) {
    case 403:
      return "PERMISSION_DENIED";
    case 404:
      return "NOT_FOUND";
    case 405:
    case 501:
      return "UNIMPLEMENTED";
    case 409:
      return "ABORTED";
    case 429:
    case 507:
      return "RESOURCE_EXHAUSTED";
    case 500:
      return "INTERNAL";
    case 503:
      return "UNAVAILABLE";
    case 504:
      return "DEADLINE_EXCEEDED";
    default:
      return "INVALID_ARGUMENT";
  }
}

/// google.rpc.ErrorInfo asks for UPPER_SNAKE_CASE.
std::string reason_of(std::string_view code) {
  std::string reason(code);
  for (char& c : reason) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return reason;
}

}  // namespace

Response google_error(int status, std::string_view code, std::string_view message,
                      std::string_view field, std::string_view name) {
  Response response;
  response.status = status;
  json::Writer writer(response.body);
  writer.begin_object()
      .key("error")
      .begin_object()
      .member("code", status)
      .member("message", message)
      .member("status", name.empty() ? name_of(status) : name)
      .key("details")
      .begin_array()
      .begin_object()
      .member("@type", "type.googleapis.com/google.rpc.ErrorInfo")
      .member("reason", reason_of(code))
      .member("domain", "orderly")
      .end_object();
  if (!field.empty()) {
    writer.begin_object()
        .member("@type", "type.googleapis.com/google.rpc.BadRequest")
        .key("fieldViolations")
        .begin_array()
        .begin_object()
        .member("field", field)
        .member("description", message)
        .end_object()
        .end_array()
        .end_object();
  }
  writer.end_array().end_object().end_object();
  return response;
}

Response google_error(const Error& error) {
  if (error.kind == ErrorKind::kConflict) {
    const bool exists = error.code == kAlreadyExists;
    return google_error(exists ? 409 : 400, error.code, error.message, error.field,
                        exists ? "ALREADY_EXISTS" : "FAILED_PRECONDITION");
  }
  const bool too_large = error.kind == ErrorKind::kTooLarge;
  const int status = too_large ? 400 : status_of(error.kind);
  return google_error(status, error.code, error.message, error.field);
}

}  // namespace orderly::http
