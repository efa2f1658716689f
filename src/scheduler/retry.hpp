#pragma once

#include <chrono>
#include <optional>

#include "scheduler/job.hpp"

namespace orderly::scheduler {

/// The wait before retry number `failures` (1 is the first): `min_backoff`, doubled at most
/// `max_doublings` times, then growing by the last doubled step, never above `max_backoff`. With
/// 10 s, 300 s and 3 doublings: 10, 20, 40, 80, 160, 240, 300, 300 …
/// (https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#RetryConfig).
std::chrono::milliseconds retry_delay(const RetryConfig& config, int failures);

/// When a run that has just failed is tried again, if it is: while `retry_count` is not used up, or
/// the next attempt still falls within `max_retry_duration` of the run's start.
std::optional<UtcTime> next_attempt(const RetryConfig& config, const Run& run, UtcTime now);

}  // namespace orderly::scheduler
