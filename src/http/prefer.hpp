#pragma once

#include <chrono>
#include <optional>

#include "http/message.hpp"

namespace orderly::http {

inline constexpr std::chrono::seconds kMaxPreferredWait{30};

/// RFC 7240 `Prefer`, the parts that are understood here. What is unknown or malformed is ignored,
/// and of a preference that comes twice the first one counts, as the RFC asks.
struct Preferences {
  std::optional<std::chrono::seconds> wait;  ///< `wait=SECONDS`, at most kMaxPreferredWait
  bool lenient = false;                      ///< `handling=lenient`

  static Preferences of(const Request& request);
};

}  // namespace orderly::http
