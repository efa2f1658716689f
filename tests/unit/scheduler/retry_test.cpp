#include "scheduler/retry.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace orderly::scheduler {
namespace {

using namespace std::chrono_literals;

std::vector<int> delays(const RetryConfig& config, int count) {
  std::vector<int> seconds;
  for (int failures = 1; failures <= count; ++failures)
    seconds.push_back(static_cast<int>(retry_delay(config, failures) / 1s));
  return seconds;
}

TEST(RetryTest, DoublesThenGrowsEvenlyThenStays) {
  // The example of Cloud Scheduler's reference.
  EXPECT_EQ(delays({.min_backoff = 10s, .max_backoff = 300s, .max_doublings = 3}, 8),
            (std::vector{10, 20, 40, 80, 160, 240, 300, 300}));
  EXPECT_EQ(delays({}, 8), (std::vector{5, 10, 20, 40, 80, 160, 320, 480}));
  EXPECT_EQ(delays({.min_backoff = 2s, .max_doublings = 0}, 4), (std::vector{2, 4, 6, 8}));
  EXPECT_EQ(delays({.min_backoff = 7s, .max_backoff = 7s}, 3), (std::vector{7, 7, 7}));
}

TEST(RetryTest, NothingOverflows) {
  const RetryConfig most{.min_backoff = 1h, .max_backoff = 1h, .max_doublings = kMaxDoublings};
  EXPECT_EQ(retry_delay(most, 1'000'000), 1h);
}

TEST(RetryTest, TheCountEndsIt) {
  const RetryConfig config{.retry_count = 2};
  const UtcTime now{};
  EXPECT_EQ(next_attempt(config, {.started = now, .failures = 1}, now), now + 5s);
  EXPECT_EQ(next_attempt(config, {.started = now, .failures = 2}, now), now + 10s);
  EXPECT_EQ(next_attempt(config, {.started = now, .failures = 3}, now), std::nullopt);
  EXPECT_EQ(next_attempt({}, {.started = now, .failures = 1}, now), std::nullopt);
}

TEST(RetryTest, BothLimitsMustBeReached) {
  const RetryConfig config{.retry_count = 1, .max_retry_duration = 60s};
  const UtcTime start{};
  EXPECT_TRUE(next_attempt(config, {.started = start, .failures = 1}, start + 2h));
  EXPECT_TRUE(next_attempt(config, {.started = start, .failures = 3}, start + 40s));
  EXPECT_FALSE(next_attempt(config, {.started = start, .failures = 3}, start + 41s));
}

}  // namespace
}  // namespace orderly::scheduler
