#include "app/burst.hpp"

#include <gtest/gtest.h>

namespace orderly::app {
namespace {

using namespace std::chrono_literals;
using Phase = Burst::Phase;

class BurstTest : public ::testing::Test {
 protected:
  static constexpr Position kMaxBacklog = 400'000;
  static constexpr double kFast = 2 * Burst::kFast;
  static constexpr double kSlow = Burst::kFast / 2;

  /// For so long so many orders a second come, and so many of them wait.
  Phase given(std::chrono::milliseconds time, double orders_a_second, Position backlog) {
    Phase phase = Phase::kCalm;
    for (; time > 0ms; time -= 50ms) {
      now_ += 50ms;
      head_ += static_cast<Position>(orders_a_second * 0.05);
      phase = burst_.look(now_, head_, backlog);
    }
    return phase;
  }

  Burst burst_{kMaxBacklog};
  SteadyTime now_{1h};
  Position head_ = 5'000'000;
};

TEST_F(BurstTest, WhatWasThereAtTheStartIsNoBurst) {
  EXPECT_EQ(burst_.look(now_, head_, 0), Phase::kCalm);
  EXPECT_EQ(given(1s, 0, 0), Phase::kCalm);
}

TEST_F(BurstTest, ManyOrdersAtOnceAreOne) {
  given(1s, kSlow, 0);
  EXPECT_EQ(given(50ms, kFast, 0), Phase::kBurst);
  EXPECT_EQ(given(9s, kFast, Burst::kBehind * 2), Phase::kBurst);
}

TEST_F(BurstTest, AStreamOfFewerOrdersIsNone) {
  EXPECT_EQ(given(20s, kSlow, 0), Phase::kCalm);
  EXPECT_EQ(given(20s, kSlow, kMaxBacklog), Phase::kCalm);
}

TEST_F(BurstTest, NobodyStandsAsideWhoIsBehindAlready) {
  EXPECT_EQ(given(2s, kFast, Burst::kBehind), Phase::kCalm);
  EXPECT_EQ(given(50ms, kFast, Burst::kBehind - 1), Phase::kBurst);
}

TEST_F(BurstTest, AMomentWithoutOrdersDoesNotEndIt) {
  given(1s, kFast, 0);
  EXPECT_EQ(given(400ms, 0, 0), Phase::kBurst);
  EXPECT_EQ(given(1s, kFast, 0), Phase::kBurst);
  EXPECT_EQ(given(500ms, 0, 0), Phase::kCalm);
}

TEST_F(BurstTest, ItEndsWhereTheBacklogIsAsLongAsItMayBe) {
  given(1s, kFast, 0);
  EXPECT_EQ(given(50ms, kFast, kMaxBacklog - 1), Phase::kBurst);
  EXPECT_EQ(given(50ms, kFast, kMaxBacklog), Phase::kDrain);
}

TEST_F(BurstTest, OneThatGoesOnIsAStreamOnceThePipelineHasCaughtUp) {
  given(1s, kSlow, 0);
  EXPECT_EQ(given(Burst::kLongest, kFast, 0), Phase::kBurst);
  EXPECT_EQ(given(50ms, kFast, 300'000), Phase::kDrain);
  EXPECT_EQ(given(5s, kFast, Burst::kCaughtUp), Phase::kDrain);
  EXPECT_EQ(given(50ms, kFast, Burst::kCaughtUp - 1), Phase::kStream);
  EXPECT_EQ(given(1min, kFast, 0), Phase::kStream);
}

TEST_F(BurstTest, OneThatLeftLittleBehindIsAStreamAtOnce) {
  given(1s, kSlow, 0);
  EXPECT_EQ(given(Burst::kLongest, kFast, 0), Phase::kBurst);
  EXPECT_EQ(given(50ms, kFast, Burst::kBehind - 1), Phase::kStream);
}

TEST_F(BurstTest, InAStreamThePipelineComesBackWhenItIsBehindUntilItHasCaughtUp) {
  given(11s, kFast, 0);
  EXPECT_EQ(given(50ms, kFast, Burst::kBehind - 1), Phase::kStream);
  EXPECT_EQ(given(50ms, kFast, Burst::kBehind), Phase::kCatchUp);
  EXPECT_EQ(given(1s, kFast, Burst::kCaughtUp), Phase::kCatchUp);
  EXPECT_EQ(given(50ms, kFast, Burst::kCaughtUp - 1), Phase::kStream);
}

TEST_F(BurstTest, NobodyIsSlowedDownForLongerThanABurstLasts) {
  given(1s, kFast, 0);
  EXPECT_EQ(given(Burst::kLongest - 900ms, kFast, 300'000), Phase::kDrain);
  EXPECT_EQ(given(Burst::kLongest - 100ms, kFast, 300'000), Phase::kDrain);
  EXPECT_EQ(given(100ms, kFast, 300'000), Phase::kCatchUp) << "as a store that is filled again";
}

TEST_F(BurstTest, ThePipelineStandsAsideInABurstAndAStream) {
  EXPECT_TRUE(Burst::stands_aside(Phase::kBurst));
  EXPECT_TRUE(Burst::stands_aside(Phase::kStream));
  EXPECT_FALSE(Burst::stands_aside(Phase::kCalm));
  EXPECT_FALSE(Burst::stands_aside(Phase::kDrain));
  EXPECT_FALSE(Burst::stands_aside(Phase::kCatchUp));
}

TEST_F(BurstTest, TheNextOneBeginsAfterAPause) {
  given(11s, kFast, 0);
  EXPECT_EQ(given(1s, kSlow, 0), Phase::kCalm);
  EXPECT_EQ(given(50ms, kFast, 0), Phase::kBurst);
}

TEST_F(BurstTest, WhileItDrainsNobodyIsHeldUpForWhoHasGone) {
  given(1s, kFast, 0);
  EXPECT_EQ(given(Burst::kLongest, kFast, 300'000), Phase::kDrain);
  EXPECT_EQ(given(500ms, kSlow, 200'000), Phase::kCalm);
}

}  // namespace
}  // namespace orderly::app
