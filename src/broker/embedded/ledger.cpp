#include "broker/embedded/ledger.hpp"

#include <algorithm>

#include "base/check.hpp"

namespace orderly::broker {

void Ledger::restore(const Unacknowledged& stored) {
  ORDERLY_CHECK(stored.position < next_, "held messages lie below the next one");
  hold(stored.position, {.ordering_key = stored.ordering_key,
                         .publish_time = stored.publish_time,
                         .rejections = stored.rejections,
                         .retry_at = stored.retry_at,
                         .error = stored.error,
                         .mark = stored.mark});
}

void Ledger::append(Position position, MessagePtr message) {
  ORDERLY_CHECK(position == next_, "messages are read without gaps");
  ++next_;
  Held& held = hold(position, {.ordering_key = ordered_ ? message->ordering_key : std::string(),
                               .publish_time = message->publish_time});
  keep_body(held, std::move(message));
}

void Ledger::keep_body(Held& held, MessagePtr message) {
  const std::size_t size = message->data.size();
  // What is blocked may wait for long, and is read again then.
  if (held.state != State::kReady || body_bytes_ + size > kMaxHeldBytes) return;
  body_bytes_ += size;
  held.message = std::move(message);
}

MessagePtr Ledger::take_body(Held& held) {
  if (held.message) body_bytes_ -= held.message->data.size();
  return std::exchange(held.message, nullptr);
}

Ledger::Held& Ledger::hold(Position position, Held held) {
  if (ordered_ && !held.ordering_key.empty()) {
    auto& last = last_of_key_[held.ordering_key];
    held.previous_of_key = std::exchange(last, position);
  }
  const auto [entry, fresh] = held_.emplace(position, std::move(held));
  ORDERLY_CHECK(fresh, "a message is held once");
  if (const Position previous = entry->second.previous_of_key; previous != 0) {
    held_.at(previous).next_of_key = position;
    waits_more(entry->second.ordering_key, 1);
  }
  settle(position, entry->second);
  return entry->second;
}

void Ledger::settle(Position position, Held& held) {
  if (held.mark == LetterMark::kDead) {
    held.state = State::kDead;
    ++dead_;
    if (!dead_keys_.contains(held.ordering_key)) key_died(held.ordering_key, 0);
  } else if (held.previous_of_key != 0) {
    held.state = State::kBlocked;
  } else if (held.rejections > 0) {
    held.state = State::kWaiting;
    waiting_.emplace(held.retry_at, position);
  } else {
    held.state = State::kReady;
    ready_.insert(position);
  }
}

void Ledger::wake(SteadyTime now) {
  while (!waiting_.empty() && waiting_.begin()->first <= now) {
    const Position position = waiting_.begin()->second;
    waiting_.erase(waiting_.begin());
    held_.at(position).state = State::kReady;
    ready_.insert(position);
  }
}

std::vector<Ledger::Lease> Ledger::take(std::size_t max, SteadyTime now, bool same_key_together) {
  wake(now);
  std::vector<Lease> leases;
  leases.reserve(std::min(max, ready_.size()));
  std::set<Position> lent;  // made ready only because the batch has what comes before them
  while (leases.size() < max && !ready_.empty()) {
    const Position position = *ready_.begin();
    ready_.erase(ready_.begin());
    lent.erase(position);
    auto& held = held_.at(position);
    held.state = State::kInFlight;
    ++in_flight_;
    leases.push_back({position, take_body(held), held.rejections + 1});
    if (!same_key_together) continue;
    if (const Position follower = ready_next_of_key(held, now)) lent.insert(follower);
  }
  for (const Position position : lent) {
    ready_.erase(position);
    held_.at(position).state = State::kBlocked;
  }
  return leases;
}

Position Ledger::ready_next_of_key(const Held& held, SteadyTime now) {
  if (held.next_of_key == 0) return 0;
  auto& follower = held_.at(held.next_of_key);
  if (follower.rejections > 0 && follower.retry_at > now) return 0;
  follower.state = State::kReady;
  ready_.insert(held.next_of_key);
  return held.next_of_key;
}

void Ledger::land(Held& held) {
  ORDERLY_CHECK(held.state == State::kInFlight, "only what is in flight can be answered");
  held.state = State::kBlocked;
  --in_flight_;
}

void Ledger::acknowledge(Position position) {
  const auto entry = held_.find(position);
  ORDERLY_CHECK(entry != held_.end(), "an acknowledged message is held");
  land(entry->second);
  ORDERLY_CHECK(entry->second.previous_of_key == 0, "a key is acknowledged in order");
  unlink(entry->second);
  held_.erase(entry);
}

void Ledger::unlink(const Held& held) {
  if (!ordered_ || held.ordering_key.empty()) return;
  const Position previous = held.previous_of_key;
  if (previous != 0) held_.at(previous).next_of_key = held.next_of_key;
  if (held.next_of_key == 0) {
    if (previous == 0) {
      last_of_key_.erase(held.ordering_key);
    } else {
      last_of_key_[held.ordering_key] = previous;
    }
    return;
  }
  auto& follower = held_.at(held.next_of_key);
  follower.previous_of_key = previous;
  if (previous == 0 && follower.state == State::kBlocked) settle(held.next_of_key, follower);
}

void Ledger::reject(Position position, SteadyTime retry_at, std::string error) {
  auto& held = held_.at(position);
  land(held);
  ++held.rejections;
  held.retry_at = retry_at;
  held.error = std::move(error);
  settle(position, held);
}

void Ledger::release(Position position) {
  auto& held = held_.at(position);
  land(held);
  settle(position, held);
}

void Ledger::drop(Position position) {
  const auto entry = held_.find(position);
  ORDERLY_CHECK(entry != held_.end(), "a dropped message is held");
  Held& held = entry->second;
  ORDERLY_CHECK(held.state != State::kInFlight, "what is in flight is not dropped");
  ready_.erase(position);
  if (held.state == State::kWaiting) waiting_.erase({held.retry_at, position});
  take_body(held);
  const bool was_dead = held.state == State::kDead;
  if (was_dead) {
    --dead_;
    key_lives(held.ordering_key);
  } else if (held.previous_of_key != 0) {
    waits_more(held.ordering_key, -1);
  }
  unlink(held);
  held_.erase(entry);
}

void Ledger::bury(Position position) {
  Held& held = held_.at(position);
  ORDERLY_CHECK(held.state == State::kWaiting || held.state == State::kReady,
                "what is buried was rejected, and is the first of its key");
  ready_.erase(position);
  if (held.state == State::kWaiting) waiting_.erase({held.retry_at, position});
  take_body(held);
  held.mark = LetterMark::kDead;
  held.state = State::kDead;
  ++dead_;
  std::size_t waiting = 0;
  for (Position next = held.next_of_key; next != 0; next = held_.at(next).next_of_key)
    ++waiting;
  key_died(held.ordering_key, waiting);
}

void Ledger::redrive(Position position, const std::string& ordering_key, UtcTime publish_time,
                     std::int64_t rejections) {
  const auto entry = held_.find(position);
  if (entry == held_.end()) {
    hold(position, {.ordering_key = ordered_ ? ordering_key : std::string(),
                    .publish_time = publish_time,
                    .rejections = rejections,
                    .mark = LetterMark::kRedriven});
    return;
  }
  Held& held = entry->second;
  if (held.mark != LetterMark::kDead) return;
  --dead_;
  key_lives(held.ordering_key);
  held.mark = LetterMark::kRedriven;
  held.retry_at = {};
  settle(position, held);
}

void Ledger::key_died(const std::string& key, std::size_t waiting) {
  dead_keys_[key] = waiting;
  messages_waiting_ += waiting;
  if (waiting > 0) ++keys_waiting_;
}

void Ledger::key_lives(const std::string& key) {
  const auto found = dead_keys_.find(key);
  if (found == dead_keys_.end()) return;
  messages_waiting_ -= found->second;
  if (found->second > 0) --keys_waiting_;
  dead_keys_.erase(found);
}

void Ledger::waits_more(const std::string& key, std::ptrdiff_t messages) {
  const auto found = dead_keys_.find(key);
  if (found == dead_keys_.end()) return;
  const std::size_t before = found->second;
  found->second += static_cast<std::size_t>(messages);
  messages_waiting_ += static_cast<std::size_t>(messages);
  if (before == 0) ++keys_waiting_;
  if (found->second == 0) --keys_waiting_;
}

Position Ledger::oldest_needed() const {
  for (const auto& [position, held] : held_) {
    if (held.mark == LetterMark::kNone) return position;
  }
  return next_;
}

std::vector<Position> Ledger::dead_positions() const {
  std::vector<Position> positions;
  if (dead_ == 0) return positions;
  for (const auto& [position, held] : held_) {
    if (held.state == State::kDead) positions.push_back(position);
  }
  return positions;
}

LetterMark Ledger::mark(Position position) const {
  const auto entry = held_.find(position);
  return entry == held_.end() ? LetterMark::kNone : entry->second.mark;
}

std::int64_t Ledger::drop_below(Position end) {
  std::vector<Position> dropped;
  for (auto entry = held_.begin(); entry != held_.end() && entry->first < end; ++entry) {
    const bool stays =
        entry->second.state == State::kInFlight || entry->second.mark != LetterMark::kNone;
    if (!stays) dropped.push_back(entry->first);
  }
  for (const Position position : dropped) {
    drop(position);
  }
  const Position unread = std::max<Position>(end - next_, 0);
  next_ += unread;
  return static_cast<std::int64_t>(dropped.size()) + unread;
}

bool Ledger::is_in_flight(Position position) const {
  const auto entry = held_.find(position);
  return entry != held_.end() && entry->second.state == State::kInFlight;
}

Position Ledger::follower(Position position) const { return held_.at(position).next_of_key; }

bool Ledger::is_behind(Position position) const { return held_.at(position).previous_of_key != 0; }

std::optional<UtcTime> Ledger::oldest() const {
  if (held_.empty()) return std::nullopt;
  return held_.begin()->second.publish_time;
}

std::int64_t Ledger::rejections(Position position) const { return held_.at(position).rejections; }

std::optional<Unacknowledged> Ledger::find(Position position) const {
  const auto entry = held_.find(position);
  if (entry == held_.end()) return std::nullopt;
  const Held& held = entry->second;
  return Unacknowledged{entry->first,  held.ordering_key, held.publish_time, held.rejections,
                        held.retry_at, held.error,        held.mark};
}

std::optional<SteadyTime> Ledger::next_retry() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first;
}

Ledger::Progress Ledger::progress() const {
  Progress progress{.next = next_, .held = {}};
  auto end = held_.end();
  while (end != held_.begin()) {
    const auto last = std::prev(end);
    if (last->first != progress.next - 1 || last->second.rejections > 0) break;
    progress.next = last->first;
    end = last;
  }
  for (auto entry = held_.begin(); entry != end; ++entry) {
    const Held& held = entry->second;
    progress.held.push_back({entry->first, held.ordering_key, held.publish_time, held.rejections,
                             held.retry_at, held.error, held.mark});
  }
  return progress;
}

Ledger::Progress Ledger::progress_up_to(Position last) const {
  Progress saved = progress();
  saved.next = std::min(saved.next, last + 1);
  std::erase_if(saved.held, [&](const Unacknowledged& held) { return held.position > last; });
  return saved;
}

}  // namespace orderly::broker
