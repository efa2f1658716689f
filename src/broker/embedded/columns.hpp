#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/clock.hpp"

/// How values become columns of broker.db and back.
namespace orderly::broker {

inline std::int64_t micros(UtcTime time) { return time.time_since_epoch().count(); }
inline UtcTime time_of(std::int64_t micros) { return UtcTime(std::chrono::microseconds(micros)); }

inline std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::span<const std::byte> as_blob(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace orderly::broker
