#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "unit/scheduler/scheduler_world.hpp"

/// What a crash, a stop and a clock that is set do to runs.
namespace orderly::scheduler::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

using Reply = ScriptedCaller::Reply;
using Seen = ScriptedCaller::Seen;

class SchedulerCrashTest : public ::testing::Test {
 protected:
  std::vector<std::string> calls() {
    std::vector<std::string> found;
    for (const auto& call : world.seen) {
      found.push_back(format_rfc3339(call.at).substr(11, 8) + " for " +
                      (call.scheduled ? format_rfc3339(*call.scheduled).substr(11, 5) : "-"));
    }
    return found;
  }

  SchedulerWorld world;
};

TEST_F(SchedulerCrashTest, AJobThatWasAnsweredIsThere) {
  const Job job = world.create(SchedulerWorld::spec());
  world.crash();
  EXPECT_EQ(world.scheduler().get(SchedulerWorld::name()), job);
}

TEST_F(SchedulerCrashTest, AMissedTickRunsOnceLate) {
  world.create(SchedulerWorld::spec());
  world.pass(1min);
  world.crash(10min);
  world.pass(1min);
  EXPECT_THAT(calls(),
              ElementsAre("20:01:00 for 20:01", "20:11:30 for 20:02", "20:12:00 for 20:12"));
}

TEST_F(SchedulerCrashTest, NothingWasMissedNothingRuns) {
  world.create(SchedulerWorld::spec("0 * * * *"));
  world.crash(10min);
  world.pass(1min);
  EXPECT_THAT(world.seen, IsEmpty());
}

TEST_F(SchedulerCrashTest, AnAttemptThatWasNotRecordedIsMadeAgain) {
  world.create(SchedulerWorld::spec("0 * * * *"));
  world.caller().script = [](const Seen&, std::size_t) { return Reply{200, 10s}; };
  world.pass(59min + 35s);
  ASSERT_THAT(world.seen, SizeIs(1));
  world.crash(1min);
  world.pass(1min);
  EXPECT_THAT(calls(), ElementsAre("21:00:00 for 21:00", "21:01:05 for 21:00"));
  const auto runs = world.runs();
  ASSERT_THAT(runs, SizeIs(1)) << "it is one run";
  EXPECT_EQ(runs[0].attempts, 2);
  EXPECT_EQ(runs[0].failures, 0) << "and its retries are untouched";
  EXPECT_TRUE(runs[0].succeeded());
}

TEST_F(SchedulerCrashTest, ARunThatHasEndedIsNotRepeated) {
  world.create(SchedulerWorld::spec("0 * * * *"));
  world.pass(60min);
  ASSERT_THAT(world.seen, SizeIs(1));
  world.crash(1min);
  world.pass(10min);
  EXPECT_THAT(world.seen, SizeIs(1));
}

TEST_F(SchedulerCrashTest, RetriesGoOnWhereTheyWere) {
  auto spec = SchedulerWorld::spec("0 * * * *");
  spec.retry = {.retry_count = 2, .min_backoff = 60s};
  world.create(spec);
  world.caller().script = [](const Seen&, std::size_t) { return Reply{500, 0ms}; };
  world.pass(59min + 50s);
  world.crash(10s);
  world.pass(10min);
  EXPECT_THAT(calls(),
              ElementsAre("21:00:00 for 21:00", "21:01:00 for 21:00", "21:03:00 for 21:00"));
  EXPECT_EQ(world.runs()[0].failures, 3);
}

TEST_F(SchedulerCrashTest, StoppingLetsAShortAttemptEnd) {
  world.create(SchedulerWorld::spec("0 * * * *"));
  world.caller().script = [](const Seen&, std::size_t) { return Reply{200, 1s}; };
  world.pass(59min + 30s + 500ms);
  world.restart();
  EXPECT_TRUE(world.runs()[0].succeeded());
  world.pass(10min);
  EXPECT_THAT(world.seen, SizeIs(1));
}

TEST_F(SchedulerCrashTest, StoppingCutsALongAttemptShortAndItIsMadeAgain) {
  world.create(SchedulerWorld::spec("0 * * * *"));
  world.caller().script = [](const Seen&, std::size_t) { return Reply{200, 60s}; };
  world.pass(59min + 31s);
  const UtcTime before = world.now();
  world.restart();
  EXPECT_LE(world.now() - before, 3s);
  world.pass(2min);
  EXPECT_THAT(world.seen, SizeIs(2));
  EXPECT_THAT(world.runs(), SizeIs(1));
  EXPECT_TRUE(world.runs()[0].succeeded());
}

