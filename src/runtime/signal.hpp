#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/event_loop.hpp"

namespace orderly::runtime {

/// Wakes whoever waits for a condition that somebody else makes true. As with a condition variable
/// the waiter looks itself; the ticket makes sure that it misses nothing:
///
///     for (;;) {
///       const auto ticket = signal.ticket();
///       if (condition()) break;
///       if (!co_await signal.wait(loop, ticket, deadline)) break;  // time is up
///     }
///
/// Every member may be called from any thread; wait() resumes on `loop`.
class Signal {
 public:
  using Ticket = std::uint64_t;

  [[nodiscard]] Ticket ticket() const;
  void notify();
  /// True once notify() was called after `seen` was taken; false when `deadline` came first. Throws
  /// operation_aborted when the task is stopped.
  Task<bool> wait(EventLoop& loop, Ticket seen, SteadyTime deadline);

 private:
  struct Waiter {
    Executor executor;
    std::shared_ptr<Timer> timer;
  };

  mutable std::mutex mutex_;
  Ticket generation_ = 0;
  std::vector<Waiter> waiters_;
};

}  // namespace orderly::runtime
