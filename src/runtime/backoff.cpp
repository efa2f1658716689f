#include "runtime/backoff.hpp"

#include <algorithm>
#include <cstdint>

namespace orderly::runtime {

std::chrono::milliseconds backoff_delay(const BackoffPolicy& policy, int failures, Random& random) {
  constexpr int kMaxDoublings = 30;  // beyond it every sensible maximum is reached
  const int doublings = std::clamp(failures - 1, 0, kMaxDoublings);
  const std::int64_t grown = policy.minimum.count() << doublings;
  const std::int64_t base = std::min<std::int64_t>(policy.maximum.count(), grown);
  const auto jitter =
      static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(base / 2 + 1)));
  return std::chrono::milliseconds(base - jitter);
}

}  // namespace orderly::runtime
