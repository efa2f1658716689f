#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "broker/broker.hpp"
#include "broker/embedded/ledger.hpp"
#include "broker/embedded/live_stats.hpp"
#include "broker/embedded/topic.hpp"
#include "broker/slow_start.hpp"
#include "runtime/signal.hpp"
#include "runtime/task_group.hpp"
#include "telemetry/log.hpp"

namespace orderly::broker {

/// What a subscription gets from its broker; outlives it.
struct SubscriptionContext {
  runtime::EventLoop& loop;
  runtime::TaskGroup& tasks;  ///< owns its deliveries
  Random& random;
  telemetry::Metrics& metrics;
  std::function<void()> progressed;  ///< something is to be saved
};

/// Delivers a topic's messages to one endpoint: one coroutine that sleeps until there is something
/// to do, and one for each request in flight. The broker's loop, but for stats().
class Subscription {
 public:
  Subscription(SubscriptionContext context, SubscriptionState state, Topic& topic);

  [[nodiscard]] std::int64_t id() const { return id_; }
  [[nodiscard]] const SubscriptionConfig& config() const { return config_; }
  [[nodiscard]] const Topic& topic() const { return topic_; }
  [[nodiscard]] Ledger::Progress progress() const { return ledger_.progress(); }
  [[nodiscard]] SubscriptionStats stats() const { return stats_.read(); }
  [[nodiscard]] bool has_endpoint() const { return endpoint_ != nullptr; }

  /// New settings, but for name, topic and order.
  void configure(SubscriptionConfig config);
  /// The endpoint outlives the tasks; null: nothing is delivered until there is one. Requests in
  /// flight to an earlier one are still answered.
  void deliver_to(std::shared_ptr<Endpoint> endpoint);
  /// Begins to deliver, if it has not begun.
  void start();
  /// The topic has new messages.
  void topic_advanced();

 private:
  struct Batch {
    std::vector<Ledger::Lease> leases;
    std::vector<Delivery> deliveries;
    std::int64_t failures_before = 0;  ///< counted failures when it was sent
  };

  runtime::Task<void> run();
  runtime::Task<void> send_what_is_due();
  runtime::Task<void> read_ahead();
  /// Reads the messages of leases that have none.
  runtime::Task<void> load(std::vector<Ledger::Lease>& leases);
  runtime::Task<std::vector<MessagePtr>> read(Position after, std::size_t limit);
  runtime::Task<void> deliver(Batch batch, std::shared_ptr<Endpoint> endpoint);
  void apply(const Batch& batch, const std::vector<Outcome>& outcomes);
  void release(const std::vector<Ledger::Lease>& leases);

  void failed(std::int64_t failures_before, bool pause_at_once);
  void nobody_there(const Batch& batch, const std::string& error);
  void source_failed(const std::string& error);
  void pause_for(std::chrono::milliseconds wait) { paused_until_ = loop().steady_now() + wait; }

  [[nodiscard]] runtime::EventLoop& loop() const { return context_.loop; }
  [[nodiscard]] bool is_push() const { return std::holds_alternative<Push>(config_.delivery); }
  [[nodiscard]] std::size_t batch_size() const { return is_push() ? 1 : kMaxInProcessBatch; }
  [[nodiscard]] std::size_t free_requests() const;
  [[nodiscard]] SteadyTime next_look() const;
  void refresh_stats();

  SubscriptionContext context_;
  std::int64_t id_;
  SubscriptionConfig config_;
  Topic& topic_;
  Ledger ledger_;
  LiveStats stats_;
  std::shared_ptr<Endpoint> endpoint_;
  bool running_ = false;
  runtime::Signal wake_;
  SlowStart slow_start_{kMaxPushWindow};
  std::size_t requests_ = 0;   ///< in flight
  std::int64_t failures_ = 0;  ///< counted ever: two that overlap count as one
  int failures_in_row_ = 0;    ///< of those, since the last success
  int source_failures_in_row_ = 0;
  SteadyTime paused_until_{};
  log::Throttle warnings_{std::chrono::seconds(10)};
};

}  // namespace orderly::broker
