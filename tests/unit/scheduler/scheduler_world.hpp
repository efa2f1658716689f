#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/dates.hpp"
#include "base/random.hpp"
#include "runtime/on_loop.hpp"
#include "scheduler/scheduler.hpp"
#include "scheduler/sqlite/sqlite_job_store.hpp"
#include "support/sim_disk.hpp"
#include "support/sim_loop.hpp"
#include "support/sim_vfs.hpp"

namespace orderly::scheduler::testing {

/// Answers calls as a test says, after as long as it says, in virtual time.
class ScriptedCaller final : public Caller {
 public:
  struct Seen {
    UtcTime at;
    std::optional<UtcTime> ended = std::nullopt;
    std::string job;
    std::optional<UtcTime> scheduled;
    HttpTarget target;
  };
  struct Reply {
    int status = 200;  ///< 0: no answer
    std::chrono::milliseconds takes{10};
  };

  explicit ScriptedCaller(runtime::EventLoop& loop, std::vector<Seen>& seen)
      : loop_(loop), seen_(seen) {}

  runtime::Task<AttemptResult> call(Call call) override {
    const std::size_t index = seen_.size();
    seen_.push_back({.at = loop_.utc_now(),
                     .job = call.job_id,
                     .scheduled = call.scheduled,
                     .target = call.target});
    ++running_;
    most_at_once = std::max(most_at_once, running_);
    const Reply reply = script ? script(seen_.at(index), index) : Reply{};
    const bool late = reply.takes > call.deadline;
    co_await loop_.sleep_for(std::min<std::chrono::milliseconds>(reply.takes, call.deadline));
    --running_;
    seen_.at(index).ended = loop_.utc_now();
    if (late) {
      co_return AttemptResult{.kind = AttemptResult::Kind::kDeadline, .error = "the time is up"};
    }
    if (reply.status == 0) co_return AttemptResult{.error = "no answer"};
    AttemptResult result{.kind = AttemptResult::Kind::kAnswered, .status = reply.status};
    if (!result.is_success()) result.error = "answered with status " + std::to_string(reply.status);
    co_return result;
  }

  std::function<Reply(const Seen&, std::size_t index)> script;
  int most_at_once = 0;

 private:
  runtime::EventLoop& loop_;
  std::vector<Seen>& seen_;  ///< of the whole test, since the target outlives our crashes
  int running_ = 0;
};

/// A scheduler with its database on a simulated disk, under virtual time that starts at
/// 2021-01-18T20:00:30Z. The target and the disk live on through crashes.
class SchedulerWorld {
 public:
  SchedulerWorld() { open(); }
  ~SchedulerWorld() { close(); }
  SchedulerWorld(const SchedulerWorld&) = delete;
  SchedulerWorld& operator=(const SchedulerWorld&) = delete;

  Scheduler& scheduler() { return *scheduler_; }
  orderly::testing::SimLoop& loop() { return *loop_; }
  ScriptedCaller& caller() { return *caller_; }
  SqliteJobStore& store() { return *store_; }
  orderly::testing::SimClock& clock() { return clock_; }
  orderly::testing::SimDisk& disk() { return disk_; }
  telemetry::Metrics& metrics() { return *metrics_; }
  [[nodiscard]] UtcTime now() const { return clock_.utc_now(); }

  static JobSpec spec(std::string schedule = "* * * * *") {
    return {.schedule = std::move(schedule),
            .target = {.uri = "http://127.0.0.1:9/x", .method = http::Method::kGet}};
  }
  static JobName name(std::string id = "job") { return {.id = std::move(id)}; }
  Job create(JobSpec spec, std::string id = "job") {
    auto made = scheduler_->create(name(std::move(id)), std::move(spec));
    if (!made) throw std::logic_error(made.error().message);
    return *made;
  }
  /// The newest first.
  std::vector<Run> runs(std::string id = "job") {
    return scheduler_->runs(name(std::move(id)), 1000, 1'000'000'000).value();
  }

  void pass(std::chrono::nanoseconds time) {
    loop_->run_until([] { return false; }, loop_->steady_now() + time);
  }
  void pass_until(const char* time) {
    pass(parse_rfc3339(time).value() - now());
    // Fake timers fire in order, so all that was due then has happened.
  }
  /// The process dies, time goes on, and it starts again.
  void crash(std::chrono::nanoseconds away = {}) {
    disk_.crash();
    close();
    disk_.restart(random_, orderly::testing::power_failure(random_));
    clock_.advance_to(clock_.steady_now() + away);
    open();
  }
  /// The same in good order.
  void restart(std::chrono::nanoseconds away = {}) {
    bool done = false;
    boost::asio::co_spawn(loop_->executor(), scheduler_->stop(),
                          [&](const std::exception_ptr&) { done = true; });
    loop_->run_until([&] { return done; }, loop_->steady_now() + std::chrono::hours(1));
    close();
    clock_.advance_to(clock_.steady_now() + away);
    open();
  }

  std::vector<ScriptedCaller::Seen> seen;

 private:
  void open() {
    metrics_ = std::make_unique<telemetry::Metrics>();
    loop_ = std::make_unique<orderly::testing::SimLoop>(clock_);
    store_ = std::make_unique<SqliteJobStore>(
        sqlite::OpenOptions{.path = "scheduler.db", .vfs = vfs_.name()}, random_, now());
    auto script = caller_ ? caller_->script : nullptr;
    caller_ = std::make_unique<ScriptedCaller>(*loop_, seen);
    caller_->script = std::move(script);
    scheduler_ = std::make_unique<Scheduler>(*loop_, *store_, *caller_, *metrics_);
    scheduler_->start();
  }
  void close() {
    loop_.reset();  // and every coroutine with it
    scheduler_.reset();
    store_.reset();
  }

  static inline int next_name_ = 0;

  SeededRandom random_{4711};
  orderly::testing::SimClock clock_{parse_rfc3339("2021-01-18T20:00:30Z").value()};
  orderly::testing::SimDisk disk_;
  orderly::testing::SimVfs vfs_{"scheduler-world-" + std::to_string(next_name_++), disk_, clock_,
                                random_};
  std::unique_ptr<telemetry::Metrics> metrics_;
  std::unique_ptr<orderly::testing::SimLoop> loop_;
  std::unique_ptr<SqliteJobStore> store_;
  std::unique_ptr<ScriptedCaller> caller_;
  std::unique_ptr<Scheduler> scheduler_;
};

}  // namespace orderly::scheduler::testing
