#pragma once

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <deque>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/result.hpp"
#include "runtime/suspend_here.hpp"
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
/// submit() is called on `loop` by a coroutine that runs there, which goes on straight from the
/// batch. Measured (research/performance.md): for SQLite the thread that
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
    Place place{.input = std::move(input)};
    auto answered = suspend_here([this, &place](ResumeHere resume) {
      waiting_.push_back({&place, std::move(resume)});
      if (!std::exchange(draining_, true)) tasks_.spawn(name_, drain());
    });
    co_await std::move(answered);
    if (place.error) std::rethrow_exception(place.error);
    co_return std::move(*place.output);
  }

  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  /// Waits until everything submitted has been answered.
  Task<void> join() { return tasks_.join(); }

 private:
  /// Of a submitter, in its own frame.
  struct Place {
    In input;
    std::optional<Out> output = std::nullopt;
    std::exception_ptr error = nullptr;
  };
  /// The place goes with the coroutine that `resume` holds.
  struct Waiting {
    Place* place;
    ResumeHere resume;
  };

  Task<void> drain() {
    while (!waiting_.empty()) {
      co_await gather();
      co_await process_next();
    }
    draining_ = false;
  }

  /// Lets every request that is ready now join the batch. A turn of the loop takes up what came
  /// while the one before was worked off, so there is another as long as that adds to the batch.
  Task<void> gather() {
    std::size_t before = 0;
    for (std::size_t turn = 0; turn < kMaxTurns && waiting_.size() > before; ++turn) {
      before = waiting_.size();
      if (before >= limits_.max_batch) break;
      co_await asio::post(loop_.executor(), asio::use_awaitable);
    }
  }

  Task<void> process_next() {
    std::vector<In> inputs;
    std::vector<Waiting> batch;
    const std::size_t size = std::min(waiting_.size(), limits_.max_batch);
    inputs.reserve(size);
    batch.reserve(size);
    for (; batch.size() < size; waiting_.pop_front()) {
      batch.push_back(std::move(waiting_.front()));
      inputs.push_back(std::move(batch.back().place->input));
    }
    std::vector<Out> outputs;
    std::exception_ptr error;
    try {
      outputs = co_await process_(inputs);
    } catch (...) {
      error = std::current_exception();
    }
    ORDERLY_CHECK(error || outputs.size() == batch.size(), "a batch answers each of its inputs");
    for (std::size_t i = 0; i < batch.size(); ++i) {
      Place& place = *batch[i].place;
      place.error = error;
      if (!error) place.output.emplace(std::move(outputs[i]));
      batch[i].resume();
    }
  }

  static constexpr std::size_t kMaxTurns = 8;  ///< so that nobody waits long for a batch to begin

  EventLoop& loop_;
  TaskGroup tasks_;
  std::string name_;
  BatcherLimits limits_;
  Process process_;
  std::deque<Waiting> waiting_;
  bool draining_ = false;
};

}  // namespace orderly::runtime
