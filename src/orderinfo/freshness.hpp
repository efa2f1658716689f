#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>

#include "base/clock.hpp"
#include "base/position.hpp"

namespace orderly::orderinfo {

/// How old the read model may be, measured from the order feed's head; where the head is not known,
/// neither is the lag. Any thread.
class Freshness {
 public:
  /// The head of the order feed at this moment, for who has it in the same process.
  using HeadNow = std::function<std::optional<Position>()>;

  explicit Freshness(HeadNow head_now) : head_now_(std::move(head_now)) {}

  /// The feed was asked at `asked_at` and said that `head` is its newest event.
  void observe(Position head, UtcTime asked_at);
  /// The feed has another history now: its head may be lower than what was observed.
  void forget_head();
  /// Everything accepted up to `accepted_at` is settled.
  void settled_up_to(UtcTime accepted_at);
  /// Whether a read of the feed is under way that would be answered at once if there were more.
  void set_following(bool following);

  [[nodiscard]] std::optional<Position> head() const;
  /// Of a read model settled up to `settled`. 0: it has everything. Otherwise the time since it
  /// last was known to have everything.
  [[nodiscard]] std::optional<std::chrono::milliseconds> lag(Position settled, UtcTime now) const;

 private:
  [[nodiscard]] std::optional<Position> head_locked() const;

  HeadNow head_now_;
  mutable std::mutex mutex_;
  std::optional<Position> observed_head_;
  UtcTime observed_at_{};
  bool following_ = false;
  mutable UtcTime complete_as_of_{};  ///< zero: not known
};

}  // namespace orderly::orderinfo
