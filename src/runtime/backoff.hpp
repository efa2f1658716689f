#pragma once

#include <chrono>

#include "base/random.hpp"

namespace orderly::runtime {

/// The one place that decides how long to wait before a retry: exponential from `minimum` to
/// `maximum`, with "full jitter" over the upper half so that many retriers spread out.
struct BackoffPolicy {
  std::chrono::milliseconds minimum{100};
  std::chrono::milliseconds maximum{60'000};
};

/// Wait before retry number `failures` (1 is the first). Within
/// [base / 2, base] for base = min(maximum, minimum · 2^(failures−1)).
std::chrono::milliseconds backoff_delay(const BackoffPolicy& policy, int failures, Random& random);

}  // namespace orderly::runtime
