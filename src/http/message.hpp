#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/trace.hpp"
#include "http/body_stream.hpp"
#include "http/headers.hpp"
#include "http/query.hpp"

namespace orderly::http {

enum class Method : std::uint8_t { kGet, kHead, kPost, kPut, kDelete, kPatch, kOptions, kOther };
std::string_view to_string(Method method);
Method parse_method(std::string_view text);

/// Content types, for Response::content_type.
inline constexpr std::string_view kJson = "application/json";
inline constexpr std::string_view kProblemJson = "application/problem+json";
inline constexpr std::string_view kPlainText = "text/plain; charset=utf-8";

/// A request as a handler gets it: read completely, its body within the route's limit.
struct Request {
  Method method = Method::kGet;
  std::string target = "/";  ///< as sent: path and query
  Headers headers;
  std::string body;
  std::string peer;           ///< address of the other end, without the port
  bool from_loopback = true;  ///< the peer is on this machine
  TraceContext trace;         ///< from the traceparent header, or started here
  SteadyTime received{};      ///< when it had been read

  /// The target up to the `?`.
  [[nodiscard]] std::string_view path() const;
  /// The parameters behind it.
  [[nodiscard]] Result<Query> query() const;
  /// The first header field of that name (any case).
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const {
    return headers.find(name);
  }
  /// Back to the defaults, keeping the memory.
  void clear();
};

struct Response {
  int status = 200;
  std::string_view content_type = kJson;  ///< a constant or text that outlives the answer
  Headers headers;  ///< beside content type, length, date and connection, which the server writes
  std::string body;
  /// The body instead, text that outlives the answer: what every answer shares is not copied.
  std::string_view fixed_body = {};
  /// The body instead, as it comes.
  std::shared_ptr<BodyStream> stream = nullptr;

  /// The body, where it is known.
  [[nodiscard]] std::string_view content() const { return fixed_body.empty() ? body : fixed_body; }

  static Response json(std::string body, int status = 200) {
    return {.status = status, .content_type = kJson, .headers = {}, .body = std::move(body)};
  }
  static Response text(std::string body, int status = 200) {
    return {.status = status, .content_type = kPlainText, .headers = {}, .body = std::move(body)};
  }
};

/// The reason phrase of RFC 9110, e.g. `Not Found`; `Unknown` for a code that has none here.
std::string_view reason_phrase(int status);

}  // namespace orderly::http
