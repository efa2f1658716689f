#include "http/plain_request.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.hpp"

namespace orderly::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::size_t kMaxName = 64;
constexpr std::size_t kMaxLengthDigits = 9;

/// RFC 9110 5.6.2.
constexpr std::array<bool, 256> kToken = [] {
  std::array<bool, 256> table{};
  for (const char c : std::string_view("!#$%&'*+-.^_`|~0123456789"
                                       "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

bool is_token(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return kToken[static_cast<unsigned char>(c)]; });
}

bool is_visible(char c) { return c > 0x20 && c < 0x7f; }
bool is_value(char c) { return c >= 0x20 && c < 0x7f; }

/// The text up to `end`, which is taken away with it; nothing where there is no `end`.
std::optional<std::string_view> take_until(std::string_view& text, std::string_view end) {
  const std::size_t at = text.find(end);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view taken = text.substr(0, at);
  text.remove_prefix(at + end.size());
  return taken;
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  while (text.ends_with(' '))
    text.remove_suffix(1);
  return text;
}

bool read_request_line(std::string_view line, Request& request) {
  const auto method = take_until(line, " ");
  const auto target = take_until(line, " ");
  if (!method || !target || line != "HTTP/1.1") return false;
  request.method = parse_method(*method);
  if (request.method == Method::kOther) return false;
  if (!target->starts_with('/') || !std::ranges::all_of(*target, is_visible)) return false;
  request.target.assign(*target);
  return true;
}

bool read_length(std::string_view digits, std::optional<std::uint64_t>& length) {
  if (length || digits.empty() || digits.size() > kMaxLengthDigits) return false;
  std::uint64_t value = 0;
  const char* const begin = digits.data();
  const char* const end = begin + digits.size();
  const auto read = std::from_chars(begin, end, value);
  length = value;
  return read.ec == std::errc{} && read.ptr == end;
}

/// Whether the field is none that says how a message goes on or where it ends, or says so plainly.
bool read_framing(std::string_view name, std::string_view value, PlainRequest& read) {
  const auto is = [name](std::string_view other) { return equals_ignoring_case(name, other); };
  if (is("Content-Length")) return read_length(value, read.content_length);
  if (is("Connection")) return equals_ignoring_case(value, "keep-alive");
  return !is("Transfer-Encoding") && !is("Expect") && !is("Upgrade") && !is("Proxy-Connection");
}

bool read_field(std::string_view line, Request& request, PlainRequest& read) {
  const auto name = take_until(line, ":");
  if (!name || name->empty() || name->size() > kMaxName || !is_token(*name)) return false;
  const std::string_view value = trim(line);
  if (!std::ranges::all_of(value, is_value) || !read_framing(*name, value, read)) return false;
  request.headers.add(*name, value);
  return true;
}

}  // namespace

std::optional<PlainRequest> read_plain_request(std::string_view received,
                                               std::size_t max_header_bytes, Request& request) {
  PlainRequest read;
  std::string_view rest = received;
  auto line = take_until(rest, kLineEnd);
  if (!line || !read_request_line(*line, request)) return std::nullopt;
  for (line = take_until(rest, kLineEnd); line && !line->empty();
       line = take_until(rest, kLineEnd)) {
    if (!read_field(*line, request, read)) return std::nullopt;
  }
  const std::size_t header = received.size() - rest.size();
  const std::size_t body = read.content_length.value_or(0);
  if (!line || header > max_header_bytes || rest.size() < body) return std::nullopt;
  request.body.assign(rest.substr(0, body));
  read.size = header + body;
  return read;
}

}  // namespace orderly::http
