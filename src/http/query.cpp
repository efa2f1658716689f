#include "http/query.hpp"

#include "base/text.hpp"

namespace orderly::http {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// A name or value of a query: `+` is a space there.
std::optional<std::string> decode_part(std::string_view text) {
  if (text.find('+') == std::string_view::npos) return percent_decode(text);
  std::string spaced(text);
  for (char& c : spaced) {
    if (c == '+') c = ' ';
  }
  return percent_decode(spaced);
}

Error query_error(std::string_view name, std::string_view code, std::string message) {
  return {ErrorKind::kInvalid, std::string(code), std::move(message), std::string(name)};
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      c = static_cast<char>(high * 16 + low);
      i += 2;
    }
    if (c == '\0') return std::nullopt;
    out += c;
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool unreserved = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                            (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
    if (unreserved) {
      out += c;
      continue;
    }
    out += '%';
    out += kDigits[static_cast<unsigned char>(c) >> 4U];
    out += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return out;
}

Result<Query> Query::parse(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    auto name = decode_part(part.substr(0, equals));
    auto value = equals == std::string_view::npos ? std::optional<std::string>("")
                                                  : decode_part(part.substr(equals + 1));
    if (!name || !value || !is_valid_utf8(*name) || !is_valid_utf8(*value)) {
      return std::unexpected(
          query_error({}, "malformed_query", "The query of the URL is not percent-encoded UTF-8."));
    }
    if (query.find(*name)) {
      return std::unexpected(
          query_error(*name, "repeated_parameter", *name + " comes more than once."));
    }
    query.parameters_.emplace_back(std::move(*name), std::move(*value));
  }
  return query;
}

std::optional<std::string_view> Query::find(std::string_view name) const {
  for (const auto& [key, value] : parameters_) {
    if (key == name) return value;
  }
  return std::nullopt;
}

void Query::fail(std::string_view name, std::string_view code, std::string message) {
  if (!error_) error_ = query_error(name, code, std::move(message));
}

std::string_view Query::required_string(std::string_view name) {
  const auto value = find(name);
  if (!value) fail(name, "missing_parameter", std::string(name) + " is missing.");
  return value.value_or(std::string_view{});
}

std::int64_t Query::required_int(std::string_view name, std::int64_t min, std::int64_t max) {
  if (!find(name)) fail(name, "missing_parameter", std::string(name) + " is missing.");
  return optional_int(name, min, max).value_or(0);
}

std::optional<std::int64_t> Query::optional_int(std::string_view name, std::int64_t min,
                                                std::int64_t max) {
  const auto text = find(name);
  if (!text) return std::nullopt;
  const auto number = parse_int64(*text);
  if (!number) {
    fail(name, "wrong_type", std::string(name) + " must be a whole number.");
    return std::nullopt;
  }
  if (*number < min || *number > max) {
    fail(name, "out_of_range",
         std::string(name) + " must be between " + std::to_string(min) + " and " +
             std::to_string(max) + ".");
    return std::nullopt;
  }
  return number;
}

Result<void> Query::finish() const {
  if (error_) return std::unexpected(*error_);
  return {};
}

}  // namespace orderly::http
