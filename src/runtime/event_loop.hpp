#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

#include "base/clock.hpp"
#include "runtime/task.hpp"

namespace orderly::runtime {

/// One wait at a time. Used on its loop's thread only.
class Timer {
 public:
  virtual ~Timer() = default;
  /// True when `deadline` was reached, false when cancel() came first. Throws operation_aborted
  /// when the task is stopped.
  virtual Task<bool> wait_until(SteadyTime deadline) = 0;
  virtual void cancel() = 0;
};

/// An executor with its time: everything asynchronous is given one of these and takes executor,
/// clock and timers from it. Production runs an io_context on a thread; the simulation runs all
/// loops of a pipeline on one thread under virtual time.
class EventLoop {
 public:
  virtual ~EventLoop() = default;
  virtual Executor executor() = 0;         ///< serial: no two handlers at once
  virtual const Clock& clock() const = 0;  ///< any thread
  virtual std::unique_ptr<Timer> make_timer() = 0;

  [[nodiscard]] UtcTime utc_now() const { return clock().utc_now(); }
  [[nodiscard]] SteadyTime steady_now() const { return clock().steady_now(); }
  /// Waits for `duration`; throws operation_aborted when the task is stopped.
  Task<void> sleep_for(std::chrono::nanoseconds duration);
};

/// An io_context that one thread runs.
class AsioEventLoop final : public EventLoop {
 public:
  explicit AsioEventLoop(const Clock& clock) : clock_(clock) {}

  Executor executor() override { return context_.get_executor(); }
  const Clock& clock() const override { return clock_; }
  std::unique_ptr<Timer> make_timer() override;

  /// Runs handlers on the calling thread until stop().
  void run();
  void stop() { context_.stop(); }
  asio::io_context& context() { return context_; }

 private:
  const Clock& clock_;
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
};

}  // namespace orderly::runtime
