#include "broker/embedded/store.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "broker/embedded/attributes_codec.hpp"
#include "broker/embedded/columns.hpp"
#include "broker/embedded/schema.hpp"
#include "broker/embedded/synced_commits.hpp"
#include "sqlite/transaction.hpp"

namespace orderly::broker {
namespace {

sqlite::Connection open(sqlite::OpenOptions options, const Uuid& fresh_epoch) {
  options.synchronous = sqlite::Synchronous::kNormal;
  sqlite::Connection connection(options);
  sqlite::migrate(connection, kSchema, fresh_epoch);
  return connection;
}

}  // namespace

Store::Store(sqlite::OpenOptions options, const Uuid& fresh_epoch, const Clock& clock)
    : clock_(clock),
      connection_(open(std::move(options), fresh_epoch)),
      subscriptions_(connection_),
      insert_topic_(connection_.prepare(
          "INSERT INTO topic (name, is_view, head, feed_epoch, feed_position, feed_event_id) "
          "VALUES (?1, ?2, 0, ?3, 0, ?3)")),
      update_topic_(connection_.prepare(
          "UPDATE topic SET head = ?2, feed_epoch = ?3, feed_position = ?4, feed_event_id = ?5 "
          "WHERE id = ?1")),
      update_next_(connection_.prepare("UPDATE subscription SET next = ?2 WHERE id = ?1")),
      select_held_(connection_.prepare(
          "SELECT position, ordering_key, publish_time, rejections, retry_at, error, mark "
          "FROM unacknowledged WHERE subscription_id = ?1 ORDER BY position")),
      upsert_held_(connection_.prepare(
          "INSERT OR REPLACE INTO unacknowledged (subscription_id, position, ordering_key, "
          "publish_time, rejections, retry_at, error, mark) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")),
      delete_held_(connection_.prepare(
          "DELETE FROM unacknowledged WHERE subscription_id = ?1 AND position = ?2")),
      delete_all_held_(
          connection_.prepare("DELETE FROM unacknowledged WHERE subscription_id = ?1")),
      insert_message_(connection_.prepare(
          "INSERT INTO message (topic_id, position, publish_time, ordering_key, attributes, data) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6)")),
      select_messages_(connection_.prepare(
          "SELECT position, publish_time, ordering_key, attributes, data FROM message "
          "WHERE topic_id = ?1 AND position > ?2 ORDER BY position LIMIT ?3")),
      select_first_(connection_.prepare("SELECT min(position) FROM message WHERE topic_id = ?1")),
      select_time_(connection_.prepare(
          "SELECT publish_time FROM message WHERE topic_id = ?1 AND position = ?2")),
      drop_messages_(connection_.prepare(
          "DELETE FROM message WHERE topic_id = ?1 AND position >= ?2 AND position < ?3")),
      insert_letter_(connection_.prepare(
          "INSERT OR REPLACE INTO dead_letter (subscription_id, position, kept_at, attempts, "
          "attempted_at, error, publish_time, ordering_key, attributes, data) "
          "VALUES (?1, ?2, ?3, ?4, ?3, ?5, ?6, ?7, ?8, ?9)")),
      update_letter_(
          connection_.prepare("UPDATE dead_letter SET attempts = ?3, attempted_at = ?4, error = ?5 "
                              "WHERE subscription_id = ?1 AND position = ?2")),
      delete_letter_(connection_.prepare(
          "DELETE FROM dead_letter WHERE subscription_id = ?1 AND position = ?2")),
      delete_letters_from_(connection_.prepare(
          "DELETE FROM dead_letter WHERE subscription_id = ?1 AND position >= ?2")),
      insert_error_(connection_.prepare("INSERT OR REPLACE INTO dead_letter_error "
                                        "(subscription_id, position, attempt, at, error) "
                                        "VALUES (?1, ?2, ?3, ?4, ?5)")),
      prune_errors_(connection_.prepare(
          "DELETE FROM dead_letter_error WHERE subscription_id = ?1 AND position = ?2 "
          "AND attempt < (SELECT attempt FROM dead_letter_error WHERE subscription_id = ?1 "
          "AND position = ?2 ORDER BY attempt DESC LIMIT 1 OFFSET ?3)")),
      delete_errors_(connection_.prepare(
          "DELETE FROM dead_letter_error WHERE subscription_id = ?1 AND position = ?2")),
      delete_errors_from_(connection_.prepare(
          "DELETE FROM dead_letter_error WHERE subscription_id = ?1 AND position >= ?2")),
      count_letters_(
          connection_.prepare("SELECT count(*) FROM dead_letter WHERE subscription_id = ?1")),
      select_letters_(connection_.prepare(
          "SELECT position, kept_at, attempts, attempted_at, error, ordering_key FROM dead_letter "
          "WHERE subscription_id = ?1 AND position > ?2 AND position <= ?3 "
          "AND (?4 = '' OR ordering_key = ?4) AND kept_at >= ?5 AND kept_at < ?6 "
          "ORDER BY position LIMIT ?7")),
      select_letter_(connection_.prepare(
          "SELECT position, kept_at, attempts, attempted_at, error, ordering_key, publish_time, "
          "attributes, data FROM dead_letter WHERE subscription_id = ?1 AND position = ?2")),
      select_errors_(connection_.prepare(
          "SELECT attempt, at, error FROM dead_letter_error WHERE subscription_id = ?1 "
          "AND position = ?2 ORDER BY attempt")),
      marks_(connection_) {}

std::vector<TopicState> Store::topics() {
  auto select = connection_.prepare(
      "SELECT id, ifnull(deleted_name, name), is_view, head, feed_epoch, feed_position, "
      "feed_event_id, deleted_name IS NOT NULL FROM topic");
  std::vector<TopicState> topics;
  for (auto row = select.use(); row.step();) {
    topics.push_back({.id = row.int64(0),
                      .name = std::string(row.text(1)),
                      .is_view = row.int64(2) != 0,
                      .deleted = row.int64(7) != 0,
                      .head = row.int64(3),
                      .published = {row.uuid(4), row.int64(5), row.uuid(6)}});
  }
  return topics;
}

std::vector<SubscriptionState> Store::subscriptions() {
  auto subscriptions = subscriptions_.read_all();
  for (auto& state : subscriptions) {
    if (!state.detached) load_held(state);
    count_letters(state.id);
  }
  return subscriptions;
}

void Store::load_held(SubscriptionState& state) {
  auto& stored = held_[state.id];
  const SteadyTime now = clock_.steady_now();
  const SteadyTime latest_retry = now + state.config.retry.maximum;
  for (auto row = select_held_.use(state.id); row.step();) {
    const SteadyTime retry_at = now + (time_of(row.int64(4)) - clock_.utc_now());
    state.progress.held.push_back({.position = row.int64(0),
                                   .ordering_key = std::string(row.text(1)),
                                   .publish_time = time_of(row.int64(2)),
                                   .rejections = row.int64(3),
                                   .retry_at = std::min(retry_at, latest_retry),
                                   .error = std::string(row.text(5)),
                                   .mark = static_cast<LetterMark>(row.int64(6))});
    const auto& held = state.progress.held.back();
    stored.emplace(held.position, StoredRow{held.rejections, held.mark});
  }
}

std::int64_t Store::create_topic(const std::string& name, bool is_view) {
  const SyncedCommits synced(connection_);
  const Uuid nil;
  insert_topic_.run(name, is_view ? 1 : 0, nil);
  return connection_.last_insert_rowid();
}

void Store::delete_topic(std::int64_t id) {
  const SyncedCommits synced(connection_);
  // No topic's name has a '#', so this one is in nobody's way.
  auto rename = connection_.prepare(
      "UPDATE topic SET deleted_name = name, name = 'deleted#' || id WHERE id = ?1");
  auto detach_all =
      connection_.prepare("UPDATE subscription SET is_detached = 1 WHERE topic_id = ?1");
  sqlite::WriteTransaction transaction(connection_);
  rename.run(id);
  detach_all.run(id);
  transaction.commit();
}

std::int64_t Store::put_subscription(const SubscriptionState& subscription,
                                     const TopicState& topic) {
  const SyncedCommits synced(connection_);
  std::int64_t id = subscription.id;
  sqlite::WriteTransaction transaction(connection_);
  save_topic(topic);
  if (id == 0) {
    id = subscriptions_.insert(subscription);
  } else {
    subscriptions_.update(id, subscription.config);
  }
  transaction.commit();
  return id;
}

void Store::delete_subscription(std::int64_t id) {
  const SyncedCommits synced(connection_);
  auto remove = connection_.prepare("DELETE FROM subscription WHERE id = ?1");
  sqlite::WriteTransaction transaction(connection_);
  delete_all_held_.run(id);
  delete_letters_from_.run(id, 0);
  delete_errors_from_.run(id, 0);
  remove.run(id);
  transaction.commit();
  held_.erase(id);
  letter_counts_.erase(id);
}

void Store::seek(std::int64_t subscription_id, Position next, const TopicState& topic) {
  const SyncedCommits synced(connection_);
  sqlite::WriteTransaction transaction(connection_);
  delete_all_held_.run(subscription_id);
  // What comes again is no dead letter.
  delete_letters_from_.run(subscription_id, next);
  delete_errors_from_.run(subscription_id, next);
  update_next_.run(subscription_id, next);
  save_topic(topic);
  transaction.commit();
  held_.erase(subscription_id);
  count_letters(subscription_id);
}

void Store::detach(std::int64_t subscription_id) {
  const SyncedCommits synced(connection_);
  auto detach = connection_.prepare("UPDATE subscription SET is_detached = 1 WHERE id = ?1");
  sqlite::WriteTransaction transaction(connection_);
  delete_all_held_.run(subscription_id);
  delete_letters_from_.run(subscription_id, 0);
  delete_errors_from_.run(subscription_id, 0);
  detach.run(subscription_id);
  transaction.commit();
  held_.erase(subscription_id);
  letter_counts_.erase(subscription_id);
}

void Store::take_back(const TopicState& topic, std::span<const SavedProgress> subscriptions,
                      const TakenBack& what) {
  const SyncedCommits synced(connection_);
  auto note = connection_.prepare(
      "INSERT INTO taken_back (topic, epoch, after, upto, taken_at) VALUES (?1, ?2, ?3, ?4, ?5)");
  std::vector<StoredHeld> stored;
  sqlite::WriteTransaction transaction(connection_);
  marks_.cut(topic.id, topic.published.position);
  marked_.erase(topic.id);
  save_topic(topic);
  for (const auto& saved : subscriptions) {
    save_progress(saved, stored.emplace_back(held_[saved.subscription_id]));
    // Another event will stand at the number of such a letter.
    delete_letters_from_.run(saved.subscription_id, topic.head + 1);
    delete_errors_from_.run(saved.subscription_id, topic.head + 1);
  }
  if (what.upto > what.after) {
    note.run(what.topic, what.epoch, what.after, what.upto, micros(what.taken_at));
  }
  transaction.commit();
  for (std::size_t i = 0; i < subscriptions.size(); ++i) {
    held_[subscriptions[i].subscription_id] = std::move(stored[i]);
    count_letters(subscriptions[i].subscription_id);
  }
}

/// A transaction that fails may leave one out; the places only have to be dense enough.
void Store::mark(const TopicState& topic) {
  const auto marked = marked_.find(topic.id);
  Position newest = 0;
  if (marked != marked_.end()) {
    newest = marked->second;
  } else if (const auto places = marks_.of(topic.id); !places.empty()) {
    newest = places.back().position;
  }
  if (topic.published.position > newest) marks_.add(topic.id, topic.published);
  marked_[topic.id] = std::max(newest, topic.published.position);
}

std::vector<Store::TakenBack> Store::taken_back(std::size_t limit) {
  auto select = connection_.prepare(
      "SELECT number, topic, epoch, after, upto, taken_at FROM taken_back "
      "ORDER BY number DESC LIMIT ?1");
  std::vector<TakenBack> all;
  for (auto row = select.use(static_cast<std::int64_t>(limit)); row.step();) {
    all.push_back({.number = row.int64(0),
                   .topic = std::string(row.text(1)),
                   .epoch = row.uuid(2),
                   .after = row.int64(3),
                   .upto = row.int64(4),
                   .taken_at = time_of(row.int64(5))});
  }
  return all;
}

void Store::save_topic(const TopicState& topic) {
  mark(topic);
  update_topic_.run(topic.id, topic.head, topic.published.epoch, topic.published.position,
                    topic.published.event_id);
}

void Store::save(std::span<const TopicState> topics, std::span<const SavedProgress> subscriptions,
                 std::span<const Dropped> dropped) {
  std::vector<StoredHeld> stored;
  stored.reserve(subscriptions.size());
  sqlite::WriteTransaction transaction(connection_);
  for (const auto& topic : topics) {
    save_topic(topic);
  }
  for (const auto& saved : subscriptions) {
    save_progress(saved, stored.emplace_back(held_[saved.subscription_id]));
  }
  for (const auto& range : dropped) {
    ORDERLY_CHECK(range.end - range.first <= kMaxDropped, "a transaction drops a bounded number");
    drop_messages_.run(range.topic_id, range.first, range.end);
  }
  transaction.commit();
  for (std::size_t i = 0; i < subscriptions.size(); ++i) {
    const std::int64_t id = subscriptions[i].subscription_id;
    held_[id] = std::move(stored[i]);
    if (letter_count(id) > 0) count_letters(id);
  }
}

void Store::save_progress(const SavedProgress& saved, StoredHeld& stored,
                          std::span<const Buried> buried) {
  const std::int64_t id = saved.subscription_id;
  update_next_.run(id, saved.progress.next);
  StoredHeld now;
  for (const auto& held : saved.progress.held) {
    const StoredRow row{held.rejections, held.mark};
    now.emplace_hint(now.end(), held.position, row);
    const auto before = stored.find(held.position);
    if (before == stored.end() || before->second != row) put_held(id, held);
  }
  for (const auto& [position, row] : stored) {
    if (now.contains(position)) continue;
    delete_held_.run(id, position);
    const bool is_buried = std::ranges::find(buried, position, &Buried::position) != buried.end();
    if (row.mark == LetterMark::kRedriven && !is_buried) remove_letter(id, position);
  }
  stored = std::move(now);
}

void Store::put_held(std::int64_t subscription_id, const Unacknowledged& held) {
  const auto retry_at = clock_.utc_now() + std::chrono::floor<std::chrono::microseconds>(
                                               held.retry_at - clock_.steady_now());
  upsert_held_.run(subscription_id, held.position, held.ordering_key, micros(held.publish_time),
                   held.rejections, held.rejections > 0 ? micros(retry_at) : 0, held.error,
                   static_cast<int>(held.mark));
}

void Store::append(const TopicState& topic, std::span<const MessagePtr> messages) {
  const SyncedCommits synced(connection_);
  sqlite::WriteTransaction transaction(connection_);
  insert(topic, messages);
  transaction.commit();
}

void Store::insert(const TopicState& topic, std::span<const MessagePtr> messages) {
  Position position = topic.head - static_cast<Position>(messages.size());
  for (const auto& message : messages) {
    const std::string attributes = encode_attributes(message->attributes);
    insert_message_.run(topic.id, ++position, micros(message->publish_time), message->ordering_key,
                        attributes, as_blob(message->data));
  }
  save_topic(topic);
}

std::optional<Position> Store::first(std::int64_t topic_id) {
  auto row = select_first_.use(topic_id);
  if (!row.step() || row.is_null(0)) return std::nullopt;
  return row.int64(0);
}

std::optional<UtcTime> Store::publish_time(std::int64_t topic_id, Position position) {
  auto row = select_time_.use(topic_id, position);
  if (!row.step()) return std::nullopt;
  return time_of(row.int64(0));
}

std::vector<events::Message> Store::read(std::int64_t topic_id, Position after, std::size_t limit) {
  std::vector<events::Message> messages;
  std::size_t bytes = 0;
  auto row = select_messages_.use(topic_id, after, static_cast<std::int64_t>(limit));
  while (row.step()) {
    bytes += row.blob(4).size();
    if (bytes > kMaxReadBytes && !messages.empty()) break;
    auto attributes = decode_attributes(row.text(3));
    if (!attributes) throw Unavailable("a stored message is damaged");
    messages.push_back({.message_id = std::to_string(row.int64(0)),
                        .data = std::string(as_text(row.blob(4))),
                        .attributes = std::move(*attributes),
                        .ordering_key = std::string(row.text(2)),
                        .publish_time = time_of(row.int64(1))});
  }
  return messages;
}

bool Store::purge() {
  std::int64_t removed = 0;
  auto deleted_topics = connection_.prepare("SELECT id FROM topic WHERE deleted_name IS NOT NULL");
  auto left_held = connection_.prepare(
      "DELETE FROM unacknowledged WHERE (subscription_id, position) IN (SELECT u.subscription_id, "
      "u.position FROM subscription s JOIN unacknowledged u ON u.subscription_id = s.id "
      "WHERE s.is_detached = 1 LIMIT ?1)");
  auto left_letters = connection_.prepare(
      "DELETE FROM dead_letter WHERE subscription_id IN "
      "(SELECT id FROM subscription WHERE is_detached = 1)");
  auto left_errors = connection_.prepare(
      "DELETE FROM dead_letter_error WHERE subscription_id IN "
      "(SELECT id FROM subscription WHERE is_detached = 1)");
  auto left_topics = connection_.prepare(
      "DELETE FROM topic WHERE deleted_name IS NOT NULL "
      "AND NOT EXISTS (SELECT 1 FROM message m WHERE m.topic_id = topic.id) "
      "AND NOT EXISTS (SELECT 1 FROM subscription s WHERE s.topic_id = topic.id)");
  sqlite::WriteTransaction transaction(connection_);
  for (auto row = deleted_topics.use(); row.step() && removed < kMaxDropped;) {
    const std::int64_t id = row.int64(0);
    const auto from = first(id);
    if (from) removed += drop_messages_.run(id, *from, *from + kMaxDropped - removed);
  }
  removed += left_held.run(kMaxDropped);
  for (auto* const left : {&left_letters, &left_errors})
    removed += left->run();
  left_topics.run();
  transaction.commit();
  return removed > 0;
}

}  // namespace orderly::broker
