#include "http/prefer.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/text.hpp"

namespace orderly::http {
namespace {

std::string_view trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// The text up to the first `separator` outside of quotes, which is taken away with it.
std::string_view take_until(std::string_view& text, char separator) {
  bool quoted = false;
  std::size_t end = 0;
  for (; end < text.size() && (quoted || text[end] != separator); ++end) {
    if (text[end] == '"') quoted = !quoted;
    if (text[end] == '\\' && quoted && end + 1 < text.size()) ++end;
  }
  const std::string_view taken = trim(text.substr(0, end));
  text.remove_prefix(std::min(text.size(), end + 1));
  return taken;
}

std::string_view unquote(std::string_view value) {
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    return value.substr(1, value.size() - 2);
  }
  return value;
}

std::optional<std::chrono::seconds> parse_wait(std::string_view value) {
  const bool digits =
      !value.empty() && std::ranges::all_of(value, [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return std::nullopt;
  // A number beyond int64 is still a long wait.
  const auto seconds = parse_int64(value).value_or(kMaxPreferredWait.count());
  return std::min(std::chrono::seconds(seconds), kMaxPreferredWait);
}

}  // namespace

Preferences Preferences::of(const Request& request) {
  Preferences preferences;
  bool wait_seen = false;
  bool handling_seen = false;
  for (std::size_t i = 0; i < request.headers.size(); ++i) {
    auto [name, list] = request.headers.at(i);
    if (!equals_ignoring_case(name, "prefer")) continue;
    while (!list.empty()) {
      std::string_view preference = take_until(list, ',');
      std::string_view rest = take_until(preference, ';');  // parameters mean nothing here
      const std::string_view token = take_until(rest, '=');
      const std::string_view value = unquote(trim(rest));
      if (equals_ignoring_case(token, "wait") && !std::exchange(wait_seen, true)) {
        preferences.wait = parse_wait(value);
      } else if (equals_ignoring_case(token, "handling") && !std::exchange(handling_seen, true)) {
        preferences.lenient = equals_ignoring_case(value, "lenient");
      }
    }
  }
  return preferences;
}

}  // namespace orderly::http
