#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "base/check.hpp"
#include "broker/embedded/subscription.hpp"

/// How a subscription gets at its messages, and how it bears what fails.
namespace orderly::broker {
namespace {

/// So many rejected requests in a row are the subscriber's failure, not the messages'; then the
/// whole subscription backs off.
constexpr int kRejectionsBeforePause = 3;
/// A minimum backoff of 0 means at once, not in a busy loop.
constexpr std::chrono::milliseconds kShortestBackoff{10};
/// So many messages are read at once.
constexpr std::size_t kMaxRead = 1000;
/// Bodies of one batch or pull; it has at least one message.
constexpr std::size_t kMaxBatchBytes = 8UL * 1024 * 1024;

}  // namespace

runtime::Task<void> Subscription::read_ahead(std::size_t due) {
  while (!detached_) {
    const auto unread = static_cast<std::size_t>(topic_->head() + 1 - ledger_.next());
    // What waits behind dead letters has a bound of its own, so that other keys flow on.
    const std::size_t waiting = ledger_.messages_waiting();
    const std::size_t held = ledger_.held() - ledger_.dead() - waiting;
    const std::size_t room = waiting >= kMaxBehindDeadLetters
                                 ? 0
                                 : kMaxUnacknowledged - std::min(held, kMaxUnacknowledged);
    const std::size_t missing = due - std::min(due, ledger_.ready());
    // A filter may let few of them pass.
    const std::size_t wanted = filter_ && missing > 0 ? kMaxRead : missing;
    const std::size_t limit = std::min({wanted, unread, room, kMaxRead});
    if (limit == 0) co_return;
    const auto generation = generation_;
    auto messages = co_await read(ledger_.next() - 1, limit);
    if (generation == generation_) append(std::move(messages));
    // Others have their turn while a long stretch is passed over.
    if (filter_) co_await runtime::asio::post(loop().executor(), runtime::asio::use_awaitable);
  }
}

void Subscription::append(std::vector<MessagePtr> messages) {
  const auto before = ledger_.floor();
  for (auto& message : messages) {
    if (filter_ && !filter_->matches(message->attributes)) {
      ledger_.skip();
    } else {
      ledger_.append(ledger_.next(), std::move(message));
    }
  }
  if (ledger_.floor() != before) progressed();
}

runtime::Task<void> Subscription::load(std::vector<Ledger::Lease>& leases) {
  const auto generation = generation_;
  try {
    co_await load_missing(leases);
  } catch (...) {
    if (generation == generation_) release(leases);
    throw;
  }
  if (generation == generation_) {
    give_back_excess(leases);
  } else {
    leases.clear();
  }
}

runtime::Task<void> Subscription::load_missing(std::vector<Ledger::Lease>& leases) {
  for (auto lease = leases.begin(); lease != leases.end(); ++lease) {
    if (lease->message) continue;
    if (ledger_.mark(lease->position) != LetterMark::kNone) {
      lease->message = context_.read_letter(*this, lease->position);
      if (!lease->message) throw Unavailable("a dead letter is not there any more");
      continue;
    }
    // Neighbours come with one read.
    auto end = std::next(lease);
    while (end != leases.end() && !end->message && end->position == std::prev(end)->position + 1 &&
           ledger_.mark(end->position) == LetterMark::kNone)
      ++end;
    auto messages = co_await read(lease->position - 1, static_cast<std::size_t>(end - lease));
    for (auto& message : messages) {
      (lease++)->message = std::move(message);
    }
    --lease;
  }
}

void Subscription::give_back_excess(std::vector<Ledger::Lease>& leases) {
  std::size_t bytes = 0;
  const auto excess = std::ranges::find_if(leases, [&](const Ledger::Lease& lease) {
    bytes += lease.message->data.size();
    return bytes > kMaxBatchBytes && &lease != &leases.front();
  });
  const auto kept = static_cast<std::size_t>(excess - leases.begin());
  for (; leases.size() > kept; leases.pop_back()) {
    ledger_.release(leases.back().position);
  }
}

runtime::Task<std::vector<MessagePtr>> Subscription::read(Position after, std::size_t limit) {
  auto messages = co_await topic_->read(after, limit);
  const bool conflict = !messages;
  if (conflict && !stats_.source_conflict.exchange(true)) {
    log::error("a topic's source has another history than the topic; was its store restored?",
               {{"subscription", config_.name},
                {"topic", topic_->name()},
                {"reason", messages.error().message}});
  }
  if (conflict) throw Unavailable(messages.error().message);
  ORDERLY_CHECK(!messages->empty(), "a topic has all messages up to its head");
  stats_.source_conflict = false;
  source_failures_in_row_ = 0;
  co_return std::move(*messages);
}

std::chrono::milliseconds Subscription::backoff(std::int64_t failures) const {
  const runtime::BackoffPolicy policy{std::max(config_.retry.minimum, kShortestBackoff),
                                      std::max(config_.retry.maximum, kShortestBackoff)};
  constexpr std::int64_t kManyFailures = 1000;
  return runtime::backoff_delay(policy, static_cast<int>(std::min(failures, kManyFailures)),
                                context_.random);
}

void Subscription::source_failed(const std::string& error) {
  ++source_failures_in_row_;
  pause_for(backoff(source_failures_in_row_));
  if (const auto held_back = warnings_.pass(loop().steady_now())) {
    log::warning("a subscription cannot read its topic",
                 {{"subscription", config_.name}, {"reason", error}, {"repeated", *held_back}});
  }
}

void Subscription::nobody_there(const Batch& batch, const std::string& error) {
  release(batch.leases);
  subscriber_is_away(batch.failures_before, error);
}

void Subscription::subscriber_is_away(std::int64_t failures_before, const std::string& error) {
  failed(failures_before, true);
  if (const auto held_back = warnings_.pass(loop().steady_now())) {
    log::warning("a subscriber is not there",
                 {{"subscription", config_.name}, {"reason", error}, {"repeated", *held_back}});
  }
}

void Subscription::failed(std::int64_t failures_before, bool pause_at_once) {
  slow_start_.failed();
  // Requests that were in flight together fail together: one failure, not a hundred in a row.
  if (failures_before != failures_) return;
  ++failures_;
  ++failures_in_row_;
  const int first = pause_at_once ? 1 : kRejectionsBeforePause;
  if (failures_in_row_ < first) return;
  pause_for(backoff(failures_in_row_ - first + 1));
}

/// Rejected for the last time, a message waits like any other until it is stored as a dead letter:
/// where that fails, or there is no room, it is tried once more with its next delivery.
runtime::Task<void> Subscription::bury_doomed() {
  const auto lock = co_await reading_.lock();
  const auto doomed = std::exchange(doomed_, {});
  const auto generation = generation_;
  std::vector<DeadLetter> letters;
  for (const auto& [position, attempts] : doomed) {
    if (generation != generation_ || !waits(position)) continue;
    const auto held = ledger_.find(position);
    DeadLetter letter{
        .position = position, .message = {}, .attempts = attempts, .error = held->error};
    if (held->mark == LetterMark::kNone) {
      if (!context_.has_room_for_letters(*this, letters.size() + 1)) continue;
      auto messages = co_await read(position - 1, 1);
      letter.message = std::move(messages.front());
    }
    letters.push_back(std::move(letter));
  }
  if (generation != generation_) co_return;
  // While others were read, one may have been dropped.
  std::erase_if(letters, [this](const auto& letter) { return !waits(letter.position); });
  if (!letters.empty()) bury(std::move(letters));
}

/// Whether it is here, and nowhere else.
bool Subscription::waits(Position position) const {
  return ledger_.holds(position) && !ledger_.is_in_flight(position);
}

/// Whether a letter is held on, for what comes behind it.
bool Subscription::blocks_its_key(const Unacknowledged& held) const {
  return config_.waits_behind_dead_letters && !held.ordering_key.empty();
}

void Subscription::bury(std::vector<DeadLetter> letters) {
  auto progress = ledger_.progress();
  std::vector<Position> blocking;
  std::vector<Position> done;
  for (const DeadLetter& letter : letters) {
    const auto held = std::ranges::find(progress.held, letter.position, &Unacknowledged::position);
    ORDERLY_CHECK(held != progress.held.end(), "what was rejected is stored");
    if (blocks_its_key(*held)) {
      held->mark = LetterMark::kDead;
      blocking.push_back(letter.position);
    } else {
      progress.held.erase(held);
      done.push_back(letter.position);
    }
  }
  const std::size_t buried = letters.size();
  context_.forward(*this, std::move(letters), std::move(progress));
  for (const Position position : blocking)
    ledger_.bury(position);
  for (const Position position : done)
    ledger_.drop(position);
  stats_.dead_lettered.add(buried);
  answered();
}

}  // namespace orderly::broker
