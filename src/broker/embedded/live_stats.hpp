#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "broker/broker.hpp"
#include "telemetry/metrics.hpp"

namespace orderly::broker {

/// How a subscription stands: written on the broker's loop, read by any thread and as metrics.
class LiveStats {
 public:
  LiveStats(std::string subscription, std::string topic, const Clock& clock,
            telemetry::Metrics& metrics);
  LiveStats(const LiveStats&) = delete;
  LiveStats& operator=(const LiveStats&) = delete;

  [[nodiscard]] SubscriptionStats read() const;

  /// Takes the metrics away, for a subscription that is no more.
  void retire() { metrics_.clear(); }

  telemetry::Counter delivered;
  telemetry::Counter redelivered;
  telemetry::Counter acknowledged;
  telemetry::Counter rejected;
  telemetry::Counter dead_lettered;
  telemetry::Counter expired;

  std::atomic<std::int64_t> backlog{0};
  std::atomic<std::int64_t> oldest_micros{kUnknown};  ///< publish time, or kUnknown
  std::atomic<std::int64_t> in_flight{0};
  std::atomic<std::int64_t> waiting_for_retry{0};
  std::atomic<std::int64_t> window{0};
  std::atomic<bool> has_policy{false};  ///< for dead letters
  std::atomic<std::int64_t> dead_letters{0};
  std::atomic<std::int64_t> keys_waiting{0};
  std::atomic<std::int64_t> messages_waiting{0};
  std::atomic<bool> source_conflict{false};

  static constexpr std::int64_t kUnknown = -1;

 private:
  /// NaN where it is not known; 0 where nothing waits.
  [[nodiscard]] double oldest_age_seconds(const Clock& clock) const;

  std::string subscription_;
  std::string topic_;
  std::vector<telemetry::Metrics::Registration> metrics_;
};

}  // namespace orderly::broker
