#include "broker/embedded/topic.hpp"

#include <algorithm>
#include <utility>

#include "base/text.hpp"

namespace orderly::broker {
namespace {

/// The place that a message claims in a feed; position 0 where it claims none.
Result<Cursor> feed_place(const events::Message& message) {
  const auto* epoch = message.attributes.find(events::kEpochAttribute);
  const auto* position = message.attributes.find(events::kPositionAttribute);
  if (epoch == nullptr && position == nullptr) return Cursor{};
  const auto parsed_epoch = epoch == nullptr ? std::nullopt : Uuid::parse(*epoch);
  const auto parsed_position = position == nullptr ? std::nullopt : parse_int64(*position);
  if (!parsed_epoch) return invalid(events::kEpochAttribute, "epoch must be a UUID");
  if (parsed_position.value_or(0) < 1) {
    return invalid(events::kPositionAttribute, "position must be a number above 0");
  }
  const auto* event_id = message.attributes.find(events::kEventIdAttribute);
  const auto id = event_id == nullptr ? std::nullopt : Uuid::parse(*event_id);
  return Cursor{*parsed_epoch, *parsed_position, id.value_or(Uuid{})};
}

/// Whether `place` is the one after `published`; false where it was published before.
Result<bool> follows(const Cursor& published, const Cursor& place, const std::string& topic) {
  if (published.position != 0 && published.epoch != place.epoch) {
    return failure(ErrorKind::kConflict, "epoch_conflict",
                   "the events have another history than those that topic " + topic + " has");
  }
  if (place.position <= published.position) return false;
  if (place.position == published.position + 1) return true;
  return failure(ErrorKind::kConflict, "position_gap",
                 "topic " + topic + " goes on after position " +
                     std::to_string(published.position) + ", not with " +
                     std::to_string(place.position));
}

std::size_t bytes_of(const events::Message& message) {
  constexpr std::size_t kOverhead = 512;  // the object, its attributes and their allocations
  std::size_t bytes = message.data.size() + message.ordering_key.size() + kOverhead;
  for (const auto& [name, value] : message.attributes.pairs()) {
    bytes += name.size() + value.size();
  }
  return bytes;
}

}  // namespace

Topic::Topic(TopicState state, Store& store, const Clock& clock, MessageSource* source,
             std::size_t& tails_bytes)
    : state_(std::move(state)),
      store_(store),
      clock_(clock),
      source_(source),
      tail_end_(state_.head),
      tails_bytes_(tails_bytes),
      first_(1) {
  if (state_.is_view) return;
  first_ = store_.first(state_.id).value_or(state_.head + 1);
  last_time_ = store_.publish_time(state_.id, state_.head).value_or(UtcTime{});
}

/// Later ones never have earlier times, even where the clock was set back: a time names a place.
UtcTime Topic::next_time() const { return std::max(clock_.utc_now(), last_time_); }

Topic::Addition Topic::prepare(std::vector<events::Message> messages) const {
  Addition addition{.state = state_, .messages = {}};
  const UtcTime time = next_time();
  for (auto& message : messages) {
    message.message_id = std::to_string(++addition.state.head);
    message.publish_time = time;
    addition.messages.push_back(std::make_shared<const events::Message>(std::move(message)));
  }
  return addition;
}

void Topic::accept(Addition addition) {
  state_ = std::move(addition.state);
  if (!addition.messages.empty()) last_time_ = addition.messages.back()->publish_time;
  if (tail_end_ + static_cast<Position>(addition.messages.size()) != state_.head) clear_tail();
  for (auto& message : addition.messages) {
    keep(std::move(message));
  }
  tail_end_ = state_.head;
}

void Topic::clear_tail() {
  for (const auto& message : tail_) {
    const std::size_t size = bytes_of(*message);
    tail_bytes_ -= size;
    tails_bytes_ -= size;
  }
  tail_.clear();
}

Result<std::size_t> Topic::advance(const Cursor& after, const events::FeedSpan& span) {
  if (after != state_.published) {
    return failure(ErrorKind::kConflict, "position_gap",
                   "topic " + name() + " goes on after position " +
                       std::to_string(state_.published.position) + ", not after " +
                       std::to_string(after.position));
  }
  const Position before = state_.head;
  state_.head += static_cast<Position>(span.events);
  state_.published = span.to;
  advances_.push_back({.after = before, .to = state_.head, .first_accepted = span.first_accepted});
  if (advances_.size() > kMaxAdvances) advances_.pop_front();
  return span.events;
}

TopicState Topic::taken_back(const Cursor& to) const {
  TopicState state = state_;
  state.published = to;
  if (state.is_view) state.head = std::min(state.head, to.position);
  return state;
}

void Topic::go_on_from(TopicState state) {
  const bool is_shorter = state.head < state_.head;
  state_ = std::move(state);
  if (!is_shorter) return;
  clear_tail();
  tail_end_ = state_.head;
  advances_.clear();
}

Result<std::size_t> Topic::publish(std::vector<events::Message> messages) {
  TopicState state = state_;
  auto admitted = admit(std::move(messages), state);
  if (!admitted) return std::unexpected(std::move(admitted.error()));
  if (!admitted->empty() && !state.is_view) store_.append(state, *admitted);
  const std::size_t count = admitted->size();
  accept({std::move(state), std::move(*admitted)});
  return count;
}

Result<std::vector<MessagePtr>> Topic::admit(std::vector<events::Message> messages,
                                             TopicState& state) const {
  std::vector<MessagePtr> admitted;
  admitted.reserve(messages.size());
  for (auto& message : messages) {
    const auto place = feed_place(message);
    if (!place) return std::unexpected(place.error());
    if (place->position != 0) {
      const auto is_next = follows(state.published, *place, state.name);
      if (!is_next) return std::unexpected(is_next.error());
      if (!*is_next) continue;
      state.published = *place;
    } else if (state.is_view) {
      return invalid(events::kPositionAttribute,
                     "a topic that is a view of a feed takes only that feed's events",
                     "not_of_the_feed");
    }
    message.message_id = std::to_string(++state.head);
    if (!state.is_view) message.publish_time = next_time();
    admitted.push_back(std::make_shared<const events::Message>(std::move(message)));
  }
  return admitted;
}

void Topic::keep(MessagePtr message) {
  const std::size_t size = bytes_of(*message);
  tail_bytes_ += size;
  tails_bytes_ += size;
  tail_.push_back(std::move(message));
  while (has_too_much()) {
    const std::size_t oldest = bytes_of(*tail_.front());
    tail_bytes_ -= oldest;
    tails_bytes_ -= oldest;
    tail_.pop_front();
  }
}

bool Topic::has_too_much() const {
  const bool is_short = !state_.is_view && tails_bytes_ > kMaxTailsBytes;
  const std::size_t limit = is_short ? kMinTailBytes : kMaxTailBytes;
  return tail_.size() > kMaxTailMessages || (tail_bytes_ > limit && tail_.size() > 1);
}

runtime::Task<Result<std::vector<MessagePtr>>> Topic::read(Position after, std::size_t limit) {
  std::vector<MessagePtr> messages;
  if (after >= state_.head || limit == 0) co_return messages;
  if (after >= before_tail() && after < tail_end_) {
    const auto first = tail_.begin() + (after - before_tail());
    const auto count = std::min(limit, static_cast<std::size_t>(tail_end_ - after));
    messages.assign(first, first + static_cast<std::ptrdiff_t>(count));
    co_return messages;
  }
  if (state_.is_view) co_return co_await read_source(after, limit);
  for (auto& message : store_.read(state_.id, after, limit)) {
    messages.push_back(std::make_shared<const events::Message>(std::move(message)));
  }
  if (messages.empty() || messages.front()->message_id != std::to_string(after + 1)) {
    throw Unavailable("topic " + name() + " has lost message " + std::to_string(after + 1));
  }
  co_return messages;
}

runtime::Task<Result<std::vector<MessagePtr>>> Topic::read_source(Position after,
                                                                  std::size_t limit) {
  if (source_ == nullptr) throw Unavailable("topic " + name() + " has no source yet");
  const Cursor cursor{.epoch = state_.published.epoch, .position = after, .event_id = {}};
  auto page = co_await source_->read(cursor, std::min(limit, events::kMaxFeedPage),
                                     std::chrono::milliseconds(0));
  if (!page) co_return std::unexpected(std::move(page.error()));
  std::vector<MessagePtr> messages;
  for (auto& message : page->messages) {
    const Position position = after + 1 + static_cast<Position>(messages.size());
    if (position > state_.head) break;
    const auto place = feed_place(message);
    if (page->epoch != cursor.epoch || !place || place->position != position) break;
    message.message_id = std::to_string(position);
    messages.push_back(std::make_shared<const events::Message>(std::move(message)));
  }
  if (messages.empty()) {
    co_return failure(ErrorKind::kConflict, "position_conflict",
                      "the source of topic " + name() + " has no event at position " +
                          std::to_string(after + 1) + " any more");
  }
  keep_read(after, messages);
  co_return messages;
}

void Topic::keep_read(Position after, const std::vector<MessagePtr>& messages) {
  if (after < tail_end_ && !tail_.empty()) return;
  if (after != tail_end_) clear_tail();
  for (const auto& message : messages)
    keep(message);
  tail_end_ = after + static_cast<Position>(messages.size());
}

UtcTime Topic::stored_time(Position position) const {
  if (const auto time = publish_time(position)) return *time;
  const auto time = store_.publish_time(state_.id, position);
  if (!time) throw Unavailable("topic " + name() + " has lost message " + std::to_string(position));
  return *time;
}

Position Topic::stored_position_at(UtcTime time) const {
  Position low = first_;
  Position high = state_.head + 1;
  while (low < high) {
    const Position middle = low + (high - low) / 2;
    if (stored_time(middle) < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

runtime::Task<Result<Position>> Topic::position_at(UtcTime time) {
  if (!state_.is_view) co_return stored_position_at(time);
  Position low = first_;
  Position high = state_.head + 1;
  while (low < high) {
    const Position middle = low + (high - low) / 2;
    const auto messages = co_await read(middle - 1, 1);
    if (!messages) co_return std::unexpected(messages.error());
    if (messages->front()->publish_time < time) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  co_return low;
}

std::optional<UtcTime> Topic::publish_time(Position position) const {
  if (position > state_.head) return std::nullopt;
  if (position > before_tail() && position <= tail_end_) {
    return tail_[static_cast<std::size_t>(position - before_tail() - 1)]->publish_time;
  }
  const auto step = std::ranges::lower_bound(advances_, position, {}, &Advanced::to);
  if (step == advances_.end() || position <= step->after) return std::nullopt;
  return step->first_accepted;
}

}  // namespace orderly::broker
