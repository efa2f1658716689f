#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "http/router.hpp"
#include "runtime/event_loop.hpp"
#include "scheduler/target.hpp"

namespace orderly::simulation {

class Process;
struct Machine;

/// What the shop owner was told of jobs, and which calls they made, over all lives.
class JobAudit {
 public:
  struct Job {
    bool sent = false;      ///< its creation was
    bool promised = false;  ///< and was answered
    /// Whether it is paused; nothing: a call that was to change that had no answer.
    std::optional<bool> paused = false;
    std::size_t calls_by_hand = 0;
    /// There must be more calls by hand than these: a run was asked for.
    std::optional<std::size_t> wanted_beyond;
    std::size_t ticks_of_life = 0;  ///< calls of the schedule in this life of the process
  };

  Job& job(const std::string& name) { return jobs_[name]; }
  [[nodiscard]] const std::map<std::string, Job>& all() const { return jobs_; }
  void begin_life();
  /// Every run that was asked for was made, and each job that is not paused has run at a tick in
  /// this life.
  [[nodiscard]] bool is_quiet() const;
  void called(const std::string& name, const std::optional<UtcTime>& tick);
  [[nodiscard]] std::size_t calls() const { return calls_; }
  void broken(std::string what) { broken_.push_back(std::move(what)); }
  [[nodiscard]] const std::vector<std::string>& broken() const { return broken_; }

 private:
  std::map<std::string, Job> jobs_;
  std::size_t calls_ = 0;
  std::vector<std::string> broken_;
};

/// Whom jobs call: the platform that they belong to, over a network that loses requests and
/// answers. One for each life.
class JobCalls final : public scheduler::Caller {
 public:
  JobCalls(Machine& machine, http::Router& router, runtime::EventLoop& loop)
      : machine_(machine), router_(router), loop_(loop) {}

  runtime::Task<scheduler::AttemptResult> call(scheduler::Call call) override;
  void calm_down() { calm_ = true; }

 private:
  Machine& machine_;
  http::Router& router_;
  runtime::EventLoop& loop_;
  std::set<std::string> under_way_;
  bool calm_ = false;
};

/// The shop owner at the scheduler: makes jobs, runs them by hand, pauses and resumes them, for
/// `calls` calls.
runtime::Task<void> own_jobs(Process& process, int calls);
/// Makes one, runs it by hand, pauses it and resumes it.
runtime::Task<void> use_a_job(Process& process);
/// Asks for every job and its history, and tells the audit what is not as it was promised.
runtime::Task<void> look_at_jobs(Process& process);

}  // namespace orderly::simulation
