#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "runtime/event_loop.hpp"
#include "runtime/signal.hpp"
#include "runtime/task_group.hpp"
#include "scheduler/job_store.hpp"
#include "scheduler/run_metrics.hpp"
#include "scheduler/schedule.hpp"
#include "scheduler/target.hpp"
#include "telemetry/log.hpp"

namespace orderly::scheduler {

inline constexpr std::size_t kMaxAttemptsAtOnce = 32;
/// The clock is looked at this often, also while nothing is due.
inline constexpr std::chrono::seconds kMaxSleep{30};
/// A clock that is set back by no more than this repeats no ticks; they are waited for instead.
inline constexpr std::chrono::minutes kSmallSetBack{5};
/// How long stop() lets attempts end by themselves.
inline constexpr std::chrono::seconds kStopGrace{2};

/// Runs jobs at the ticks of their schedules (ADR 0015).
///
/// - A tick that is due starts a run: the attempts it takes until one succeeds or the retry config
///   ends them. The next run of a job starts after that, so runs of a job never overlap.
/// - A tick that could not start a run when it came (the job's last run took longer, all slots were
///   taken, the process or the machine was away) starts one as soon as it can; later ticks that
///   have passed by then start none of their own.
/// - A run is recorded before its first attempt and after its last. An attempt that the process did
///   not live to record is made again: at least once.
/// - Pausing lets an attempt end, but none follows in a run of the schedule; the ticks of a pause
///   are not made up for.
///
/// Used on its loop, where the store is too. stop() has been awaited before it goes, unless the
/// loop is already gone. Where the store is away, calls throw Unavailable and runs wait.
class Scheduler {
 public:
  /// Loads all jobs. Everything passed in outlives it. Throws what the store throws.
  Scheduler(runtime::EventLoop& loop, JobStore& store, Caller& caller, telemetry::Metrics& metrics);
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  void start();
  runtime::Task<void> stop();

  // Users' calls. Input that cannot be accepted is an error; an accepted change is durable.

  /// kConflict `already_exists`, kOverloaded `too_many_jobs`.
  Result<Job> create(JobName name, JobSpec spec);
  /// kNotFound `job_not_found`, as all that follow.
  Result<Job> get(const JobName& name) const;
  /// Replaces what `change` makes of the present spec. A run under way goes on; its later attempts
  /// are as the new spec says.
  Result<Job> update(const JobName& name,
                     const std::function<Result<JobSpec>(const JobSpec&)>& change);
  /// With its history. An attempt under way is let go of.
  Result<void> remove(const JobName& name);
  Result<Job> pause(const JobName& name);
  Result<Job> resume(const JobName& name);
  /// Starts a run now, or after the one under way, also of a job that is paused. Asking again
  /// before it has started changes nothing.
  Result<Job> run_now(const JobName& name);
  /// Of one project and location in the order of their ids, at most `limit` beyond id `after`;
  /// fewer where their bodies are large.
  [[nodiscard]] std::vector<Job> list(std::string_view project, std::string_view location,
                                      std::string_view after, std::size_t limit) const;
  /// The newest first, the one under way included: at most `limit` with an id below `before`.
  Result<std::vector<Run>> runs(const JobName& name, std::size_t limit, std::int64_t before);

  [[nodiscard]] std::size_t size() const { return jobs_.size(); }

 private:
  struct Entry {
    Job job;
    Schedule schedule;
    std::optional<Run> run = std::nullopt;  ///< under way, as stored
    bool attempting = false;
    std::optional<UtcTime> agenda_time = std::nullopt;  ///< under which it is in the agenda
  };
  /// An attempt that has ended and is not recorded yet.
  struct Finished {
    JobName name;
    std::int64_t run_id = 0;
    UtcTime at;
    AttemptResult result;
  };
  using Jobs = std::map<JobName, Entry>;
  /// By time; jobs of the same moment by name, so that a simulation repeats itself.
  struct Sooner {
    bool operator()(const std::pair<UtcTime, const Entry*>& a,
                    const std::pair<UtcTime, const Entry*>& b) const {
      if (a.first != b.first) return a.first < b.first;
      return a.second->job.name < b.second->job.name;
    }
  };

  runtime::Task<void> work();
  /// Records what has ended and starts what is due, in one transaction.
  void advance(UtcTime now);
  void notice_clock();
  [[nodiscard]] SteadyTime next_wake() const;
  runtime::Task<void> attempt(JobName name, std::int64_t run_id, Call call);

  [[nodiscard]] static JobStore::Change ended(const Entry& entry, const Finished& finished);
  [[nodiscard]] JobStore::Change started(const Entry& entry, UtcTime now, std::int64_t run_id);
  void apply(Entry& entry, JobStore::Change change);
  void begin_attempt(Entry& entry);
  void tell_end(const Job& job, const Run& run);

  Entry* find(const JobName& name);
  [[nodiscard]] static std::optional<UtcTime> wake_time(const Entry& entry, UtcTime now);
  void put_on_agenda(Entry& entry, UtcTime now);
  void take_off_agenda(Entry& entry);
  [[nodiscard]] static std::optional<UtcTime> due_from(const Entry& entry, UtcTime now);
  Result<Job> change_job(const JobName& name, const std::function<void(Entry&, UtcTime)>& change);

  runtime::EventLoop& loop_;
  JobStore& store_;
  Caller& caller_;
  RunMetrics metrics_;
  Jobs jobs_;
  std::set<std::pair<UtcTime, const Entry*>, Sooner> agenda_;  ///< what happens next, and when
  std::size_t body_bytes_ = 0;
  std::int64_t last_run_id_ = 0;
  std::size_t attempts_ = 0;  ///< under way
  std::vector<Finished> finished_;
  runtime::Signal wake_;
  runtime::TaskGroup tasks_;
  runtime::TaskGroup attempt_tasks_;
  bool stopping_ = false;
  std::chrono::nanoseconds clock_offset_{0};  ///< wall clock minus steady clock, when last seen
  log::Throttle failures_{std::chrono::seconds(10)};
};

}  // namespace orderly::scheduler
