#include "app/duration_flag.hpp"

#include <cstdint>

#include "base/text.hpp"

namespace orderly::app {

std::string to_json_duration(std::string& text) {
  const std::size_t digits = text.find_first_not_of("0123456789");
  const std::string unit = digits == std::string::npos ? "s" : text.substr(digits);
  const auto number = parse_int64(text.substr(0, digits));
  const std::int64_t seconds = unit == "s"   ? 1
                               : unit == "m" ? 60
                               : unit == "h" ? 3'600
                               : unit == "d" ? 86'400
                                             : 0;
  constexpr std::int64_t kMaxNumber = 1'000'000'000;
  if (!number || *number > kMaxNumber || seconds == 0) {
    return "expected a duration such as 10s, 5m, 1h or 7d, got '" + text + "'";
  }
  text = std::to_string(*number * seconds) + "s";
  return {};
}

}  // namespace orderly::app
