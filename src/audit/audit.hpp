#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "audit/reconciliation.hpp"
#include "runtime/signal.hpp"
#include "runtime/task_group.hpp"
#include "telemetry/metrics.hpp"

namespace orderly::audit {

struct AuditOptions {
  /// Between two runs of its own; 0: it runs only when it is asked to.
  std::chrono::minutes interval{10};
  /// The share of the time in which its own runs work.
  double duty = 0.1;
};

/// Runs reconciliations: one after another, by itself at low priority and when an operator asks.
/// Exports how far the orders are verified (orderly_audit_verified_position) and how many differ.
class Audit {
 public:
  /// All outlive it. stop() has been awaited before it goes, unless the loop is already gone.
  Audit(runtime::EventLoop& loop, Sides sides, AuditOptions options, telemetry::Metrics& metrics);

  /// Begins to run by itself. On the loop.
  void start();
  /// Interrupts what runs. On the loop.
  runtime::Task<void> stop();

  struct Request {
    bool repair = false;
  };
  /// Has a run begin as soon as what runs now is through; the ticket names it. kOverloaded
  /// `run_is_waiting` where one waits already. Any thread.
  Result<std::int64_t> request(Request request);

  /// What stands. Any thread.
  struct Status {
    std::int64_t requested = 0;  ///< the newest ticket
    std::int64_t finished = 0;   ///< the newest ticket whose run is through
    bool running = false;
    RunProgress::Phase phase = RunProgress::Phase::kWaiting;
    std::int64_t done = 0;
    std::int64_t of = 0;
    std::optional<Report> last;
  };
  [[nodiscard]] Status status() const;

 private:
  runtime::Task<void> run();
  runtime::Task<void> run_once(RunOptions options);
  std::optional<Request> take_request();

  runtime::EventLoop& loop_;
  Sides sides_;
  AuditOptions options_;
  telemetry::Counter& runs_;
  runtime::TaskGroup tasks_;
  runtime::Signal requests_;
  RunProgress progress_;
  mutable std::mutex mutex_;  ///< guards what follows
  std::optional<Request> waiting_;
  std::int64_t requested_ = 0;
  std::int64_t finished_ = 0;
  bool running_ = false;
  std::optional<Report> last_;
  std::vector<telemetry::Metrics::Registration> gauges_;  ///< go first: they read the rest
};

}  // namespace orderly::audit
