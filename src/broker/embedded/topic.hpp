#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/broker.hpp"
#include "broker/embedded/store.hpp"
#include "broker/message_source.hpp"

namespace orderly::broker {

inline constexpr std::size_t kMaxTailMessages = 8192;             ///< kept in memory, of a topic
inline constexpr std::size_t kMaxTailBytes = 16UL * 1024 * 1024;  ///< estimated
/// Of all topics together; once they have more, a stored topic that grows keeps kMinTailBytes.
/// Views are few, and their sources are asked less readily than the store.
inline constexpr std::size_t kMaxTailsBytes = 128UL * 1024 * 1024;
inline constexpr std::size_t kMinTailBytes = 16UL * 1024;
inline constexpr std::size_t kMaxAdvances = 4096;  ///< of a view, whose times are remembered

class Subscription;

/// A topic: how far it goes, its newest messages in memory, and where the older ones are: in a
/// source, of which it is a view, or in the store. The broker's loop.
class Topic {
 public:
  /// `source`: of a view; it may come later, by bind().
  /// `tails_bytes`: what all topics have in memory; outlives them.
  Topic(TopicState state, Store& store, const Clock& clock, MessageSource* source,
        std::size_t& tails_bytes);
  ~Topic() { tails_bytes_ -= tail_bytes_; }
  Topic(const Topic&) = delete;
  Topic& operator=(const Topic&) = delete;

  void bind(MessageSource* source) { source_ = source; }
  [[nodiscard]] const TopicState& state() const { return state_; }
  [[nodiscard]] const std::string& name() const { return state_.name; }
  [[nodiscard]] Position head() const { return state_.head; }

  /// As Broker::publish. Answers how many messages were new.
  Result<std::size_t> publish(std::vector<events::Message> messages);

  /// How it goes on from `to`, a place of its feed before the last one published.
  [[nodiscard]] TopicState taken_back(const Cursor& to) const;
  /// Makes that so, once it is stored.
  void go_on_from(TopicState state);

  /// As Views::advance, of a view.
  Result<std::size_t> advance(const Cursor& after, const events::FeedSpan& span);

  /// New messages, whatever their attributes say, as they would follow the last one, and the state
  /// with them. Of a topic that stores its messages. accept() makes them part of it, once they are
  /// stored.
  struct Addition {
    TopicState state;
    std::vector<MessagePtr> messages;
  };
  [[nodiscard]] Addition prepare(std::vector<events::Message> messages) const;
  void accept(Addition addition);

  /// The messages after a position, in order and without gaps; at least one and at most `limit`
  /// where `after` is before the head. kConflict where the source has another history. Throws
  /// Unavailable.
  runtime::Task<Result<std::vector<MessagePtr>>> read(Position after, std::size_t limit);

  /// The oldest message that can still be read; beyond the head where there is none.
  [[nodiscard]] Position first() const { return first_; }
  /// Stored messages before `position` were dropped.
  void dropped_before(Position position) { first_ = position; }
  /// The first message that was published at or after `time`; beyond the head where there is none.
  /// By binary search: times ascend, as far as the source's do. As read().
  runtime::Task<Result<Position>> position_at(UtcTime time);
  /// The same, of a topic that stores its messages.
  [[nodiscard]] Position stored_position_at(UtcTime time) const;

  /// Whom it serves. The broker sees to it that they are taken out in time.
  [[nodiscard]] const std::vector<Subscription*>& subscribers() const { return subscribers_; }
  void add(Subscription& subscription) { subscribers_.push_back(&subscription); }
  void remove(Subscription& subscription) { std::erase(subscribers_, &subscription); }
  /// Where it is known from memory; of a view whose messages nobody reads, of one that was
  /// published at the same time.
  [[nodiscard]] std::optional<UtcTime> publish_time(Position position) const;

 private:
  /// Which of `messages` are new, and the state that they lead to.
  Result<std::vector<MessagePtr>> admit(std::vector<events::Message> messages,
                                        TopicState& state) const;
  runtime::Task<Result<std::vector<MessagePtr>>> read_source(Position after, std::size_t limit);
  /// Of what was read from a source, what goes on where the tail ends.
  void keep_read(Position after, const std::vector<MessagePtr>& messages);
  void keep(MessagePtr message);
  void clear_tail();
  [[nodiscard]] Position before_tail() const {
    return tail_end_ - static_cast<Position>(tail_.size());
  }
  [[nodiscard]] bool has_too_much() const;
  [[nodiscard]] UtcTime next_time() const;
  [[nodiscard]] UtcTime stored_time(Position position) const;

  TopicState state_;
  Store& store_;
  const Clock& clock_;
  MessageSource* source_;
  /// Of a view it may end before the head: what comes behind was not read by anybody yet.
  std::deque<MessagePtr> tail_;
  Position tail_end_;  ///< of its last message
  /// Where advance() went, and when the first event of each step was accepted.
  struct Advanced {
    Position after = 0;
    Position to = 0;
    UtcTime first_accepted;
  };
  std::deque<Advanced> advances_;
  std::size_t tail_bytes_ = 0;
  std::size_t& tails_bytes_;
  Position first_;
  UtcTime last_time_{};  ///< of the last stored message
  std::vector<Subscription*> subscribers_;
};

}  // namespace orderly::broker
