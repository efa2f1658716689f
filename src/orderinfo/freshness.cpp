#include "orderinfo/freshness.hpp"

#include <algorithm>

namespace orderly::orderinfo {

void Freshness::observe(Position head, UtcTime asked_at) {
  const std::lock_guard lock(mutex_);
  observed_head_ = std::max(observed_head_.value_or(0), head);
  observed_at_ = asked_at;
}

void Freshness::forget_head() {
  const std::lock_guard lock(mutex_);
  observed_head_.reset();
}

void Freshness::settled_up_to(UtcTime accepted_at) {
  const std::lock_guard lock(mutex_);
  complete_as_of_ = std::max(complete_as_of_, accepted_at);
}

void Freshness::set_following(bool following) {
  const std::lock_guard lock(mutex_);
  following_ = following;
}

std::optional<Position> Freshness::head() const {
  const std::lock_guard lock(mutex_);
  return head_locked();
}

std::optional<Position> Freshness::head_locked() const {
  return head_now_ ? head_now_() : observed_head_;
}

std::optional<std::chrono::milliseconds> Freshness::lag(Position settled, UtcTime now) const {
  const std::lock_guard lock(mutex_);
  const auto head = head_locked();
  if (!head) return std::nullopt;
  if (settled >= *head) {
    const bool certain = head_now_ || following_;
    complete_as_of_ = std::max(complete_as_of_, certain ? now : observed_at_);
  }
  // A time that a clock gave before it was set back would hide every lag until it comes again.
  complete_as_of_ = std::min(complete_as_of_, now);
  if (complete_as_of_ == UtcTime{}) return std::nullopt;
  const auto lag = std::chrono::floor<std::chrono::milliseconds>(now - complete_as_of_);
  return std::max(lag, std::chrono::milliseconds(0));
}

}  // namespace orderly::orderinfo
