#pragma once

#include <string>

namespace orderly::app {

/// For CLI::Validator: turns `10s`, `5m`, `1h`, `7d` or `10` (seconds) into the `10s` that Google's
/// JSON has; what it answers for anything else is the error.
std::string to_json_duration(std::string& text);

}  // namespace orderly::app
