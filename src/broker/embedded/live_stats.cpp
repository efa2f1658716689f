#include "broker/embedded/live_stats.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace orderly::broker {

LiveStats::LiveStats(std::string subscription, std::string topic, const Clock& clock,
                     telemetry::Metrics& metrics)
    : subscription_(std::move(subscription)), topic_(std::move(topic)) {
  const telemetry::Labels labels{{"subscription", subscription_}};
  // Callbacks, so that they go with the subscription.
  const auto counter = [&](const char* name, const char* help, const telemetry::Counter& value) {
    metrics_.push_back(metrics.counter_callback(
        name, help, labels, [&value] { return static_cast<double>(value.value()); }));
  };
  const auto gauge = [&](const char* name, const char* help, std::function<double()> value) {
    metrics_.push_back(metrics.gauge_callback(name, help, labels, std::move(value)));
  };
  counter("orderly_subscription_delivered_total", "Messages handed to a subscriber, again or not",
          delivered);
  counter("orderly_subscription_redelivered_total",
          "Messages handed to a subscriber that had them before", redelivered);
  counter("orderly_subscription_acknowledged_total", "Messages that a subscriber has acknowledged",
          acknowledged);
  counter("orderly_subscription_rejected_total",
          "Deliveries that a subscriber has rejected or not answered", rejected);
  counter("orderly_subscription_dead_lettered_total", "Messages that went to the dead letter topic",
          dead_lettered);
  counter("orderly_subscription_expired_total",
          "Messages that were dropped unacknowledged because their retention was over", expired);
  gauge("orderly_subscription_backlog", "Messages published and not yet acknowledged",
        [this] { return static_cast<double>(backlog.load()); });
  gauge("orderly_subscription_oldest_unacknowledged_seconds",
        "Age of the oldest message not yet acknowledged; 0 when there is none",
        [this, &clock] { return oldest_age_seconds(clock); });
  gauge("orderly_subscription_in_flight", "Messages handed over and not yet answered",
        [this] { return static_cast<double>(in_flight.load()); });
  gauge("orderly_subscription_dead_letters", "Dead letters kept, to be redriven or dropped",
        [this] { return static_cast<double>(dead_letters.load()); });
  gauge("orderly_subscription_keys_waiting", "Ordering keys that wait behind a dead letter",
        [this] { return static_cast<double>(keys_waiting.load()); });
  gauge("orderly_subscription_messages_waiting", "Messages of these keys, at most 10,000",
        [this] { return static_cast<double>(messages_waiting.load()); });
  gauge("orderly_subscription_source_conflict",
        "1 while the topic's source has another history than the topic (a restored store)",
        [this] { return source_conflict.load() ? 1.0 : 0.0; });
}

double LiveStats::oldest_age_seconds(const Clock& clock) const {
  if (backlog.load() == 0) return 0;
  const std::int64_t oldest = oldest_micros.load();
  if (oldest == kUnknown) return std::numeric_limits<double>::quiet_NaN();
  const std::int64_t now = clock.utc_now().time_since_epoch().count();
  return static_cast<double>(std::max<std::int64_t>(now - oldest, 0)) * 1e-6;
}

SubscriptionStats LiveStats::read() const {
  SubscriptionStats stats;
  stats.subscription = subscription_;
  stats.topic = topic_;
  stats.backlog = backlog.load();
  if (const std::int64_t oldest = oldest_micros.load(); oldest != kUnknown) {
    stats.oldest = UtcTime(std::chrono::microseconds(oldest));
  }
  stats.in_flight = in_flight.load();
  stats.waiting_for_retry = waiting_for_retry.load();
  stats.delivered = static_cast<std::int64_t>(delivered.value());
  stats.redelivered = static_cast<std::int64_t>(redelivered.value());
  stats.acknowledged = static_cast<std::int64_t>(acknowledged.value());
  stats.rejected = static_cast<std::int64_t>(rejected.value());
  stats.window = window.load();
  stats.source_conflict = source_conflict.load();
  stats.dead_letters = dead_letters.load();
  stats.keeps_dead_letters = has_policy.load() || stats.dead_letters > 0;
  stats.keys_waiting = keys_waiting.load();
  stats.messages_waiting = messages_waiting.load();
  return stats;
}

}  // namespace orderly::broker
