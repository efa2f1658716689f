#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "broker/broker.hpp"
#include "broker/embedded/ledger.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/migrations.hpp"

namespace orderly::broker {

/// A topic as broker.db has it.
struct TopicState {
  std::int64_t id = 0;
  std::string name;
  bool is_view = false;  ///< its messages are read from a source, none is stored
  Position head = 0;     ///< of its last message
  Cursor published;      ///< the last message of a feed
};

/// A subscription as broker.db has it.
struct SubscriptionState {
  std::int64_t id = 0;
  std::int64_t topic_id = 0;
  SubscriptionConfig config;  ///< but for `topic`, which topic_id names
  Ledger::Progress progress;
};

/// broker.db. Progress is a hint, so its commits need no sync; messages that are stored nowhere
/// else are synced before append() returns. The broker's thread. All throw Unavailable; what throws
/// had no effect.
class Store {
 public:
  /// `clock` turns the times of retries into wall-clock time and back.
  Store(sqlite::OpenOptions options, const Uuid& fresh_epoch, const Clock& clock);

  std::vector<TopicState> topics();
  std::vector<SubscriptionState> subscriptions();

  /// Answers the new topic's id.
  std::int64_t create_topic(const std::string& name, bool is_view);
  /// Inserts the subscription (id 0), or replaces the settings of the one with this id; and saves
  /// `topic` with it, so that a subscription never begins beyond its topic's head. Answers the id.
  std::int64_t put_subscription(const SubscriptionState& subscription, const TopicState& topic);

  struct SavedProgress {
    std::int64_t subscription_id = 0;
    Ledger::Progress progress;
  };
  /// Saves all of it in one transaction, and drops stored messages that every subscription of their
  /// topic has acknowledged.
  void save(std::span<const TopicState> topics, std::span<const SavedProgress> subscriptions);

  /// Stores `messages` from position `topic.head - messages.size() + 1` on, with the new state of
  /// their topic; on the disk when it returns.
  void append(const TopicState& topic, std::span<const MessagePtr> messages);
  /// The oldest stored message, if there is one.
  std::optional<Position> first(std::int64_t topic_id);
  /// At most `limit` stored messages after a position, in order.
  std::vector<events::Message> read(std::int64_t topic_id, Position after, std::size_t limit);

 private:
  /// The held messages of a subscription that have a row, with their rejections.
  using StoredHeld = std::map<Position, std::int64_t>;

  void save_topic(const TopicState& topic);
  void save_progress(const SavedProgress& saved, StoredHeld& stored);
  void put_held(std::int64_t subscription_id, const Unacknowledged& held);
  Ledger::Progress load_progress(std::int64_t subscription_id, Position next);

  const Clock& clock_;
  sqlite::Connection connection_;
  std::unordered_map<std::int64_t, StoredHeld> held_;  ///< by subscription, as committed
  sqlite::Statement insert_topic_, update_topic_;
  sqlite::Statement insert_subscription_, update_subscription_, update_next_;
  sqlite::Statement select_held_, upsert_held_, delete_held_;
  sqlite::Statement insert_message_, select_messages_, select_first_, drop_acknowledged_;
};

}  // namespace orderly::broker
