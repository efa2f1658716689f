#pragma once

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "base/result.hpp"
#include "runtime/suspend.hpp"

namespace orderly::runtime {

/// Where work runs that blocks: an analytical query, a bulk load. Any thread may call.
class BlockingPool {
 public:
  virtual ~BlockingPool() = default;

  /// Runs `work` off the event loop and resumes the caller on its own executor with the result or
  /// the exception. Throws Unavailable when too much waits already. `work` is not interrupted when
  /// the calling task is stopped.
  template <class Work>
  Task<std::invoke_result_t<Work&>> run(Work work) {
    using Value = std::invoke_result_t<Work&>;
    using Slot = std::conditional_t<std::is_void_v<Value>, void, std::optional<Value>>;
    // Nothing may be thrown once the coroutine is suspended, so a refusal goes through Resume.
    auto start = [this, &work](Resume<Slot> resume) {
      auto shared = std::make_shared<Resume<Slot>>(std::move(resume));
      if (!enqueue([work = std::move(work), shared]() mutable { finish<Value>(work, *shared); })) {
        shared->fail(std::make_exception_ptr(Unavailable("too much blocking work is waiting")));
      }
    };
    if constexpr (std::is_void_v<Value>) {
      co_await suspend<void>(std::move(start));
    } else {
      co_return std::move(*co_await suspend<Slot>(std::move(start)));
    }
  }

 private:
  /// False, with the job dropped, when too much waits already.
  virtual bool enqueue(std::move_only_function<void()> job) = 0;

  template <class Value, class Work, class Slot>
  static void finish(Work& work, Resume<Slot>& resume) {
    std::exception_ptr error;
    try {
      if constexpr (std::is_void_v<Value>) {
        work();
        resume();
      } else {
        resume(Slot(work()));
      }
      return;
    } catch (...) {
      error = std::current_exception();
    }
    resume.fail(error);
  }
};

/// Runs the work where it is asked for: for the simulation.
class InlinePool final : public BlockingPool {
  bool enqueue(std::move_only_function<void()> job) override {
    job();
    return true;
  }
};

class ThreadPool final : public BlockingPool {
 public:
  ThreadPool(std::string name, std::size_t threads, std::size_t max_waiting);
  /// Finishes what was accepted, then joins the threads.
  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

 private:
  bool enqueue(std::move_only_function<void()> job) override;
  void work();

  std::string name_;
  std::size_t max_waiting_;
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::move_only_function<void()>> jobs_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace orderly::runtime
