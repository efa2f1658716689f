#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <map>
#include <memory>

#include "runtime/event_loop.hpp"

namespace orderly::testing {

/// Virtual time: it moves only when nothing is ready to run.
class SimClock final : public Clock {
 public:
  explicit SimClock(UtcTime start) : utc_(start) {}

  [[nodiscard]] UtcTime utc_now() const override { return utc_; }
  [[nodiscard]] SteadyTime steady_now() const override { return steady_; }

  void advance_to(SteadyTime time) {
    utc_ += std::chrono::duration_cast<std::chrono::microseconds>(time - steady_);
    steady_ = time;
  }
  /// The wall clock is set, as an operator or NTP would.
  void jump(std::chrono::microseconds by) { utc_ += by; }

 private:
  UtcTime utc_;
  SteadyTime steady_{};
};

/// Runs a whole pipeline on the calling thread under virtual time. One SimLoop is one process: it
/// is destroyed at a crash, with every coroutine in it.
class SimLoop final : public runtime::EventLoop {
 public:
  explicit SimLoop(SimClock& clock) : clock_(clock) {}

  runtime::Executor executor() override { return context_.get_executor(); }
  const Clock& clock() const override { return clock_; }
  std::unique_ptr<runtime::Timer> make_timer() override;

  /// Runs what is ready and lets time pass to the next timer, until `done` says so (asked between
  /// handlers' rounds) or virtual time reaches `deadline`. True when `done`.
  bool run_until(const std::function<bool()>& done, SteadyTime deadline);

  /// The process dies: every coroutine goes, wherever it waits. What they waited in may be
  /// destroyed afterwards, and the loop after that; nothing runs any more.
  void kill() {
    // A coroutine that goes may leave the rest of itself in the queue once more.
    for (int round = 0; round < kKillRounds; ++round)
      context_.shutdown();
  }

 private:
  static constexpr int kKillRounds = 8;
  struct Context : boost::asio::io_context {
    using execution_context::shutdown;
    using io_context::io_context;
  };

  class SimTimer;
  using Timers = std::multimap<SteadyTime, SimTimer*>;

  bool advance(SteadyTime deadline);

  SimClock& clock_;
  Timers timers_;
  Context context_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{
      context_.get_executor()};
};

}  // namespace orderly::testing
