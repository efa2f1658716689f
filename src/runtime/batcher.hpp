#pragma once

#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "base/result.hpp"
#include "runtime/task_group.hpp"

namespace orderly::runtime {

struct BatcherLimits {
  std::size_t max_waiting = 8192;  ///< above it submit() refuses
  std::size_t max_batch = 1024;
};

/// Group commit: all that is ready together is processed as one batch, and everyone is answered
/// after it. While one batch is processed the next one gathers, so batches grow under load and
/// vanish when idle; nothing ever lingers.
///
/// `process` gets the inputs of a batch and returns as many outputs in the same order; if it
/// throws, every submitter of the batch gets the exception. It runs on `loop`, one batch at a time.
/// submit() is called on `loop`. Measured (research/performance.md): for SQLite the thread that
/// serves the requests is the best place, a writer thread costs a quarter of the rate.
template <class In, class Out>
class Batcher {
 public:
  using Process = std::function<Task<std::vector<Out>>(std::vector<In>&)>;

  Batcher(EventLoop& loop, std::string name, BatcherLimits limits, Process process)
      : loop_(loop),
        tasks_(loop),
        name_(std::move(name)),
        limits_(limits),
        process_(std::move(process)) {}

  /// Throws Unavailable when too many wait already: nothing was done.
  Task<Out> submit(In input) {
    if (waiting_.size() >= limits_.max_waiting) throw Unavailable(name_ + " is overloaded");
    co_return std::move(
        *co_await suspend<std::optional<Out>>([this, &input](Resume<std::optional<Out>> resume) {
          waiting_.push_back({std::move(input), std::move(resume)});
          if (!std::exchange(draining_, true)) tasks_.spawn(name_, drain());
        }));
  }

  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  /// Waits until everything submitted has been answered.
  Task<void> join() { return tasks_.join(); }

 private:
  struct Entry {
    In input;
    Resume<std::optional<Out>> resume;
  };

  Task<void> drain() {
    while (!waiting_.empty()) {
      // Let every request that is ready now join this batch.
      co_await asio::post(loop_.executor(), asio::use_awaitable);
      co_await process_next();
    }
    draining_ = false;
  }

  Task<void> process_next() {
    std::vector<In> inputs;
    std::vector<Resume<std::optional<Out>>> resumes;
    for (; !waiting_.empty() && inputs.size() < limits_.max_batch; waiting_.pop_front()) {
      inputs.push_back(std::move(waiting_.front().input));
      resumes.push_back(std::move(waiting_.front().resume));
    }
    std::vector<Out> outputs;
    std::exception_ptr error;
    try {
      outputs = co_await process_(inputs);
    } catch (...) {
      error = std::current_exception();
    }
    ORDERLY_CHECK(error || outputs.size() == resumes.size(), "a batch answers each of its inputs");
    for (std::size_t i = 0; i < resumes.size(); ++i) {
      if (error) {
        resumes[i].fail(error);
      } else {
        resumes[i](std::optional<Out>(std::move(outputs[i])));
      }
    }
  }

  EventLoop& loop_;
  TaskGroup tasks_;
  std::string name_;
  BatcherLimits limits_;
  Process process_;
  std::deque<Entry> waiting_;
  bool draining_ = false;
};

}  // namespace orderly::runtime
