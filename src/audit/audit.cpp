#include "audit/audit.hpp"

#include <limits>
#include <utility>

#include "telemetry/log.hpp"

namespace orderly::audit {
namespace {

/// Nothing runs by itself: only gives the wait an end.
constexpr std::chrono::hours kIdleWait{1};
/// A server that has just started has other things to do first.
constexpr std::chrono::seconds kFirstRunAfter{60};

void log_report(const Report& report) {
  switch (report.state) {
    case Report::State::kClean:
      log::debug("the stores agree", {{"orders_up_to", report.orders_up_to},
                                      {"orders", report.orders},
                                      {"took_ms", report.took.count()}});
      break;
    case Report::State::kDiffers:
      log::error("the stores differ; orderly verify names the orders",
                 {{"differences", report.differences},
                  {"first", report.named.front().order_id},
                  {"kind", to_string(report.named.front().kind)},
                  {"repaired", report.repaired}});
      break;
    case Report::State::kIncomplete:
      log::warning("the stores could not be compared", {{"reason", report.reason}});
      break;
  }
}

}  // namespace

Audit::Audit(runtime::EventLoop& loop, Sides sides, AuditOptions options,
             telemetry::Metrics& metrics)
    : loop_(loop),
      sides_(sides),
      options_(options),
      runs_(metrics.counter("orderly_audit_runs_total", "Reconciliations that came to an end")),
      tasks_(loop) {
  const auto gauge = [&](const char* name, const char* help, double (*value)(const Report&)) {
    gauges_.push_back(metrics.gauge_callback(name, help, {}, [this, value] {
      const std::lock_guard lock(mutex_);
      const bool known = last_ && last_->state != Report::State::kIncomplete;
      return known ? value(*last_) : std::numeric_limits<double>::quiet_NaN();
    }));
  };
  gauge("orderly_audit_verified_position", "Order feed compared with all stores up to here",
        [](const Report& report) { return static_cast<double>(report.orders_up_to); });
  gauge("orderly_audit_differences", "Orders that differed between the stores in the last run",
        [](const Report& report) { return static_cast<double>(report.differences); });
  gauge("orderly_audit_last_run_timestamp_seconds", "When the last complete run began",
        [](const Report& report) {
          return std::chrono::duration<double>(report.started_at.time_since_epoch()).count();
        });
}

void Audit::start() { tasks_.spawn("audit", run()); }

runtime::Task<void> Audit::stop() {
  tasks_.stop();
  co_await tasks_.join();
}

Result<std::int64_t> Audit::request(Request request) {
  const std::lock_guard lock(mutex_);
  if (waiting_) {
    return failure(ErrorKind::kOverloaded, "run_is_waiting",
                   "A verification waits already for the one that runs.");
  }
  waiting_ = request;
  requests_.notify();
  return ++requested_;
}

std::optional<Audit::Request> Audit::take_request() {
  const std::lock_guard lock(mutex_);
  return std::exchange(waiting_, std::nullopt);
}

Audit::Status Audit::status() const {
  const std::lock_guard lock(mutex_);
  return {.requested = requested_,
          .finished = finished_,
          .running = running_,
          .phase = progress_.phase,
          .done = progress_.done,
          .of = progress_.of,
          .last = last_};
}

runtime::Task<void> Audit::run() {
  const bool by_itself = options_.interval.count() > 0;
  const auto wait =
      by_itself ? std::chrono::nanoseconds(options_.interval) : std::chrono::nanoseconds(kIdleWait);
  SteadyTime next = loop_.steady_now() + (by_itself ? kFirstRunAfter : kIdleWait);
  for (;;) {
    const auto ticket = requests_.ticket();
    if (const auto asked = take_request()) {
      co_await run_once({.repair = asked->repair});
      const std::lock_guard lock(mutex_);
      ++finished_;
      continue;
    }
    if (loop_.steady_now() >= next) {
      if (by_itself) co_await run_once({.duty = options_.duty});
      next = loop_.steady_now() + wait;
      continue;
    }
    co_await requests_.wait(loop_, ticket, next);
  }
}

runtime::Task<void> Audit::run_once(RunOptions options) {
  {
    const std::lock_guard lock(mutex_);
    running_ = true;
  }
  Reconciliation reconciliation(loop_, sides_, options, progress_);
  Report report = co_await reconciliation.run();
  log_report(report);
  runs_.add();
  const std::lock_guard lock(mutex_);
  last_ = std::move(report);
  running_ = false;
}

}  // namespace orderly::audit
