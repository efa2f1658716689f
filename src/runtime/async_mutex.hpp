#pragma once

#include <deque>
#include <utility>

#include "runtime/suspend.hpp"

namespace orderly::runtime {

/// The one lock that may be held across co_await. First come, first served. All users run on one
/// executor.
class AsyncMutex {
 public:
  class Guard {
   public:
    explicit Guard(AsyncMutex& mutex) : mutex_(&mutex) {}
    Guard(Guard&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
    Guard& operator=(Guard&&) = delete;
    ~Guard() {
      if (mutex_ != nullptr) mutex_->unlock();
    }

   private:
    AsyncMutex* mutex_;
  };

  Task<Guard> lock() {
    if (!std::exchange(locked_, true)) co_return Guard(*this);
    co_await suspend<void>([this](Resume<void> resume) { waiting_.push_back(std::move(resume)); });
    co_return Guard(*this);
  }

 private:
  void unlock() {
    if (waiting_.empty()) {
      locked_ = false;
      return;
    }
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    next();  // the lock passes on without being free in between
  }

  bool locked_ = false;
  std::deque<Resume<void>> waiting_;
};

}  // namespace orderly::runtime
