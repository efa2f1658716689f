#include "scheduler/scheduler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/scheduler/scheduler_world.hpp"

namespace orderly::scheduler::testing {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

using Reply = ScriptedCaller::Reply;
using Seen = ScriptedCaller::Seen;

class SchedulerTest : public ::testing::Test {
 protected:
  /// Minute and second of each call.
  std::vector<std::string> times() {
    std::vector<std::string> found;
    for (const auto& call : world.seen)
      found.push_back(format_rfc3339(call.at).substr(14, 5));
    return found;
  }
  /// Minute of the tick of each call, or `-`.
  std::vector<std::string> ticks() {
    std::vector<std::string> found;
    for (const auto& call : world.seen)
      found.push_back(call.scheduled ? format_rfc3339(*call.scheduled).substr(14, 2) : "-");
    return found;
  }
  void answer(int status, std::chrono::milliseconds takes = 10ms) {
    world.caller().script = [=](const Seen&, std::size_t) { return Reply{status, takes}; };
  }

  SchedulerWorld world;
};

TEST_F(SchedulerTest, RunsAtEveryTick) {
  const Job job = world.create(SchedulerWorld::spec());
  EXPECT_EQ(format_rfc3339(*job.due), "2021-01-18T20:01:00.000000Z");
  world.pass(3min);
  EXPECT_THAT(times(), ElementsAre("01:00", "02:00", "03:00"));
  EXPECT_THAT(ticks(), ElementsAre("01", "02", "03"));
  const auto runs = world.runs();
  ASSERT_THAT(runs, SizeIs(3));
  EXPECT_TRUE(runs[0].succeeded());
  EXPECT_EQ(runs[0].attempts, 1);
  EXPECT_EQ(runs[0].last->status, 200);
  EXPECT_EQ(*runs[0].ended - runs[0].started, 10ms);
  EXPECT_GT(runs[0].id, runs[1].id);
  EXPECT_THAT(world.metrics().expose(),
              AllOf(HasSubstr(R"(orderly_job_runs_total{job="job",outcome="succeeded"} 3)"),
                    HasSubstr("orderly_jobs 1")));
}

TEST_F(SchedulerTest, NoOverlapAndATickMissedMeanwhileComesLate) {
  world.create(SchedulerWorld::spec());
  answer(200, 90s);
  world.pass(7min);
  // 01:00–02:30; of 02:00 and what follows each is late until one is passed over altogether.
  EXPECT_THAT(times(), ElementsAre("01:00", "02:30", "04:00", "05:30", "07:00"));
  EXPECT_THAT(ticks(), ElementsAre("01", "02", "03", "05", "06"));
  EXPECT_EQ(world.caller().most_at_once, 1);
}

TEST_F(SchedulerTest, RetriesWithBackoffWithinTheRun) {
  auto spec = SchedulerWorld::spec();
  spec.retry = {.retry_count = 3, .min_backoff = 10s, .max_doublings = 1};
  world.create(spec);
  answer(500, 1s);
  world.pass(2min);
  // 10, 20, 40 s after each end, and only then the tick that was missed.
  EXPECT_THAT(times(), ElementsAre("01:00", "01:11", "01:32", "02:13", "02:14", "02:25"));
  EXPECT_THAT(ticks(), ElementsAre("01", "01", "01", "01", "02", "02"));
  const auto runs = world.runs();
  ASSERT_THAT(runs, SizeIs(2));
  EXPECT_FALSE(runs[0].ended);
  EXPECT_TRUE(runs[1].ended);
  EXPECT_FALSE(runs[1].succeeded());
  EXPECT_EQ(runs[1].attempts, 4);
  EXPECT_EQ(runs[1].last->status, 500);
  EXPECT_EQ(runs[1].last->error, "answered with status 500");
  EXPECT_EQ(world.scheduler().get(SchedulerWorld::name())->last_result->status, 500);
}

TEST_F(SchedulerTest, ASuccessEndsTheRetries) {
  auto spec = SchedulerWorld::spec("0 * * * *");
  spec.retry = {.retry_count = 5};
  world.create(spec);
  world.caller().script = [](const Seen&, std::size_t index) {
    return Reply{index < 2 ? 0 : 204, 1s};
  };
  world.pass(90min);
  EXPECT_THAT(times(), ElementsAre("00:00", "00:06", "00:17"));
  EXPECT_TRUE(world.runs()[0].succeeded());
}

TEST_F(SchedulerTest, TheDeadlineOfAnAttemptIsAFailure) {
  auto spec = SchedulerWorld::spec("0 * * * *");
  spec.attempt_deadline = 15s;
  world.create(spec);
  answer(200, 20s);
  world.pass(90min);
  const auto runs = world.runs();
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_EQ(runs[0].last->kind, AttemptResult::Kind::kDeadline);
  EXPECT_EQ(*runs[0].ended - runs[0].started, 15s);
}

TEST_F(SchedulerTest, APausedJobDoesNotRunAndIsNotMadeUpFor) {
  world.create(SchedulerWorld::spec());
  world.pass(1min);
  EXPECT_EQ(world.scheduler().pause(SchedulerWorld::name())->state, JobState::kPaused);
  world.pass(5min);
  EXPECT_THAT(world.seen, SizeIs(1));
  EXPECT_EQ(world.scheduler().resume(SchedulerWorld::name())->state, JobState::kEnabled);
  world.pass(1min);
  EXPECT_THAT(times(), ElementsAre("01:00", "07:00"));
}

TEST_F(SchedulerTest, AMissedTickOfAPauseDoesNotComeAfterARestart) {
  world.create(SchedulerWorld::spec());
  ASSERT_TRUE(world.scheduler().pause(SchedulerWorld::name()));
  world.crash(10min);
  world.pass(1min);
  EXPECT_THAT(world.seen, IsEmpty());
  ASSERT_TRUE(world.scheduler().resume(SchedulerWorld::name()));
  EXPECT_THAT(world.seen, IsEmpty());
  world.pass(30s);
  EXPECT_THAT(times(), ElementsAre("12:00"));
}

TEST_F(SchedulerTest, PausingEndsTheRetries) {
  auto spec = SchedulerWorld::spec();
  spec.retry = {.retry_count = 5, .min_backoff = 20s};
  world.create(spec);
  answer(503);
  world.pass(35s);
  ASSERT_THAT(world.seen, SizeIs(1));
  ASSERT_TRUE(world.runs()[0].retry_at);
  ASSERT_TRUE(world.scheduler().pause(SchedulerWorld::name()));
  world.pass(5min);
  EXPECT_THAT(world.seen, SizeIs(1));
  EXPECT_TRUE(world.runs()[0].ended);
  EXPECT_EQ(world.runs()[0].last->status, 503);
}

TEST_F(SchedulerTest, PausingLetsAnAttemptEnd) {
  world.create(SchedulerWorld::spec());
  answer(200, 10s);
  world.pass(35s);
  ASSERT_TRUE(world.scheduler().pause(SchedulerWorld::name()));
  world.pass(10s);
  ASSERT_THAT(world.runs(), SizeIs(1));
  EXPECT_TRUE(world.runs()[0].succeeded());
}

TEST_F(SchedulerTest, RunsByHandAlsoWhilePaused) {
  auto spec = SchedulerWorld::spec("0 0 1 1 *");
  spec.retry = {.retry_count = 1};
  world.create(spec);
  ASSERT_TRUE(world.scheduler().pause(SchedulerWorld::name()));
  answer(500);
  ASSERT_TRUE(world.scheduler().run_now(SchedulerWorld::name()));
  world.pass(1min);
  EXPECT_THAT(times(), ElementsAre("00:30", "00:35"));
  EXPECT_THAT(ticks(), ElementsAre("-", "-"));
  EXPECT_EQ(world.scheduler().get(SchedulerWorld::name())->state, JobState::kPaused);
}

TEST_F(SchedulerTest, ARunByHandWaitsForTheOneUnderWayAndIsOne) {
  world.create(SchedulerWorld::spec("0 0 1 1 *"));
  answer(200, 10s);
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(world.scheduler().run_now(SchedulerWorld::name()));
  world.pass(5s);
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(world.scheduler().run_now(SchedulerWorld::name()));
  world.pass(1min);
  EXPECT_THAT(times(), ElementsAre("00:30", "00:40"));
  EXPECT_EQ(world.caller().most_at_once, 1);
}

TEST_F(SchedulerTest, ARequestOutlivesTheProcess) {
  world.create(SchedulerWorld::spec("0 0 1 1 *"));
  ASSERT_TRUE(world.scheduler().run_now(SchedulerWorld::name()));
  world.crash();  // before the scheduler had a chance
  world.pass(1min);
  EXPECT_THAT(ticks(), ElementsAre("-"));
}

TEST_F(SchedulerTest, AnUpdateCountsFromNowOn) {
  world.create(SchedulerWorld::spec("0 * * * *"));
  const auto changed = world.scheduler().update(SchedulerWorld::name(), [](JobSpec spec) {
    spec.schedule = "*/2 * * * *";
    spec.target.uri = "http://127.0.0.1:9/other";
    return Result<JobSpec>(spec);
  });
  ASSERT_TRUE(changed);
  EXPECT_EQ(format_rfc3339(*changed->due), "2021-01-18T20:02:00.000000Z");
  EXPECT_EQ(changed->updated, world.now());
  world.pass(2min);
  EXPECT_THAT(times(), ElementsAre("02:00"));
  EXPECT_EQ(world.seen[0].target.uri, "http://127.0.0.1:9/other");
}

TEST_F(SchedulerTest, ARefusedUpdateChangesNothing) {
  const Job before = world.create(SchedulerWorld::spec());
  const auto refused = world.scheduler().update(SchedulerWorld::name(), [](JobSpec spec) {
    spec.schedule = "61 * * * *";
    return Result<JobSpec>(spec);
  });
  EXPECT_EQ(refused.error().field, "schedule");
  EXPECT_EQ(world.scheduler().get(SchedulerWorld::name()), before);
}

TEST_F(SchedulerTest, ADeletedJobIsGoneWithItsHistory) {
  world.create(SchedulerWorld::spec());
  answer(200, 10s);
  world.pass(35s);
  ASSERT_TRUE(world.scheduler().remove(SchedulerWorld::name()));
  world.pass(5min);
  EXPECT_THAT(world.seen, SizeIs(1));
  EXPECT_EQ(world.scheduler().get(SchedulerWorld::name()).error().code, "job_not_found");
  EXPECT_EQ(world.scheduler().runs(SchedulerWorld::name(), 1, 1'000).error().kind,
            ErrorKind::kNotFound);
  world.create(SchedulerWorld::spec());
  EXPECT_THAT(world.runs(), IsEmpty());
}

TEST_F(SchedulerTest, NamesAreTakenOnce) {
  world.create(SchedulerWorld::spec());
  const auto second = world.scheduler().create(SchedulerWorld::name(), SchedulerWorld::spec());
  EXPECT_EQ(second.error().code, "already_exists");
  EXPECT_TRUE(world.scheduler().create({.project = "other", .id = "job"}, SchedulerWorld::spec()));
}

TEST_F(SchedulerTest, SlotsAreBoundedAndNobodyIsForgotten) {
  constexpr int kJobs = 100;
  for (int i = 0; i < kJobs; ++i)
    world.create(SchedulerWorld::spec("0 * * * *"), "job-" + std::to_string(i));
  answer(200, 10s);
  world.pass(70min);
  EXPECT_THAT(world.seen, SizeIs(kJobs));
  EXPECT_EQ(world.caller().most_at_once, static_cast<int>(kMaxAttemptsAtOnce));
  for (int i = 0; i < kJobs; ++i)
    EXPECT_TRUE(world.runs("job-" + std::to_string(i)).at(0).succeeded()) << i;
}

TEST_F(SchedulerTest, AJobThatWaitsForItsRetryTakesNoSlot) {
  auto failing = SchedulerWorld::spec("1 20 * * *");
  failing.retry = {.retry_count = 1, .min_backoff = 1h};
  for (std::size_t i = 0; i < kMaxAttemptsAtOnce; ++i)
    world.create(failing, "failing-" + std::to_string(i));
  world.create(SchedulerWorld::spec("2 20 * * *"), "other");
  answer(500);
  world.pass(3min);
  EXPECT_EQ(world.seen.back().job, "other");
  EXPECT_EQ(format_rfc3339(world.seen.back().at).substr(11, 8), "20:02:00");
}

TEST_F(SchedulerTest, HistoryIsBounded) {
  world.create(SchedulerWorld::spec());
  world.pass(std::chrono::minutes(kKeptRuns + 20));
  const auto runs = world.runs();
  EXPECT_THAT(runs, SizeIs(kKeptRuns));
  EXPECT_EQ(runs.front().scheduled, world.seen.back().scheduled);
}

TEST_F(SchedulerTest, ListsInOrderAndByPages) {
  for (const char* id : {"c", "a", "b", "d"})
    world.create(SchedulerWorld::spec(), id);
  ASSERT_TRUE(world.scheduler().create({.location = "other", .id = "x"}, SchedulerWorld::spec()));
  const auto ids = [&](std::string_view after, std::size_t limit) {
    std::string found;
    for (const auto& job : world.scheduler().list(kDefaultProject, kDefaultLocation, after, limit))
      found += job.name.id;
    return found;
  };
  EXPECT_EQ(ids("", 3), "abc");
  EXPECT_EQ(ids("c", 3), "d");
  EXPECT_EQ(ids("d", 3), "");
  EXPECT_EQ(ids("bb", 1), "c");
}

TEST_F(SchedulerTest, LabelsAreBounded) {
  for (int i = 0; i < 110; ++i) {
    world.create(SchedulerWorld::spec("0 0 1 1 *"), "job-" + std::to_string(i));
    ASSERT_TRUE(world.scheduler().run_now(SchedulerWorld::name("job-" + std::to_string(i))));
  }
  world.pass(1min);
  ASSERT_THAT(world.seen, SizeIs(110));
  EXPECT_THAT(world.metrics().expose(),
              HasSubstr(R"x(orderly_job_runs_total{job="(other)",outcome="succeeded"} 10)x"));
}

}  // namespace
}  // namespace orderly::scheduler::testing
