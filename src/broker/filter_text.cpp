#include "broker/filter_text.hpp"

#include <charconv>
#include <cstdint>

namespace orderly::broker::filter_text {
namespace {

constexpr std::string_view kEscaped = "abfnrtv\\'\"?";
constexpr std::string_view kMeant = "\a\b\f\n\r\t\v\\'\"?";

/// Exactly `digits` digits at the beginning of `text`.
std::optional<std::uint32_t> number(std::string_view text, std::size_t digits, int base) {
  if (text.size() < digits) return std::nullopt;
  std::uint32_t value = 0;
  const char* const begin = text.data();
  const char* const end = begin + digits;
  const auto read = std::from_chars(begin, end, value, base);
  if (read.ec != std::errc{} || read.ptr != end) return std::nullopt;
  return value;
}

bool append_utf8(std::uint32_t code, std::string& out) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80U | ((code >> shift) & 0x3fU)); };
  if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000)) return false;
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0U | code >> 6U);
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0U | code >> 12U);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0U | code >> 18U);
    tail(12);
    tail(6);
    tail(0);
  }
  return true;
}

/// Reads the escape behind a backslash; how long it is, or 0 where it is none.
std::size_t unescape(std::string_view text, std::string& out) {
  if (text.empty()) return 0;
  if (const auto at = kEscaped.find(text[0]); at != std::string_view::npos) {
    out += kMeant[at];
    return 1;
  }
  if (text[0] == 'x') {
    const auto byte = number(text.substr(1), 2, 16);
    if (byte) out += static_cast<char>(*byte);
    return byte ? 3 : 0;
  }
  if (text[0] == 'u' || text[0] == 'U') {
    const std::size_t digits = text[0] == 'u' ? 4 : 8;
    const auto code = number(text.substr(1), digits, 16);
    return code && append_utf8(*code, out) ? 1 + digits : 0;
  }
  const auto byte = number(text, 3, 8);
  if (!byte || *byte > 0xff) return 0;
  out += static_cast<char>(*byte);
  return 3;
}

}  // namespace

std::optional<Quoted> unquote(std::string_view source) {
  if (!source.starts_with('"')) return std::nullopt;
  Quoted quoted;
  for (std::size_t at = 1; at < source.size(); ++at) {
    const char c = source[at];
    if (c == '"') {
      quoted.size = at + 1;
      return quoted;
    }
    if (c != '\\') {
      quoted.value += c;
      continue;
    }
    const std::size_t size = unescape(source.substr(at + 1), quoted.value);
    if (size == 0) return std::nullopt;
    at += size;
  }
  return std::nullopt;
}

std::string quote(std::string_view value) {
  constexpr std::string_view kOctal = "01234567";
  std::string out = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      out += '\\';
      for (const unsigned shift : {6U, 3U, 0U})
        out += kOctal[byte >> shift & 7U];
    } else {
      out += c;
    }
  }
  return out + '"';
}

bool is_key_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

}  // namespace orderly::broker::filter_text
