#include "scheduler/retry.hpp"

#include <algorithm>

namespace orderly::scheduler {

std::chrono::milliseconds retry_delay(const RetryConfig& config, int failures) {
  const int doublings = std::clamp(failures - 1, 0, config.max_doublings);
  const std::int64_t linear = std::max(failures - config.max_doublings, 1);
  // Within 64 bits: an hour, doubled 16 times, as often as a day of retries has milliseconds.
  const auto grown = config.min_backoff * (std::int64_t{1} << doublings) * linear;
  return std::min<std::chrono::milliseconds>(grown, config.max_backoff);
}

std::optional<UtcTime> next_attempt(const RetryConfig& config, const Run& run, UtcTime now) {
  const UtcTime next = now + retry_delay(config, run.failures);
  const bool has_count = run.failures <= config.retry_count;
  const bool has_time =
      config.max_retry_duration.count() > 0 && next <= run.started + config.max_retry_duration;
  if (!has_count && !has_time) return std::nullopt;
  return next;
}

}  // namespace orderly::scheduler
