#include "orderinfo/freshness.hpp"

#include <gtest/gtest.h>

namespace orderly::orderinfo {
namespace {

using namespace std::chrono_literals;

constexpr UtcTime kNow{std::chrono::hours(24 * 20'000)};

TEST(Freshness, a_lag_is_the_time_since_everything_was_settled) {
  Position head = 1;
  const Freshness freshness([&] { return std::optional(head); });
  EXPECT_EQ(freshness.lag(1, kNow), 0ms);
  head = 2;
  EXPECT_EQ(freshness.lag(1, kNow + 5s), 5s);
  EXPECT_EQ(freshness.lag(2, kNow + 6s), 0ms);
}

TEST(Freshness, a_clock_that_is_set_back_hides_no_lag) {
  Position head = 1;
  const Freshness freshness([&] { return std::optional(head); });
  EXPECT_EQ(freshness.lag(1, kNow + 1h), 0ms);
  head = 2;
  EXPECT_EQ(freshness.lag(1, kNow), 0ms);
  EXPECT_EQ(freshness.lag(1, kNow + 5s), 5s);
}

}  // namespace
}  // namespace orderly::orderinfo
