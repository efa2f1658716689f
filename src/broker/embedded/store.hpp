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
#include "broker/dead_letters.hpp"
#include "broker/embedded/ledger.hpp"
#include "broker/embedded/subscription_rows.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/feed_marks.hpp"
#include "sqlite/migrations.hpp"

namespace orderly::broker {

/// A topic as broker.db has it.
struct TopicState {
  std::int64_t id = 0;
  std::string name;
  bool is_view = false;  ///< its messages are read from a source, none is stored
  bool deleted = false;  ///< kept for the detached subscriptions that name it
  Position head = 0;     ///< of its last message
  Cursor published;      ///< the last message of a feed
};

inline constexpr std::int64_t kMaxDropped = 10'000;  ///< rows deleted by one transaction
inline constexpr std::size_t kMaxReadBytes = 4UL * 1024 * 1024;  ///< of one read(), or one message

/// broker.db. Progress is a hint, so its commits need no sync; what a caller is promised (messages
/// that are stored nowhere else, topics, subscriptions) is synced when a call returns. The broker's
/// thread. All throw Unavailable; what throws had no effect.
class Store {
 public:
  /// `clock` turns the times of retries into wall-clock time and back.
  Store(sqlite::OpenOptions options, const Uuid& fresh_epoch, const Clock& clock);

  std::vector<TopicState> topics();
  std::vector<SubscriptionState> subscriptions();

  /// Answers the new topic's id.
  std::int64_t create_topic(const std::string& name, bool is_view);
  /// Frees its name and detaches its subscriptions; purge() takes its messages.
  void delete_topic(std::int64_t id);
  /// Inserts the subscription (id 0), or replaces the settings of the one with this id; and saves
  /// `topic` with it, so that a subscription never begins beyond its topic's head. Answers the id.
  std::int64_t put_subscription(const SubscriptionState& subscription, const TopicState& topic);
  void delete_subscription(std::int64_t id);
  /// Everything below `next` is acknowledged from now on and nothing above. Saves `topic` with it.
  void seek(std::int64_t subscription_id, Position next, const TopicState& topic);
  /// It has nothing and gets nothing any more.
  void detach(std::int64_t subscription_id);

  struct SavedProgress {
    std::int64_t subscription_id = 0;
    Ledger::Progress progress;
  };
  /// Stored messages that nobody needs any more: those from `first` to before `end`, at most
  /// kMaxDropped.
  struct Dropped {
    std::int64_t topic_id = 0;
    Position first = 1;
    Position end = 1;
  };
  /// Saves and drops all of it in one transaction.
  void save(std::span<const TopicState> topics, std::span<const SavedProgress> subscriptions,
            std::span<const Dropped> dropped);

  /// Stores `messages` from position `topic.head - messages.size() + 1` on, with the new state of
  /// their topic.
  void append(const TopicState& topic, std::span<const MessagePtr> messages);
  /// A dead letter as it is kept.
  struct Buried {
    Position position = 0;
    std::int64_t attempts = 0;
    std::string error;
    MessagePtr message;  ///< null: it was kept before and is one again
  };
  /// What is new in the topic of dead letters; `topic` null: nothing.
  struct Forwarded {
    const TopicState* topic = nullptr;
    std::span<const MessagePtr> messages;
  };
  /// Keeps and forwards dead letters, with the progress of their subscription and its topic.
  void bury(const Forwarded& forwarded, const SavedProgress& source, const TopicState& source_topic,
            std::span<const Buried> letters);

  /// How many letters are kept of a subscription. From memory.
  [[nodiscard]] std::size_t letter_count(std::int64_t subscription_id) const;
  /// Without `state`.
  std::vector<KeptLetter> letters(std::int64_t subscription_id, const KeptLetterQuery& query);
  std::optional<KeptLetterDetail> letter(std::int64_t subscription_id, Position position);
  /// Forgets these letters, and the rows of those that are held.
  void drop_letters(std::int64_t subscription_id, std::span<const Position> positions);
  /// The oldest stored message, if there is one.
  std::optional<Position> first(std::int64_t topic_id);
  /// Of a stored message.
  std::optional<UtcTime> publish_time(std::int64_t topic_id, Position position);
  /// At most `limit` stored messages after a position, in order, together within kMaxReadBytes.
  std::vector<events::Message> read(std::int64_t topic_id, Position after, std::size_t limit);

  /// A range of events that were published and are not in their feed any more.
  struct TakenBack {
    std::int64_t number = 0;
    std::string topic;
    Uuid epoch;
    Position after = 0;
    Position upto = 0;
    UtcTime taken_at{};
  };
  /// Saves a topic as it goes on from a fork, with its subscriptions, and notes what was beyond.
  void take_back(const TopicState& topic, std::span<const SavedProgress> subscriptions,
                 const TakenBack& what);
  /// The newest first, at most `limit`.
  std::vector<TakenBack> taken_back(std::size_t limit);
  /// Places of its feed that were published to a topic, ascending.
  std::vector<Cursor> places(std::int64_t topic_id) { return marks_.of(topic_id); }

  /// Takes away what deleted topics and detached subscriptions left, at most kMaxDropped rows of
  /// each; false once there is nothing left.
  bool purge();

 private:
  /// The held messages of a subscription that have a row, with what may change of it.
  struct StoredRow {
    std::int64_t rejections = 0;
    LetterMark mark = LetterMark::kNone;
    bool operator==(const StoredRow&) const = default;
  };
  using StoredHeld = std::map<Position, StoredRow>;

  void save_topic(const TopicState& topic);
  /// A redriven letter that is held no more was acknowledged, unless it is among `buried`.
  void save_progress(const SavedProgress& saved, StoredHeld& stored,
                     std::span<const Buried> buried = {});
  void keep_letter(std::int64_t subscription_id, const Buried& letter);
  void remove_letter(std::int64_t subscription_id, Position position);
  void count_letters(std::int64_t subscription_id);
  void mark(const TopicState& topic);
  void put_held(std::int64_t subscription_id, const Unacknowledged& held);
  void insert(const TopicState& topic, std::span<const MessagePtr> messages);
  void load_held(SubscriptionState& state);

  const Clock& clock_;
  sqlite::Connection connection_;
  std::unordered_map<std::int64_t, StoredHeld> held_;            ///< by subscription, as committed
  std::unordered_map<std::int64_t, std::size_t> letter_counts_;  ///< by subscription, as committed
  SubscriptionRows subscriptions_;
  sqlite::Statement insert_topic_, update_topic_, update_next_;
  sqlite::Statement select_held_, upsert_held_, delete_held_, delete_all_held_;
  sqlite::Statement insert_message_, select_messages_, select_first_, select_time_;
  sqlite::Statement drop_messages_;
  sqlite::Statement insert_letter_, update_letter_, delete_letter_, delete_letters_from_;
  sqlite::Statement insert_error_, prune_errors_, delete_errors_, delete_errors_from_;
  sqlite::Statement count_letters_, select_letters_, select_letter_, select_errors_;
  sqlite::FeedMarks marks_;
  std::unordered_map<std::int64_t, Position> marked_;  ///< the newest place of each topic
};

}  // namespace orderly::broker
