#include "app/backpressure.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

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
                             {},
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

/// One whose pipeline can stand aside, and whose hop then stands still.
class BurstOfOrdersTest : public ::testing::Test {
 protected:
  BurstOfOrdersTest() { backpressure_.start(); }
  ~BurstOfOrdersTest() override { stop(); }

  void stop() {
    if (std::exchange(stopped_, true)) return;
    runtime::TaskGroup tasks(loop_);
    tasks.spawn("stop", backpressure_.stop());
    loop_.run_until([&] { return tasks.size() == 0; }, loop_.steady_now() + 1min);
  }
  /// For so long so many orders come in 50 ms, and so many are projected.
  order::Admission pass(std::chrono::milliseconds time, Position orders, Position projected = 0) {
    for (; time > 0ms; time -= 50ms) {
      head_ += orders;
      position_ = std::min(head_, position_ + projected);
      loop_.run_until([] { return false; }, loop_.steady_now() + 50ms);
    }
    return backpressure_.now();
  }
  std::string aside_metric() {
    const auto text = metrics_.expose();
    return text.substr(text.find("\norderly_pipeline_stands_aside ") + 1, 31);
  }

  SimClock clock_{UtcTime(1'700'000'000s)};
  SimLoop loop_{clock_};
  telemetry::Metrics metrics_;
  bool stopped_ = false;
  std::vector<bool> told_;  ///< what the pipeline was told
  bool awaited_ = false;
  Position head_ = 1'000;
  Position position_ = 1'000;
  Backpressure backpressure_{loop_,
                             {{.name = "hop",
                               .head = [this] { return std::optional(head_); },
                               .position = [this] { return std::optional(position_); }}},
                             metrics_,
                             {.stand_aside = [this](bool aside) { told_.push_back(aside); },
                              .awaited = [this] { return awaited_; }},
                             300'000};
};

TEST_F(BurstOfOrdersTest, ThePipelineStandsAsideAndComesBackWhenItIsOver) {
  pass(1s, 100, 100);
  EXPECT_TRUE(told_.empty());
  EXPECT_EQ(pass(3s, 2'000).delay, 0ms);
  EXPECT_EQ(told_, std::vector{true});
  EXPECT_EQ(aside_metric(), "orderly_pipeline_stands_aside 1");
  pass(1s, 0, 5'000);
  EXPECT_EQ(told_, (std::vector{true, false}));
  EXPECT_EQ(aside_metric(), "orderly_pipeline_stands_aside 0");
}

TEST_F(BurstOfOrdersTest, IfItGoesOnOrdersWaitALittleUntilThePipelineHasCaughtUp) {
  pass(1s, 100, 100);
  EXPECT_EQ(pass(11s, 1'000).delay, Backpressure::kDrainDelay);
  EXPECT_EQ(told_, (std::vector{true, false}));
  EXPECT_EQ(pass(5s, 1'000, 4'000).delay, 0ms);
  EXPECT_EQ(told_, (std::vector{true, false, true})) << "it keeps up all the same";
}

TEST_F(BurstOfOrdersTest, WhoStandsAsideDoesNotStandStill) {
  pass(1s, 100, 100);
  pass(7s, 2'200);  // not one is projected meanwhile: 308,000 wait
  EXPECT_EQ(told_, (std::vector{true, false}));
  EXPECT_EQ(pass(50ms, 30'000, 1).delay, 13ms) << "what came meanwhile counts";
}

TEST_F(BurstOfOrdersTest, NobodyStandsAsideWhileSomebodyWaitsForIt) {
  pass(1s, 2'000);
  awaited_ = true;
  pass(50ms, 2'000);
  EXPECT_EQ(told_, (std::vector{true, false}));
  awaited_ = false;
  pass(50ms, 2'000, 4'000);
  EXPECT_EQ(told_, (std::vector{true, false, true})) << "the burst goes on";
}

TEST_F(BurstOfOrdersTest, AHopThatStoodStillBeforeSlowsNobodyDown) {
  pass(1s, 100, 100);
  pass(12s, 400);  // not one is projected, below the rate of a burst: it stands still
  EXPECT_TRUE(told_.empty());
  EXPECT_EQ(pass(100ms, 2'000).delay, 0ms);
  EXPECT_EQ(told_, std::vector{true}) << "what waits there is nobody's hurry";
}

TEST_F(BurstOfOrdersTest, AfterTheEndThePipelineIsWhereItWas) {
  pass(1s, 2'000);
  EXPECT_EQ(told_, std::vector{true});
  stop();
  EXPECT_EQ(told_, (std::vector{true, false}));
}

TEST_F(BackpressureTest, AnUnknownHeadIsNoOverload) {
  head_.reset();
  loop_.run_until([] { return false; }, loop_.steady_now() + 1s);
  EXPECT_EQ(backpressure_.now().delay, 0ms);
}

}  // namespace
}  // namespace orderly::app
