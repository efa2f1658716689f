#include "conformance/job_store_conformance.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace orderly::scheduler::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::int64_t kNewest = 1'000'000;

UtcTime at(int seconds) { return UtcTime(std::chrono::seconds(1'611'000'000 + seconds)); }

Job plain_job(std::string id = "job") {
  return {.name = {.id = std::move(id)},
          .spec = {.schedule = "* * * * *", .target = {.uri = "http://localhost/"}},
          .updated = at(0)};
}

/// Every field has another value than its default.
Job full_job() {
  Job job{.name = {.project = "p", .location = "l", .id = "j"}};
  job.spec = {
      .description = "Ümläute, \"quotes\"",
      .schedule = "1-30/2 8 * * MON",
      .time_zone = "Asia/Kathmandu",
      .target = {.uri = "http://[::1]:8080/x?y=%20",
                 .method = http::Method::kPatch,
                 .headers = {{"Content-Type", "text/plain"}, {"X-Odd", ": a: b "}, {"E", ""}},
                 .body = std::string("\0\xff\n", 3)},
      .attempt_deadline = 15'500ms,
      .retry = {.retry_count = 3,
                .max_retry_duration = 1'234ms,
                .min_backoff = 100ms,
                .max_backoff = 2s,
                .max_doublings = 2}};
  job.state = JobState::kPaused;
  job.updated = at(1);
  job.due = at(2);
  job.last_tick = at(3);
  job.run_requested = true;
  job.last_attempt = at(4);
  job.last_result = AttemptResult{
      .kind = AttemptResult::Kind::kAnswered, .status = 500, .error = "answered with 500"};
  return job;
}

Run ended_run(std::int64_t id) {
  return {.id = id,
          .scheduled = at(60),
          .started = at(61),
          .ended = at(62),
          .attempts = 2,
          .failures = 1,
          .last = AttemptResult{.kind = AttemptResult::Kind::kAnswered, .status = 200}};
}

Run open_run(std::int64_t id) { return {.id = id, .started = at(70), .attempts = 1}; }

std::vector<Job> jobs_of(const JobStore::Loaded& loaded) {
  std::vector<Job> jobs;
  for (const auto& stored : loaded.jobs)
    jobs.push_back(stored.job);
  std::ranges::sort(jobs, {}, &Job::name);
  return jobs;
}

TEST_P(JobStoreConformance, BeginsEmpty) {
  const auto loaded = store().load();
  EXPECT_THAT(loaded.jobs, IsEmpty());
  EXPECT_EQ(loaded.last_run_id, 0);
}

TEST_P(JobStoreConformance, KeepsEveryFieldThroughACrash) {
  store().put(full_job());
  store().put(plain_job("another"));
  world_->crash();
  EXPECT_EQ(jobs_of(store().load()), (std::vector{plain_job("another"), full_job()}));
}

TEST_P(JobStoreConformance, AReplacedJobKeepsItsRuns) {
  store().put(plain_job());
  store().save(std::vector{JobStore::Change{plain_job(), ended_run(1)}});
  Job other = full_job();
  other.name = plain_job().name;
  store().put(other);
  world_->restart();
  EXPECT_EQ(jobs_of(store().load()), std::vector{other});
  EXPECT_EQ(store().runs(other.name, 10, kNewest), std::vector{ended_run(1)});
}

TEST_P(JobStoreConformance, JobsOfOneIdInOtherPlacesAreOthers) {
  Job elsewhere = plain_job();
  elsewhere.name.location = "elsewhere";
  store().put(plain_job());
  store().put(elsewhere);
  store().remove(plain_job().name);
  EXPECT_EQ(jobs_of(store().load()), std::vector{elsewhere});
}

TEST_P(JobStoreConformance, SavingChangesProgressAlone) {
  store().put(plain_job());
  Job changed = full_job();
  changed.name = plain_job().name;
  store().save(std::vector{JobStore::Change{changed}});
  Job expected = changed;
  expected.spec = plain_job().spec;
  expected.updated = plain_job().updated;
  EXPECT_EQ(jobs_of(store().load()), std::vector{expected});
}

TEST_P(JobStoreConformance, TheRunUnderWayIsLoaded) {
  store().put(plain_job("a"));
  store().put(plain_job("b"));
  auto waiting = open_run(7);
  waiting.retry_at = at(90);
  waiting.last = AttemptResult{.kind = AttemptResult::Kind::kNoAnswer, .error = "refused"};
  store().save(std::vector<JobStore::Change>{
      {plain_job("a"), ended_run(1)}, {plain_job("b"), ended_run(6)}, {plain_job("b"), waiting}});
  world_->crash();
  auto loaded = store().load();
  EXPECT_EQ(loaded.last_run_id, 7);
  std::ranges::sort(loaded.jobs, {}, [](const StoredJob& each) { return each.job.name; });
  ASSERT_THAT(loaded.jobs, SizeIs(2));
  EXPECT_EQ(loaded.jobs[0].run, std::nullopt);
  EXPECT_EQ(loaded.jobs[1].run, waiting);
}

TEST_P(JobStoreConformance, ARunIsReplacedByItsId) {
  store().put(plain_job());
  store().save(std::vector{JobStore::Change{plain_job(), open_run(1)}});
  auto now_ended = open_run(1);
  now_ended.ended = at(80);
  now_ended.attempts = 3;
  now_ended.failures = 3;
  now_ended.last = AttemptResult{.kind = AttemptResult::Kind::kDeadline, .error = "late"};
  store().save(std::vector{JobStore::Change{plain_job(), now_ended}});
  EXPECT_EQ(store().runs(plain_job().name, 10, kNewest), std::vector{now_ended});
}

TEST_P(JobStoreConformance, ChangesOfAJobThatIsGoneArePassedOver) {
  store().put(plain_job("other"));
  store().save(std::vector<JobStore::Change>{{plain_job(), ended_run(1)},
                                             {plain_job("other"), ended_run(2)}});
  EXPECT_THAT(store().load().jobs, SizeIs(1));
  EXPECT_THAT(store().runs(plain_job().name, 10, kNewest), IsEmpty());
  EXPECT_THAT(store().runs(plain_job("other").name, 10, kNewest), SizeIs(1));
}

TEST_P(JobStoreConformance, ADeletedJobTakesItsRunsAlongButNotTheirIds) {
  store().put(plain_job());
  store().save(std::vector{JobStore::Change{plain_job(), open_run(5)}});
  store().remove(plain_job().name);
  store().remove(plain_job().name);
  world_->crash();
  EXPECT_THAT(store().load().jobs, IsEmpty());
  EXPECT_EQ(store().load().last_run_id, 5);
  store().put(plain_job());
  EXPECT_THAT(store().runs(plain_job().name, 10, kNewest), IsEmpty());
}

TEST_P(JobStoreConformance, HistoryIsPagedAndBounded) {
  store().put(plain_job());
  store().put(plain_job("other"));
  store().save(std::vector{JobStore::Change{plain_job("other"), ended_run(1)}});
  constexpr std::int64_t kRuns = kKeptRuns + 30;
  for (std::int64_t id = 2; id <= kRuns; ++id)
    store().save(std::vector{JobStore::Change{plain_job(), ended_run(id)}});
  store().save(std::vector{JobStore::Change{plain_job(), open_run(kRuns + 1)}});
  const auto all = store().runs(plain_job().name, 1'000, kNewest);
  ASSERT_THAT(all, SizeIs(kKeptRuns + 1));
  EXPECT_EQ(all.front(), open_run(kRuns + 1));
  EXPECT_EQ(all.back().id, kRuns - static_cast<std::int64_t>(kKeptRuns) + 1);
  const auto page = store().runs(plain_job().name, 3, kRuns);
  ASSERT_THAT(page, SizeIs(3));
  EXPECT_EQ(page[0].id, kRuns - 1);
  EXPECT_THAT(store().runs(plain_job("other").name, 10, kNewest), SizeIs(1)) << "it is not its";
}

}  // namespace
}  // namespace orderly::scheduler::testing
