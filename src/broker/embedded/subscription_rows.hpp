#pragma once

#include <cstdint>
#include <vector>

#include "broker/broker.hpp"
#include "broker/embedded/ledger.hpp"
#include "sqlite/connection.hpp"

namespace orderly::broker {

/// A subscription as broker.db has it.
struct SubscriptionState {
  std::int64_t id = 0;
  std::int64_t topic_id = 0;
  SubscriptionConfig config;  ///< but for `topic`, which topic_id names
  bool detached = false;
  Ledger::Progress progress;
};

/// The settings of subscriptions in broker.db. The store's connection and thread.
class SubscriptionRows {
 public:
  explicit SubscriptionRows(sqlite::Connection& connection);

  /// All of them; of their progress only `next`.
  std::vector<SubscriptionState> read_all();
  /// Answers the id.
  std::int64_t insert(const SubscriptionState& subscription);
  /// New settings, but for name, topic, order and filter.
  void update(std::int64_t id, const SubscriptionConfig& config);

 private:
  sqlite::Connection& connection_;
  sqlite::Statement select_, insert_, update_;
};

}  // namespace orderly::broker
