#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "base/result.hpp"
#include "sqlite/connection.hpp"

namespace orderly::sqlite {

/// Read-only connections, each with its statements prepared once.
///
/// `Session` is the store's own: it is constructed from a Connection, which it keeps, and prepares
/// its statements there. Sessions are opened when first needed, at most `max_sessions`, and kept.
///
///     auto reader = readers_.lease();
///     return reader->find(id);
///
/// Any thread may lease. A lease is used by one thread, is not held across a co_await, and a thread
/// takes one at a time. The pool outlives its leases. The writer has made the database before.
template <class Session>
class ReaderPool {
 public:
  class Lease {
   public:
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (session_ != nullptr) pool_->give_back(std::move(session_));
    }

    Session* operator->() const { return session_.get(); }
    Session& operator*() const { return *session_; }

   private:
    friend class ReaderPool;
    Lease(ReaderPool* pool, std::unique_ptr<Session> session)
        : pool_(pool), session_(std::move(session)) {}

    ReaderPool* pool_;
    std::unique_ptr<Session> session_;
  };

  /// `options` are the writer's; the pool makes them read-only.
  ReaderPool(OpenOptions options, std::size_t max_sessions)
      : options_(std::move(options)), max_sessions_(max_sessions) {
    ORDERLY_CHECK(max_sessions_ > 0, "a pool without room");
    options_.read_only = true;
    idle_.reserve(max_sessions_);
  }
  ReaderPool(const ReaderPool&) = delete;
  ReaderPool& operator=(const ReaderPool&) = delete;
  ~ReaderPool() { ORDERLY_CHECK(idle_.size() == opened_, "a lease outlives its pool"); }

  /// Waits at most `patience` while all sessions are leased, then throws Unavailable; throws
  /// DatabaseError where a session cannot be opened.
  [[nodiscard]] Lease lease(std::chrono::milliseconds patience = kMaxLeaseWait) {
    std::unique_lock lock(mutex_);
    const auto can_go_on = [this] { return !idle_.empty() || opened_ < max_sessions_; };
    if (!given_back_.wait_for(lock, patience, can_go_on)) {
      throw Unavailable("all " + std::to_string(max_sessions_) + " readers of " + options_.path +
                        " are busy");
    }
    if (!idle_.empty()) {
      auto session = std::move(idle_.back());  // the one whose cache is warmest
      idle_.pop_back();
      return Lease(this, std::move(session));
    }
    ++opened_;
    lock.unlock();
    return Lease(this, open());
  }

 private:
  static constexpr std::chrono::milliseconds kMaxLeaseWait = std::chrono::seconds(2);

  /// Outside the lock, for it reads the disk.
  std::unique_ptr<Session> open() {
    try {
      return std::make_unique<Session>(Connection(options_));
    } catch (...) {
      const std::scoped_lock lock(mutex_);
      --opened_;
      given_back_.notify_one();
      throw;
    }
  }

  void give_back(std::unique_ptr<Session> session) {
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(session));
    given_back_.notify_one();
  }

  OpenOptions options_;
  const std::size_t max_sessions_;
  std::mutex mutex_;
  std::condition_variable given_back_;
  std::vector<std::unique_ptr<Session>> idle_;  ///< guarded by mutex_
  std::size_t opened_ = 0;                      ///< idle and leased; guarded by mutex_
};

}  // namespace orderly::sqlite