TEST_F(SchedulerCrashTest, ARunOfAPausedJobEndsAtTheNextStart) {
  auto spec = SchedulerWorld::spec();
  spec.retry = {.retry_count = 5};
  world.create(spec);
  world.caller().script = [](const Seen&, std::size_t) { return Reply{200, 60s}; };
  world.pass(31s);
  ASSERT_TRUE(world.scheduler().pause(SchedulerWorld::name()));
  world.crash(1s);
  world.pass(1min);
  EXPECT_THAT(world.seen, SizeIs(1));
  EXPECT_TRUE(world.runs()[0].ended);
  EXPECT_FALSE(world.runs()[0].succeeded());
}

/// Wherever a crash comes, every tick of a job that was up has a call, or is one of those that an
/// earlier, late one stands for; and no run is called twice unless the crash cut it.
TEST_F(SchedulerCrashTest, CrashesAtAnyMoment) {
  SeededRandom random(20'210'118);
  world.create(SchedulerWorld::spec());
  world.caller().script = [](const Seen&, std::size_t) { return Reply{200, 5s}; };
  int crashes = 0;
  for (int i = 0; i < 200; ++i) {
    world.pass(std::chrono::milliseconds(random.below(40'000)));
    const bool cut = !world.seen.empty() && !world.seen.back().ended;
    world.crash(std::chrono::milliseconds(random.below(30'000)));
    crashes += cut ? 1 : 0;
  }
  world.pass(2min);
  std::map<UtcTime, int> ended;
  std::map<UtcTime, int> cut;
  for (const auto& call : world.seen)
    ++(call.ended ? ended : cut)[*call.scheduled];
  for (const auto& [tick, count] : ended)
    EXPECT_LE(count, 1 + cut[tick]) << format_rfc3339(tick);
  for (const auto& [tick, count] : cut)
    EXPECT_GE(ended[tick], 1) << format_rfc3339(tick) << " was forgotten";
  // A tick is only left out where another call stood in its place: never two minutes without one.
  UtcTime last = world.seen.front().at;
  for (const auto& call : world.seen) {
    EXPECT_LE(call.at - last, 2min) << format_rfc3339(call.at);
    last = call.at;
  }
  EXPECT_GT(crashes, 0) << "no crash cut an attempt, so this has tested nothing";
}

TEST_F(SchedulerCrashTest, AClockThatIsSetForwardMakesOneLateRun) {
  world.create(SchedulerWorld::spec());
  world.pass(40s);
  world.clock().jump(3h);
  world.pass(1min);
  EXPECT_THAT(calls(),
              ElementsAre("20:01:00 for 20:01", "23:01:30 for 20:02", "23:02:00 for 23:02"));
}

TEST_F(SchedulerCrashTest, AClockThatIsSetBackALittleRepeatsNothing) {
  world.create(SchedulerWorld::spec());
  world.pass(40s);
  ASSERT_THAT(world.seen, SizeIs(1));
  world.clock().jump(-30s);  // 20:00:40 again
  world.pass(2min);
  EXPECT_THAT(calls(), ElementsAre("20:01:00 for 20:01", "20:02:00 for 20:02"));
}

TEST_F(SchedulerCrashTest, AClockThatIsSetBackFarStartsAnew) {
  world.create(SchedulerWorld::spec());
  world.pass(40s);
  world.clock().jump(-24h);
  world.pass(2min);
  ASSERT_GE(world.seen.size(), 2U);
  EXPECT_EQ(format_rfc3339(*world.seen[1].scheduled).substr(0, 16), "2021-01-17T20:02")
      << "it does not wait for a day";
}

TEST_F(SchedulerCrashTest, AClockThatIsSetBackWhileAwayStartsAnew) {
  world.create(SchedulerWorld::spec("0 * * * *"));
  world.pass(60min);
  ASSERT_THAT(world.seen, SizeIs(1));
  world.clock().jump(-24h);
  world.crash();
  world.pass(60min);
  ASSERT_THAT(world.seen, SizeIs(2));
  EXPECT_EQ(format_rfc3339(*world.seen[1].scheduled).substr(0, 16), "2021-01-17T22:00");
}

TEST_F(SchedulerCrashTest, AFullDiskHoldsRunsUpAndForgetsNone) {
  world.create(SchedulerWorld::spec());
  world.disk().set_capacity(0);
  world.pass(89s + 500ms);
  EXPECT_THAT(world.seen, IsEmpty()) << "what cannot be recorded is not begun";
  EXPECT_THROW((void)world.scheduler().pause(SchedulerWorld::name()), StorageFull);
  EXPECT_EQ(world.scheduler().get(SchedulerWorld::name())->state, JobState::kEnabled);
  world.disk().set_capacity(std::nullopt);
  world.pass(61s);
  EXPECT_THAT(calls(), ElementsAre("20:02:00 for 20:01", "20:03:00 for 20:03"));
}

}  // namespace
}  // namespace orderly::scheduler::testing
