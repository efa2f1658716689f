#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <list>
#include <string>

#include "runtime/event_loop.hpp"
#include "runtime/suspend.hpp"

namespace orderly::runtime {

/// Owns the coroutines it spawned: nothing runs detached. Used on its loop's thread, but for
/// spawn() before the loop runs. Must be empty (joined) when destroyed, unless the loop itself is
/// already gone.
class TaskGroup {
 public:
  explicit TaskGroup(EventLoop& loop) : loop_(loop) {}
  TaskGroup(const TaskGroup&) = delete;
  TaskGroup& operator=(const TaskGroup&) = delete;

  /// Starts `task` soon. An exception that leaves it is a bug and ends the process, except
  /// operation_aborted, which is how a stopped task ends.
  void spawn(std::string name, Task<void> task);
  /// Asks every task to end: its current wait throws operation_aborted.
  void stop();
  /// Waits until every task has ended. One caller at a time.
  Task<void> join();
  [[nodiscard]] std::size_t size() const { return running_.size(); }

 private:
  struct Running {
    std::string name;
    asio::cancellation_signal stop;
  };

  void ended(std::list<Running>::iterator task, const std::exception_ptr& error);

  EventLoop& loop_;
  std::list<Running> running_;
  std::function<void()> when_empty_;
};

/// True for the exception by which a stopped task ends.
bool is_stopped(const std::exception_ptr& error);

}  // namespace orderly::runtime
