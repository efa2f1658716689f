#include "app/backpressure.hpp"

#include <gtest/gtest.h>

#include "support/sim_loop.hpp"

namespace orderly::app {
namespace {

using namespace std::chrono_literals;
using orderly::testing::SimClock;
using orderly::testing::SimLoop;

class BackpressureTest : public ::testing::Test {
 protected:
  BackpressureTest() {
    backpressure_.start();
    loop_.run_until([] { return false; }, loop_.steady_now() + 50ms);
  }
  ~BackpressureTest() override {
    runtime::TaskGroup tasks(loop_);
    bool stopped = false;
    tasks.spawn("stop", stop(stopped));
    loop_.run_until([&] { return stopped && tasks.size() == 0; }, loop_.steady_now() + 1min);
  }
  runtime::Task<void> stop(bool& stopped) {
    co_await backpressure_.stop();
    stopped = true;
  }
  /// So much waits, while the hop moves or does not.
  order::Admission with_backlog(Position backlog, bool moves = true) {
    for (int i = 0; i < 30; ++i) {
      if (moves) ++position_;
      head_ = position_ + backlog;
      loop_.run_until([] { return false; }, loop_.steady_now() + 50ms);
    }
    return backpressure_.now();
  }

  SimClock clock_{UtcTime(1'700'000'000s)};
  SimLoop loop_{clock_};
  telemetry::Metrics metrics_;
  std::optional<Position> head_ = 0;
  Position position_ = 0;
  Backpressure backpressure_{loop_,
                             {{.name = "hop",
                               .head = [this] { return head_; },
                               .position = [this] { return std::optional(position_); }}},
                             metrics_,
                             1'000};
};

TEST_F(BackpressureTest, NothingIsSlowedDownBelowTheBound) {
  EXPECT_EQ(with_backlog(1'000).delay, 0ms);
  EXPECT_FALSE(backpressure_.now().refused);
}

TEST_F(BackpressureTest, OrdersWaitLongerTheMoreWaitAlreadyAndAreRefusedAtTwiceTheBound) {
  const auto a_little = with_backlog(1'010);
  EXPECT_EQ(a_little.delay, 1ms);
  const auto more = with_backlog(1'500);
  EXPECT_EQ(more.delay, 50ms);
  EXPECT_FALSE(more.refused);
  EXPECT_NE(metrics_.expose().find("orderly_order_admission_delay_seconds 0.05"),
            std::string::npos);
  EXPECT_TRUE(with_backlog(2'000).refused);
  EXPECT_EQ(with_backlog(900).delay, 0ms);
  EXPECT_FALSE(backpressure_.now().refused);
}

TEST_F(BackpressureTest, AHopThatStandsStillSlowsNobodyDown) {
  EXPECT_TRUE(with_backlog(5'000).refused);
  EXPECT_FALSE(with_backlog(5'000, false).refused);
  EXPECT_EQ(backpressure_.now().delay, 0ms);
  EXPECT_FALSE(with_backlog(5'900).refused) << "it moves again, and these were accepted meanwhile";
  EXPECT_TRUE(with_backlog(7'100).refused);
}

TEST_F(BackpressureTest, AStoreThatIsFilledAgainSlowsNobodyDown) {
  with_backlog(0);
  position_ -= 20;
  EXPECT_EQ(with_backlog(9'000).delay, 0ms);
  EXPECT_EQ(with_backlog(3'000).delay, 0ms);
  EXPECT_EQ(with_backlog(4'500).delay, 50ms) << "it has fallen back again";
}

TEST_F(BackpressureTest, AnUnknownHeadIsNoOverload) {
  head_.reset();
  loop_.run_until([] { return false; }, loop_.steady_now() + 1s);
  EXPECT_EQ(backpressure_.now().delay, 0ms);
}

}  // namespace
}  // namespace orderly::app
