#include "broker/embedded/subscription_rows.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

namespace orderly::broker {
namespace {

/// Column `delivery`.
enum class Delivered : std::int64_t { kInProcess = 0, kPush = 1, kPull = 2 };

/// The columns behind topic, name, order and next; they live as long as `config`.
struct Columns {
  explicit Columns(const SubscriptionConfig& config) {
    if (const auto* push = std::get_if<Push>(&config.delivery)) {
      delivery = Delivered::kPush;
      push_url = push->url;
      unwrapped = push->unwrapped ? 1 : 0;
      metadata = push->write_metadata ? 1 : 0;
    } else if (std::holds_alternative<Pull>(config.delivery)) {
      delivery = Delivered::kPull;
    }
    if (config.dead_letter) {
      dead_letter_topic = config.dead_letter->topic;
      max_attempts = config.dead_letter->max_delivery_attempts;
    }
  }

  Delivered delivery = Delivered::kInProcess;
  std::optional<std::string_view> push_url;
  int unwrapped = 0;
  int metadata = 0;
  std::optional<std::string_view> dead_letter_topic;
  int max_attempts = kMinDeliveryAttempts;
};

std::variant<InProcess, Push, Pull> read_delivery(const sqlite::Statement::Use& row, int column) {
  switch (static_cast<Delivered>(row.int64(column))) {
    case Delivered::kInProcess:
      return InProcess{};
    case Delivered::kPush:
      return Push{.url = std::string(row.text(column + 1)),
                  .unwrapped = row.int64(column + 2) != 0,
                  .write_metadata = row.int64(column + 3) != 0};
    case Delivered::kPull:
      return Pull{};
  }
  throw Unavailable("a stored subscription is damaged");
}

}  // namespace

SubscriptionRows::SubscriptionRows(sqlite::Connection& connection)
    : connection_(connection),
      select_(connection.prepare(
          "SELECT id, topic_id, name, is_ordered, next, is_detached, ack_deadline_ms, "
          "minimum_backoff_ms, maximum_backoff_ms, delivery, push_url, push_unwrapped, "
          "push_metadata, filter, dead_letter_topic, max_delivery_attempts, retention_s, "
          "retain_acknowledged, waits_behind FROM subscription")),
      insert_(connection.prepare(
          "INSERT INTO subscription (topic_id, name, is_ordered, next, filter, ack_deadline_ms, "
          "minimum_backoff_ms, maximum_backoff_ms, delivery, push_url, push_unwrapped, "
          "push_metadata, dead_letter_topic, max_delivery_attempts, retention_s, "
          "retain_acknowledged, waits_behind) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)")),
      update_(connection.prepare(
          "UPDATE subscription SET ack_deadline_ms = ?2, minimum_backoff_ms = ?3, "
          "maximum_backoff_ms = ?4, delivery = ?5, push_url = ?6, push_unwrapped = ?7, "
          "push_metadata = ?8, dead_letter_topic = ?9, max_delivery_attempts = ?10, "
          "retention_s = ?11, retain_acknowledged = ?12, waits_behind = ?13 WHERE id = ?1")) {}

std::vector<SubscriptionState> SubscriptionRows::read_all() {
  std::vector<SubscriptionState> subscriptions;
  for (auto row = select_.use(); row.step();) {
    SubscriptionState state;
    state.id = row.int64(0);
    state.topic_id = row.int64(1);
    state.progress.next = row.int64(4);
    state.detached = row.int64(5) != 0;
    auto& config = state.config;
    config.name = std::string(row.text(2));
    config.ordered = row.int64(3) != 0;
    config.ack_deadline = std::chrono::milliseconds(row.int64(6));
    config.retry = {std::chrono::milliseconds(row.int64(7)),
                    std::chrono::milliseconds(row.int64(8))};
    config.delivery = read_delivery(row, 9);
    config.filter = std::string(row.text(13));
    if (!row.is_null(14)) {
      config.dead_letter =
          DeadLetterPolicy{std::string(row.text(14)), static_cast<int>(row.int64(15))};
    }
    config.retention = std::chrono::seconds(row.int64(16));
    config.retain_acknowledged = row.int64(17) != 0;
    config.waits_behind_dead_letters = row.int64(18) != 0;
    subscriptions.push_back(std::move(state));
  }
  return subscriptions;
}

std::int64_t SubscriptionRows::insert(const SubscriptionState& subscription) {
  const auto& config = subscription.config;
  const Columns columns(config);
  insert_.run(subscription.topic_id, config.name, config.ordered ? 1 : 0,
              subscription.progress.next, config.filter, config.ack_deadline.count(),
              config.retry.minimum.count(), config.retry.maximum.count(),
              static_cast<std::int64_t>(columns.delivery), columns.push_url, columns.unwrapped,
              columns.metadata, columns.dead_letter_topic, columns.max_attempts,
              config.retention.count(), config.retain_acknowledged ? 1 : 0,
              config.waits_behind_dead_letters ? 1 : 0);
  return connection_.last_insert_rowid();
}

void SubscriptionRows::update(std::int64_t id, const SubscriptionConfig& config) {
  const Columns columns(config);
  update_.run(id, config.ack_deadline.count(), config.retry.minimum.count(),
              config.retry.maximum.count(), static_cast<std::int64_t>(columns.delivery),
              columns.push_url, columns.unwrapped, columns.metadata, columns.dead_letter_topic,
              columns.max_attempts, config.retention.count(), config.retain_acknowledged ? 1 : 0,
              config.waits_behind_dead_letters ? 1 : 0);
}

}  // namespace orderly::broker
