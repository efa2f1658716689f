#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "broker/broker.hpp"
#include "broker/embedded/store.hpp"
#include "broker/message_source.hpp"

namespace orderly::broker {

inline constexpr std::size_t kMaxTailMessages = 8192;             ///< kept in memory, of a topic
inline constexpr std::size_t kMaxTailBytes = 16UL * 1024 * 1024;  ///< estimated

/// A topic: how far it goes, its newest messages in memory, and where the older ones are: in a
/// source, of which it is a view, or in the store. The broker's loop.
class Topic {
 public:
  /// `source`: of a view; it may come later, by bind().
  Topic(TopicState state, Store& store, const Clock& clock, MessageSource* source)
      : state_(std::move(state)), store_(store), clock_(clock), source_(source) {}

  void bind(MessageSource* source) { source_ = source; }
  [[nodiscard]] const TopicState& state() const { return state_; }
  [[nodiscard]] const std::string& name() const { return state_.name; }
  [[nodiscard]] Position head() const { return state_.head; }

  /// As Broker::publish. Answers how many messages were new.
  Result<std::size_t> publish(std::vector<events::Message> messages);

  /// The messages after a position, in order and without gaps; at least one and at most `limit`
  /// where `after` is before the head. kConflict where the source has another history. Throws
  /// Unavailable.
  runtime::Task<Result<std::vector<MessagePtr>>> read(Position after, std::size_t limit);

  /// The oldest message that can still be read; beyond the head where there is none.
  [[nodiscard]] Position first() const;
  /// Where it is in memory.
  [[nodiscard]] std::optional<UtcTime> publish_time(Position position) const;

 private:
  /// Which of `messages` are new, and the state that they lead to.
  Result<std::vector<MessagePtr>> admit(std::vector<events::Message> messages,
                                        TopicState& state) const;
  runtime::Task<Result<std::vector<MessagePtr>>> read_source(Position after, std::size_t limit);
  void keep(MessagePtr message);

  TopicState state_;
  Store& store_;
  const Clock& clock_;
  MessageSource* source_;
  std::deque<MessagePtr> tail_;  ///< the last one is at the head
  std::size_t tail_bytes_ = 0;
};

}  // namespace orderly::broker
