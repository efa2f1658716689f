#include "broker/embedded/store.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "broker/embedded/attributes_codec.hpp"
#include "broker/embedded/schema.hpp"
#include "sqlite/transaction.hpp"

namespace orderly::broker {
namespace {

sqlite::Connection open(sqlite::OpenOptions options, const Uuid& fresh_epoch) {
  options.synchronous = sqlite::Synchronous::kNormal;
  sqlite::Connection connection(options);
  sqlite::migrate(connection, kSchema, fresh_epoch);
  return connection;
}

std::int64_t micros(UtcTime time) { return time.time_since_epoch().count(); }
UtcTime time_of(std::int64_t micros) { return UtcTime(std::chrono::microseconds(micros)); }

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
std::span<const std::byte> as_blob(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::optional<std::string_view> push_url(const SubscriptionConfig& config) {
  const auto* push = std::get_if<Push>(&config.delivery);
  return push == nullptr ? std::nullopt : std::optional<std::string_view>(push->url);
}

/// While it lives, commits are synced. Made outside of transactions.
class SyncedCommits {
 public:
  explicit SyncedCommits(sqlite::Connection& connection) : connection_(connection) {
    connection_.exec("PRAGMA synchronous = FULL");
  }
  SyncedCommits(const SyncedCommits&) = delete;
  SyncedCommits& operator=(const SyncedCommits&) = delete;
  ~SyncedCommits() {
    try {
      connection_.exec("PRAGMA synchronous = NORMAL");
    } catch (const Unavailable&) {
      // Then later commits are synced too: slower, and as safe.
    }
  }

 private:
  sqlite::Connection& connection_;
};

}  // namespace

Store::Store(sqlite::OpenOptions options, const Uuid& fresh_epoch, const Clock& clock)
    : clock_(clock),
      connection_(open(std::move(options), fresh_epoch)),
      insert_topic_(connection_.prepare(
          "INSERT INTO topic (name, is_view, head, feed_epoch, feed_position, feed_event_id) "
          "VALUES (?1, ?2, 0, ?3, 0, ?3)")),
      update_topic_(connection_.prepare(
          "UPDATE topic SET head = ?2, feed_epoch = ?3, feed_position = ?4, feed_event_id = ?5 "
          "WHERE id = ?1")),
      insert_subscription_(connection_.prepare(
          "INSERT INTO subscription (topic_id, name, push_url, ack_deadline_ms, "
          "minimum_backoff_ms, maximum_backoff_ms, is_ordered, next) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)")),
      update_subscription_(connection_.prepare(
          "UPDATE subscription SET push_url = ?2, ack_deadline_ms = ?3, minimum_backoff_ms = ?4, "
          "maximum_backoff_ms = ?5 WHERE id = ?1")),
      update_next_(connection_.prepare("UPDATE subscription SET next = ?2 WHERE id = ?1")),
      select_held_(connection_.prepare(
          "SELECT position, ordering_key, publish_time, rejections, retry_at, error "
          "FROM unacknowledged WHERE subscription_id = ?1 ORDER BY position")),
      upsert_held_(connection_.prepare(
          "INSERT OR REPLACE INTO unacknowledged (subscription_id, position, ordering_key, "
          "publish_time, rejections, retry_at, error) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")),
      delete_held_(connection_.prepare(
          "DELETE FROM unacknowledged WHERE subscription_id = ?1 AND position = ?2")),
      insert_message_(connection_.prepare(
          "INSERT INTO message (topic_id, position, publish_time, ordering_key, attributes, data) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6)")),
      select_messages_(connection_.prepare(
          "SELECT position, publish_time, ordering_key, attributes, data FROM message "
          "WHERE topic_id = ?1 AND position > ?2 ORDER BY position LIMIT ?3")),
      select_first_(connection_.prepare("SELECT min(position) FROM message WHERE topic_id = ?1")),
      // A subscription has acknowledged what lies below both its `next` and the first it holds; of
      // a topic that nobody subscribes to nothing is kept.
      drop_acknowledged_(connection_.prepare(
          "DELETE FROM message WHERE topic_id = ?1 AND position < ifnull("
          "(SELECT min(min(s.next, ifnull((SELECT min(u.position) FROM unacknowledged u "
          "WHERE u.subscription_id = s.id), s.next))) FROM subscription s WHERE s.topic_id = ?1), "
          "?2 + 1)")) {}

std::vector<TopicState> Store::topics() {
  auto select = connection_.prepare(
      "SELECT id, name, is_view, head, feed_epoch, feed_position, feed_event_id FROM topic");
  std::vector<TopicState> topics;
  for (auto row = select.use(); row.step();) {
    topics.push_back({.id = row.int64(0),
                      .name = std::string(row.text(1)),
                      .is_view = row.int64(2) != 0,
                      .head = row.int64(3),
                      .published = {row.uuid(4), row.int64(5), row.uuid(6)}});
  }
  return topics;
}

std::vector<SubscriptionState> Store::subscriptions() {
  auto select = connection_.prepare(
      "SELECT id, topic_id, name, push_url, ack_deadline_ms, minimum_backoff_ms, "
      "maximum_backoff_ms, is_ordered, next FROM subscription");
  std::vector<SubscriptionState> subscriptions;
  for (auto row = select.use(); row.step();) {
    SubscriptionState state;
    state.id = row.int64(0);
    state.topic_id = row.int64(1);
    state.config.name = std::string(row.text(2));
    if (!row.is_null(3)) state.config.delivery = Push{std::string(row.text(3))};
    state.config.ack_deadline = std::chrono::milliseconds(row.int64(4));
    state.config.retry = {std::chrono::milliseconds(row.int64(5)),
                          std::chrono::milliseconds(row.int64(6))};
    state.config.ordered = row.int64(7) != 0;
    state.progress = load_progress(state.id, row.int64(8));
    for (auto& held : state.progress.held) {
      held.retry_at = std::min(held.retry_at, clock_.steady_now() + state.config.retry.maximum);
    }
    subscriptions.push_back(std::move(state));
  }
  return subscriptions;
}

Ledger::Progress Store::load_progress(std::int64_t subscription_id, Position next) {
  Ledger::Progress progress{.next = next, .held = {}};
  auto& stored = held_[subscription_id];
  for (auto row = select_held_.use(subscription_id); row.step();) {
    progress.held.push_back(
        {.position = row.int64(0),
         .ordering_key = std::string(row.text(1)),
         .publish_time = time_of(row.int64(2)),
         .rejections = row.int64(3),
         .retry_at = clock_.steady_now() + (time_of(row.int64(4)) - clock_.utc_now()),
         .error = std::string(row.text(5))});
    stored.emplace(row.int64(0), row.int64(3));
  }
  return progress;
}

std::int64_t Store::create_topic(const std::string& name, bool is_view) {
  const Uuid nil;
  insert_topic_.run(name, is_view ? 1 : 0, nil);
  return connection_.last_insert_rowid();
}

std::int64_t Store::put_subscription(const SubscriptionState& subscription,
                                     const TopicState& topic) {
  const auto& config = subscription.config;
  const auto url = push_url(config);
  std::int64_t id = subscription.id;
  sqlite::WriteTransaction transaction(connection_);
  save_topic(topic);
  if (id == 0) {
    insert_subscription_.run(subscription.topic_id, config.name, url, config.ack_deadline.count(),
                             config.retry.minimum.count(), config.retry.maximum.count(),
                             config.ordered ? 1 : 0, subscription.progress.next);
    id = connection_.last_insert_rowid();
  } else {
    update_subscription_.run(id, url, config.ack_deadline.count(), config.retry.minimum.count(),
                             config.retry.maximum.count());
  }
  transaction.commit();
  return id;
}

void Store::save_topic(const TopicState& topic) {
  update_topic_.run(topic.id, topic.head, topic.published.epoch, topic.published.position,
                    topic.published.event_id);
}

void Store::save(std::span<const TopicState> topics, std::span<const SavedProgress> subscriptions) {
  std::vector<StoredHeld> stored;
  stored.reserve(subscriptions.size());
  sqlite::WriteTransaction transaction(connection_);
  for (const auto& topic : topics) {
    save_topic(topic);
  }
  for (const auto& saved : subscriptions) {
    save_progress(saved, stored.emplace_back(held_[saved.subscription_id]));
  }
  for (const auto& topic : topics) {
    if (!topic.is_view) drop_acknowledged_.run(topic.id, topic.head);
  }
  transaction.commit();
  for (std::size_t i = 0; i < subscriptions.size(); ++i) {
    held_[subscriptions[i].subscription_id] = std::move(stored[i]);
  }
}

void Store::save_progress(const SavedProgress& saved, StoredHeld& stored) {
  const std::int64_t id = saved.subscription_id;
  update_next_.run(id, saved.progress.next);
  StoredHeld now;
  for (const auto& held : saved.progress.held) {
    now.emplace_hint(now.end(), held.position, held.rejections);
    const auto before = stored.find(held.position);
    if (before == stored.end() || before->second != held.rejections) put_held(id, held);
  }
  for (const auto& [position, rejections] : stored) {
    if (!now.contains(position)) delete_held_.run(id, position);
  }
  stored = std::move(now);
}

void Store::put_held(std::int64_t subscription_id, const Unacknowledged& held) {
  const auto retry_at = clock_.utc_now() + std::chrono::floor<std::chrono::microseconds>(
                                               held.retry_at - clock_.steady_now());
  upsert_held_.run(subscription_id, held.position, held.ordering_key, micros(held.publish_time),
                   held.rejections, held.rejections > 0 ? micros(retry_at) : 0, held.error);
}

void Store::append(const TopicState& topic, std::span<const MessagePtr> messages) {
  const SyncedCommits synced(connection_);
  sqlite::WriteTransaction transaction(connection_);
  Position position = topic.head - static_cast<Position>(messages.size());
  for (const auto& message : messages) {
    const std::string attributes = encode_attributes(message->attributes);
    insert_message_.run(topic.id, ++position, micros(message->publish_time), message->ordering_key,
                        attributes, as_blob(message->data));
  }
  save_topic(topic);
  transaction.commit();
}

std::optional<Position> Store::first(std::int64_t topic_id) {
  auto row = select_first_.use(topic_id);
  if (!row.step() || row.is_null(0)) return std::nullopt;
  return row.int64(0);
}

std::vector<events::Message> Store::read(std::int64_t topic_id, Position after, std::size_t limit) {
  std::vector<events::Message> messages;
  auto row = select_messages_.use(topic_id, after, static_cast<std::int64_t>(limit));
  while (row.step()) {
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

}  // namespace orderly::broker
