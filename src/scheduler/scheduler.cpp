#include "scheduler/scheduler.hpp"

#include <algorithm>
#include <exception>

#include "base/check.hpp"
#include "base/dates.hpp"
#include "runtime/on_loop.hpp"
#include "scheduler/retry.hpp"

namespace orderly::scheduler {
namespace {

/// Between two tries to record something while the store is away.
constexpr std::chrono::seconds kStoreRetry{1};
/// A step of the wall clock beyond what a leap second or slewing makes in kMaxSleep.
constexpr std::chrono::seconds kClockStep{2};
/// Bodies of the jobs that one page of a list has.
constexpr std::size_t kMaxPageBytes = 4UL * 1024 * 1024;

std::unexpected<Error> not_found(const JobName& name) {
  return failure(ErrorKind::kNotFound, "job_not_found", "There is no job " + name.full() + ".");
}

/// A run of the schedule ends with its job's pause; one asked for by hand does not.
bool may_go_on(const Job& job, const Run& run) {
  return job.state == JobState::kEnabled || !run.scheduled;
}

}  // namespace

Scheduler::Scheduler(runtime::EventLoop& loop, JobStore& store, Caller& caller,
                     telemetry::Metrics& metrics)
    : loop_(loop),
      store_(store),
      caller_(caller),
      metrics_(metrics),
      tasks_(loop),
      attempt_tasks_(loop) {
  auto loaded = store_.load();
  last_run_id_ = loaded.last_run_id;
  const UtcTime now = loop_.utc_now();
  for (auto& stored : loaded.jobs) {
    auto schedule = Schedule::parse(stored.job.spec.schedule, stored.job.spec.time_zone);
    if (!schedule) throw Unavailable("scheduler.db: " + schedule.error().message);
    const JobName name = stored.job.name;
    Entry& entry = jobs_
                       .try_emplace(name, Entry{.job = std::move(stored.job),
                                                .schedule = std::move(*schedule),
                                                .run = std::move(stored.run)})
                       .first->second;
    body_bytes_ += entry.job.spec.target.body.size();
    // What is past was missed; what lies ahead may have moved with the clock or the zone's rules.
    if (!entry.job.due || *entry.job.due > now) entry.job.due = due_from(entry, now);
    if (entry.run && entry.run->retry_at) {
      entry.run->retry_at = std::min(*entry.run->retry_at, now + entry.job.spec.retry.max_backoff);
    }
    put_on_agenda(entry, now);
  }
  metrics_.count_jobs(jobs_.size());
}

void Scheduler::start() {
  clock_offset_ = loop_.utc_now().time_since_epoch() - loop_.steady_now().time_since_epoch();
  tasks_.spawn("scheduler", work());
}

runtime::Task<void> Scheduler::stop() {
  stopping_ = true;
  tasks_.stop();
  co_await tasks_.join();
  const SteadyTime deadline = loop_.steady_now() + kStopGrace;
  for (;;) {
    const auto ticket = wake_.ticket();
    if (attempts_ == 0) break;
    if (!co_await wake_.wait(loop_, ticket, deadline)) break;
  }
  attempt_tasks_.stop();
  co_await attempt_tasks_.join();
  try {
    advance(loop_.utc_now());
  } catch (const Unavailable& unavailable) {
    log::warning("runs that have ended are not recorded and will be repeated",
                 {{"error", unavailable.what()}});
  }
}

runtime::Task<void> Scheduler::work() {
  for (;;) {
    const auto ticket = wake_.ticket();
    SteadyTime until;
    try {
      notice_clock();
      advance(loop_.utc_now());
      until = next_wake();
    } catch (const Unavailable& unavailable) {
      if (const auto held_back = failures_.pass(loop_.steady_now())) {
        log::warning("jobs wait, since their store cannot be written",
                     {{"error", unavailable.what()}, {"held_back", *held_back}});
      }
      until = loop_.steady_now() + kStoreRetry;
    }
    co_await wake_.wait(loop_, ticket, until);
  }
}

void Scheduler::notice_clock() {
  const std::chrono::nanoseconds offset =
      loop_.utc_now().time_since_epoch() - loop_.steady_now().time_since_epoch();
  const auto step = offset - std::exchange(clock_offset_, offset);
  if (std::chrono::abs(step) < kClockStep) return;
  log::warning("the clock was set", {{"seconds", std::chrono::duration<double>(step).count()}});
  const UtcTime now = loop_.utc_now();
  for (auto& [name, entry] : jobs_) {
    if (entry.job.due && *entry.job.due > now) entry.job.due = due_from(entry, now);
    if (entry.run && entry.run->retry_at && step.count() < 0) {
      *entry.run->retry_at += std::chrono::duration_cast<std::chrono::microseconds>(step);
    }
    put_on_agenda(entry, now);
  }
}

std::optional<UtcTime> Scheduler::due_from(const Entry& entry, UtcTime now) {
  UtcTime base = now;
  const auto& last = entry.job.last_tick;
  if (last && *last > now && *last - now <= kSmallSetBack) base = *last;
  return entry.schedule.next(base);
}

std::optional<UtcTime> Scheduler::wake_time(const Entry& entry, UtcTime now) {
  if (entry.attempting) return std::nullopt;
  if (entry.run) return entry.run->retry_at.value_or(now);
  if (entry.job.run_requested) return now;
  if (entry.job.state == JobState::kPaused) return std::nullopt;
  return entry.job.due;
}

void Scheduler::take_off_agenda(Entry& entry) {
  if (entry.agenda_time) agenda_.erase({*entry.agenda_time, &entry});
  entry.agenda_time.reset();
}

void Scheduler::put_on_agenda(Entry& entry, UtcTime now) {
  take_off_agenda(entry);
  entry.agenda_time = wake_time(entry, now);
  if (entry.agenda_time) agenda_.emplace(*entry.agenda_time, &entry);
}

SteadyTime Scheduler::next_wake() const {
  const SteadyTime now = loop_.steady_now();
  if (agenda_.empty() || attempts_ >= kMaxAttemptsAtOnce) return now + kMaxSleep;
  const auto wait = agenda_.begin()->first - loop_.utc_now();
  return now + std::clamp<std::chrono::nanoseconds>(wait, std::chrono::nanoseconds(0), kMaxSleep);
}

void Scheduler::advance(UtcTime now) {
  std::vector<JobStore::Change> changes;
  std::vector<Entry*> starting;
  for (const Finished& finished : finished_) {
    const Entry* entry = find(finished.name);
    const bool is_known = entry != nullptr && entry->run && entry->run->id == finished.run_id;
    if (is_known) changes.push_back(ended(*entry, finished));
  }
  std::int64_t run_id = last_run_id_;
  for (const auto& [time, due] : agenda_) {
    if (stopping_ || time > now || attempts_ + starting.size() >= kMaxAttemptsAtOnce) break;
    changes.push_back(started(*due, now, ++run_id));
    if (!changes.back().run->ended) starting.push_back(find(due->job.name));
  }
  if (!changes.empty()) store_.save(changes);
  // Recorded: now it counts here too.
  finished_.clear();
  last_run_id_ = run_id;
  for (auto& change : changes) {
    Entry* const entry = find(change.job.name);
    apply(*entry, std::move(change));
  }
  for (Entry* entry : starting)
    begin_attempt(*entry);
}

JobStore::Change Scheduler::ended(const Entry& entry, const Finished& finished) {
  JobStore::Change change{.job = entry.job, .run = entry.run};
  Run& run = *change.run;
  change.job.last_result = finished.result;
  run.last = finished.result;
  if (!finished.result.is_success()) {
    ++run.failures;
    if (may_go_on(change.job, run)) {
      run.retry_at = next_attempt(change.job.spec.retry, run, finished.at);
    }
  }
  if (!run.retry_at) run.ended = finished.at;
  return change;
}

JobStore::Change Scheduler::started(const Entry& entry, UtcTime now, std::int64_t run_id) {
  JobStore::Change change{.job = entry.job, .run = entry.run};
  Job& job = change.job;
  if (!change.run) {
    change.run = Run{.id = run_id, .started = now};
    const bool is_due = job.state == JobState::kEnabled && job.due && *job.due <= now;
    if (is_due) {
      change.run->scheduled = job.due;
      job.last_tick = job.due;
      job.due = entry.schedule.next(now);
    } else {
      job.run_requested = false;
    }
  }
  Run& run = *change.run;
  run.retry_at.reset();
  if (run.attempts > 0 && !may_go_on(job, run)) {
    run.ended = now;  // paused before it was known how its attempt ended, or while it waited
    return change;
  }
  ++run.attempts;
  job.last_attempt = now;
  return change;
}

void Scheduler::apply(Entry& entry, JobStore::Change change) {
  const Run& run = *change.run;
  const bool has_begun = !run.ended && !run.retry_at;
  if (has_begun && run.attempts == 1 && run.scheduled) {
    metrics_.run_begins(run.started - *run.scheduled);
  }
  if (run.ended) tell_end(change.job, run);
  entry.job = std::move(change.job);
  entry.run = run.ended ? std::nullopt : std::move(change.run);
  entry.attempting = has_begun;
  put_on_agenda(entry, loop_.utc_now());
}

void Scheduler::begin_attempt(Entry& entry) {
  ++attempts_;
  metrics_.attempt_begins();
  const auto& spec = entry.job.spec;
  attempt_tasks_.spawn("job " + entry.job.name.id,
                       attempt(entry.job.name, entry.run->id,
                               Call{.target = spec.target,
                                    .job_id = entry.job.name.id,
                                    .scheduled = entry.run->scheduled,
                                    .deadline = spec.attempt_deadline}));
}

runtime::Task<void> Scheduler::attempt(JobName name, std::int64_t run_id, Call call) {
  AttemptResult result;
  try {
    result = co_await caller_.call(std::move(call));
  } catch (...) {  // it was stopped: its run stays open, and is taken up at the next start
    --attempts_;
    throw;
  }
  --attempts_;
  metrics_.attempt_ends(result);
  if (!result.is_success()) {
    log::warning("an attempt of a job failed", {{"job", name.full()}, {"error", result.error}});
  }
  finished_.push_back({std::move(name), run_id, loop_.utc_now(), std::move(result)});
  wake_.notify();
}

void Scheduler::tell_end(const Job& job, const Run& run) {
  metrics_.run_ends(job.name, run);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(*run.ended - run.started);
  log::info("a run of a job has ended",
            {{"job", job.name.full()},
             {"succeeded", run.succeeded()},
             {"scheduled", run.scheduled ? format_rfc3339(*run.scheduled) : "by hand"},
             {"attempts", run.attempts},
             {"milliseconds", took.count()}});
}

Scheduler::Entry* Scheduler::find(const JobName& name) {
  const auto found = jobs_.find(name);
  return found == jobs_.end() ? nullptr : &found->second;
}

Result<Job> Scheduler::create(JobName name, JobSpec spec) {
  if (auto checked = name.check(); !checked) return std::unexpected(checked.error());
  if (auto checked = spec.check(); !checked) return std::unexpected(checked.error());
  auto schedule = Schedule::parse(spec.schedule, spec.time_zone);
  if (!schedule) return std::unexpected(schedule.error());
  if (jobs_.contains(name)) {
    return failure(ErrorKind::kConflict, "already_exists",
                   "There is a job " + name.full() + " already.");
  }
  const std::size_t bytes = spec.target.body.size();
  if (jobs_.size() >= kMaxJobs || body_bytes_ + bytes > kMaxAllBodyBytes) {
    return failure(ErrorKind::kOverloaded, "too_many_jobs", "There is no room for another job.");
  }
  const UtcTime now = loop_.utc_now();
  Entry entry{.job = {.name = name, .spec = std::move(spec), .updated = now},
              .schedule = std::move(*schedule)};
  entry.job.due = due_from(entry, now);
  store_.put(entry.job);
  body_bytes_ += bytes;
  Entry& kept = jobs_.try_emplace(std::move(name), std::move(entry)).first->second;
  put_on_agenda(kept, now);
  metrics_.count_jobs(jobs_.size());
  wake_.notify();
  return kept.job;
}

Result<Job> Scheduler::get(const JobName& name) const {
  const auto found = jobs_.find(name);
  if (found == jobs_.end()) return not_found(name);
  return found->second.job;
}

/// Changes a copy, so that what cannot be stored has not happened.
Result<Job> Scheduler::change_job(const JobName& name,
                                  const std::function<void(Entry&, UtcTime)>& change) {
  Entry* const entry = find(name);
  if (entry == nullptr) return not_found(name);
  const UtcTime now = loop_.utc_now();
  Entry changed = *entry;
  change(changed, now);
  store_.put(changed.job);
  body_bytes_ += changed.job.spec.target.body.size();
  body_bytes_ -= entry->job.spec.target.body.size();
  *entry = std::move(changed);
  put_on_agenda(*entry, now);
  wake_.notify();
  return entry->job;
}

Result<Job> Scheduler::update(const JobName& name,
                              const std::function<Result<JobSpec>(const JobSpec&)>& change) {
  const Entry* const entry = find(name);
  if (entry == nullptr) return not_found(name);
  auto spec = change(entry->job.spec);
  if (!spec) return std::unexpected(spec.error());
  if (auto checked = spec->check(); !checked) return std::unexpected(checked.error());
  auto schedule = Schedule::parse(spec->schedule, spec->time_zone);
  if (!schedule) return std::unexpected(schedule.error());
  const std::size_t others = body_bytes_ - entry->job.spec.target.body.size();
  if (others + spec->target.body.size() > kMaxAllBodyBytes) {
    return failure(ErrorKind::kOverloaded, "too_many_jobs", "There is no room for that body.");
  }
  return change_job(name, [&](Entry& changed, UtcTime now) {
    const bool is_rescheduled = spec->schedule != changed.job.spec.schedule ||
                                spec->time_zone != changed.job.spec.time_zone;
    changed.job.spec = std::move(*spec);
    changed.job.updated = now;
    changed.schedule = std::move(*schedule);
    if (is_rescheduled) changed.job.due = due_from(changed, now);
  });
}

Result<void> Scheduler::remove(const JobName& name) {
  const auto found = jobs_.find(name);
  if (found == jobs_.end()) return not_found(name);
  store_.remove(name);
  take_off_agenda(found->second);
  body_bytes_ -= found->second.job.spec.target.body.size();
  jobs_.erase(found);
  metrics_.count_jobs(jobs_.size());
  return {};
}

Result<Job> Scheduler::pause(const JobName& name) {
  return change_job(name, [](Entry& entry, UtcTime now) {
    entry.job.state = JobState::kPaused;
    // Its retry comes at once, to find that it may not go on.
    const bool waits = entry.run && !entry.attempting;
    if (waits && !may_go_on(entry.job, *entry.run)) entry.run->retry_at = now;
  });
}

Result<Job> Scheduler::resume(const JobName& name) {
  return change_job(name, [](Entry& entry, UtcTime now) {
    if (entry.job.state == JobState::kEnabled) return;
    entry.job.state = JobState::kEnabled;
    entry.job.due = due_from(entry, now);
  });
}

Result<Job> Scheduler::run_now(const JobName& name) {
  return change_job(name, [](Entry& entry, UtcTime) { entry.job.run_requested = true; });
}

std::vector<Job> Scheduler::list(std::string_view project, std::string_view location,
                                 std::string_view after, std::size_t limit) const {
  const JobName from{std::string(project), std::string(location), std::string(after)};
  std::vector<Job> found;
  std::size_t bytes = 0;
  for (auto each = jobs_.upper_bound(from); each != jobs_.end() && found.size() < limit; ++each) {
    if (each->first.project != project || each->first.location != location) break;
    bytes += each->second.job.spec.target.body.size();
    if (bytes > kMaxPageBytes && !found.empty()) break;
    found.push_back(each->second.job);
  }
  return found;
}

Result<std::vector<Run>> Scheduler::runs(const JobName& name, std::size_t limit,
                                         std::int64_t before) {
  if (!jobs_.contains(name)) return not_found(name);
  return store_.runs(name, limit, before);
}

}  // namespace orderly::scheduler
