#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace orderly {

/// A client's promise that requests with this key are one and the same. Stored in the transaction
/// of the effect, so a failed call releases it by itself; kept for at least kIdempotencyKeyLife.
struct IdempotencyKey {
  std::string key;                        ///< 1–255 printable ASCII characters
  std::array<std::byte, 16> fingerprint;  ///< of the command: another one means another body

  bool operator==(const IdempotencyKey&) const = default;
};

inline constexpr std::size_t kMaxIdempotencyKeyBytes = 255;

}  // namespace orderly
