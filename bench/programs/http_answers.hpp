#pragma once

#include <charconv>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

/// As much of HTTP/1.1 as a client needs that knows its server: answers with a Content-Length.
namespace orderly::bench {

struct HttpAnswer {
  int status = 0;
  std::string_view body;
  std::size_t bytes = 0;  ///< of the whole answer
};

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  return number;
}

/// The value of a header in `head`; names as the server writes them.
inline std::string_view find_header(std::string_view head, std::string_view name) {
  const auto at = head.find(name);
  if (at == std::string_view::npos) return {};
  const auto begin = head.find_first_not_of(": ", at + name.size());
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

/// The first answer in `received`; nothing while it is not all there.
inline std::optional<HttpAnswer> parse_answer(std::string_view received) {
  const auto end = received.find("\r\n\r\n");
  if (end == std::string_view::npos || end < 12) return std::nullopt;
  const auto head = received.substr(0, end);
  const auto status = parse_number<int>(head.substr(9, 3));
  const auto length = parse_number<std::size_t>(find_header(head, "Content-Length"));
  const std::size_t bytes = end + 4 + length.value_or(0);
  if (received.size() < bytes) return std::nullopt;
  return HttpAnswer{.status = status.value_or(0),
                    .body = received.substr(end + 4, length.value_or(0)),
                    .bytes = bytes};
}

/// A text member of a flat JSON object without escapes.
inline std::string_view find_member(std::string_view json, std::string_view name) {
  const auto at = json.find('"' + std::string(name) + "\":\"");
  if (at == std::string_view::npos) return {};
  const auto begin = at + name.size() + 4;
  return json.substr(begin, json.find('"', begin) - begin);
}

}  // namespace orderly::bench
