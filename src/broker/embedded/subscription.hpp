#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.hpp"
#include "broker/broker.hpp"
#include "broker/dead_letters.hpp"
#include "broker/embedded/leases.hpp"
#include "broker/embedded/ledger.hpp"
#include "broker/embedded/live_stats.hpp"
#include "broker/embedded/message_standing.hpp"
#include "broker/embedded/store.hpp"
#include "broker/embedded/topic.hpp"
#include "broker/filter.hpp"
#include "broker/puller.hpp"
#include "broker/slow_start.hpp"
#include "broker/view.hpp"
#include "runtime/async_mutex.hpp"
#include "runtime/signal.hpp"
#include "runtime/task_group.hpp"
#include "telemetry/log.hpp"

namespace orderly::broker {

class Subscription;

/// A message that was rejected for the last time.
struct DeadLetter {
  Position position = 0;
  MessagePtr message;  ///< null: it was one before, and was redriven
  std::int64_t attempts = 0;
  std::string error;
};

/// What a subscription gets from its broker; outlives its tasks.
struct SubscriptionContext {
  runtime::EventLoop& loop;
  runtime::TaskGroup& tasks;  ///< owns its deliveries
  Random& random;
  telemetry::Metrics& metrics;
  std::function<void(Subscription&)> progressed;  ///< something is to be saved
  /// Stores dead letters of this subscription together with its progress. Throws Unavailable.
  std::function<void(Subscription&, std::vector<DeadLetter>, Ledger::Progress)> forward;
  /// Whether so many more may be kept.
  std::function<bool(const Subscription&, std::size_t)> has_room_for_letters;
  std::function<std::size_t(const Subscription&)> letter_count;
  /// The message of a kept letter; null where there is none.
  std::function<MessagePtr(const Subscription&, Position)> read_letter;
};

/// Delivers a topic's messages to one endpoint, or to whoever pulls: one coroutine that sleeps
/// until there is something to do, and one for each request in flight. Its tasks keep it alive, so
/// that it can be closed while they run. The broker's loop, but for stats().
class Subscription : public std::enable_shared_from_this<Subscription> {
 public:
  /// The filter of `state` is valid, or the subscription is detached.
  Subscription(SubscriptionContext context, SubscriptionState state, std::shared_ptr<Topic> topic);

  [[nodiscard]] std::int64_t id() const { return id_; }
  [[nodiscard]] const SubscriptionConfig& config() const { return config_; }
  [[nodiscard]] Topic& topic() const { return *topic_; }
  [[nodiscard]] bool detached() const { return detached_; }
  [[nodiscard]] Ledger::Progress progress() const { return ledger_.progress(); }
  [[nodiscard]] SubscriptionStats stats() const { return stats_.read(); }
  [[nodiscard]] bool has_endpoint() const { return endpoint_ != nullptr || follower_ != nullptr; }
  [[nodiscard]] bool is_pull() const { return std::holds_alternative<Pull>(config_.delivery); }
  /// The oldest message that it may still ask its topic for.
  [[nodiscard]] Position oldest_needed() const;

  /// How a message of its topic stands.
  [[nodiscard]] MessageStanding standing_of(Position position) const;

  /// New settings, but for name, topic, order and filter.
  void configure(SubscriptionConfig config);
  /// The endpoint outlives the tasks; null: nothing is delivered until there is one. Requests in
  /// flight to an earlier one are still answered.
  void deliver_to(std::shared_ptr<Endpoint> endpoint);
  /// The topic is a view; `follower` outlives the tasks. No filter applies.
  void deliver_to(Follower& follower);
  /// Begins to deliver, if it has not begun.
  void start();
  /// The topic has new messages.
  void topic_advanced();

  /// Everything below `next` is acknowledged, nothing above; what is in flight is answered to
  /// nobody.
  void restart_at(Position next);
  [[nodiscard]] Ledger::Progress progress_up_to(Position last) const {
    return ledger_.progress_up_to(last);
  }
  /// As after a restart with that progress: what is in flight is answered to nobody.
  void restart_with(const Ledger::Progress& progress);
  /// It holds nothing and gets nothing any more. Whoever pulls is told.
  void detach();
  /// The same, and its tasks end; its metrics are gone.
  void close();
  /// What was published before `retained` is dropped, acknowledged or not. Of what is in flight the
  /// answer is awaited.
  void expire_below(Position retained);

  /// Delivers a kept letter again.
  void redrive(const KeptLetter& letter);
  [[nodiscard]] LetterMark mark_of(Position position) const { return ledger_.mark(position); }
  [[nodiscard]] bool is_in_flight(Position position) const {
    return ledger_.is_in_flight(position);
  }
  /// Its progress is stored, and with it the end of the letters that were acknowledged.
  void saved() { refresh_stats(); }
  /// Forgets a letter that is not in flight; what waits behind it flows.
  void forget_letter(Position position);
  [[nodiscard]] std::size_t keys_waiting() const { return ledger_.keys_waiting(); }
  [[nodiscard]] std::size_t messages_waiting() const { return ledger_.messages_waiting(); }
  /// Another one after a seek or a detachment, which end what was under way.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  /// Notified when something was answered, so that redriven letters may be done.
  [[nodiscard]] runtime::Signal& answers() { return answers_; }

  /// As the members of Puller.
  runtime::Task<Result<std::vector<PulledMessage>>> pull(std::size_t max,
                                                         std::chrono::milliseconds wait);
  Result<void> acknowledge(const std::vector<std::string>& ack_ids);
  Result<void> modify_ack_deadline(const std::vector<std::string>& ack_ids,
                                   std::chrono::milliseconds deadline);
  /// Sends whoever waits for messages away, for good.
  void end_pulls();

 private:
  struct Batch {
    std::vector<Ledger::Lease> leases;
    std::vector<Delivery> deliveries;
    std::int64_t failures_before = 0;  ///< counted failures when it was sent
    std::uint64_t generation = 0;
  };

  runtime::Task<void> run();
  runtime::Task<void> send_what_is_due();
  /// Has the follower take everything up to the head.
  runtime::Task<void> lead_follower();
  void follower_took(Position upto);
  /// Reads until `due` messages are ready, as far as there are any.
  runtime::Task<void> read_ahead(std::size_t due);
  void append(std::vector<MessagePtr> messages);
  /// Reads the messages of leases that have none; gives those back that are too much at once.
  runtime::Task<void> load(std::vector<Ledger::Lease>& leases);
  runtime::Task<void> load_missing(std::vector<Ledger::Lease>& leases);
  void give_back_excess(std::vector<Ledger::Lease>& leases);
  runtime::Task<std::vector<MessagePtr>> read(Position after, std::size_t limit);
  runtime::Task<void> deliver(Batch batch, std::shared_ptr<Endpoint> endpoint);
  void apply(const Batch& batch, const std::vector<Outcome>& outcomes);
  void reject(Position position, std::int64_t attempt, std::string error);
  void release(const std::vector<Ledger::Lease>& leases);
  runtime::Task<void> bury_doomed();
  [[nodiscard]] bool waits(Position position) const;
  void bury(std::vector<DeadLetter> letters);
  [[nodiscard]] bool blocks_its_key(const Unacknowledged& held) const;

  void failed(std::int64_t failures_before, bool pause_at_once);
  void nobody_there(const Batch& batch, const std::string& error);
  void subscriber_is_away(std::int64_t failures_before, const std::string& error);
  void source_failed(const std::string& error);
  void pause_for(std::chrono::milliseconds wait) { paused_until_ = loop().steady_now() + wait; }
  [[nodiscard]] std::chrono::milliseconds backoff(std::int64_t failures) const;

  [[nodiscard]] Result<void> check_pull() const;
  runtime::Task<std::vector<PulledMessage>> take_for_pull(std::size_t max);
  [[nodiscard]] SteadyTime next_for_pull(SteadyTime until) const;
  void end_overdue_leases();
  void acknowledge_pulled(Position position);
  void reject_pulled(Position position, const char* error);
  void release_pulled();
  void answered();

  [[nodiscard]] runtime::EventLoop& loop() const { return context_.loop; }
  [[nodiscard]] bool is_push() const { return std::holds_alternative<Push>(config_.delivery); }
  [[nodiscard]] std::size_t batch_size() const { return is_push() ? 1 : kMaxInProcessBatch; }
  [[nodiscard]] std::size_t free_requests() const;
  [[nodiscard]] SteadyTime next_look() const;
  void progressed();
  void refresh_stats();

  SubscriptionContext context_;
  std::int64_t id_;
  SubscriptionConfig config_;
  std::shared_ptr<Topic> topic_;
  std::optional<Filter> filter_;
  bool detached_;
  bool closed_ = false;
  std::uint64_t generation_ = 0;  ///< of the ledger: what an older one handed out counts no more
  Ledger ledger_;
  Position retained_from_ = 1;  ///< what is acknowledged is kept from here on, where that is asked
  LiveStats stats_;
  std::shared_ptr<Endpoint> endpoint_;
  Follower* follower_ = nullptr;  ///< instead of an endpoint
  std::int64_t following_ = 0;    ///< messages that it is taking
  bool running_ = false;
  runtime::Signal wake_;
  runtime::Signal answers_;
  runtime::AsyncMutex reading_;  ///< held while messages are read and handed out
  SlowStart slow_start_{kMaxPushWindow};
  std::size_t requests_ = 0;   ///< in flight
  std::int64_t failures_ = 0;  ///< counted ever: two that overlap count as one
  int failures_in_row_ = 0;    ///< of those, since the last success
  int source_failures_in_row_ = 0;
  SteadyTime paused_until_{};
  std::vector<std::pair<Position, std::int64_t>> doomed_;  ///< rejected for the last time; attempts
  Leases leases_;
  std::size_t waiting_pulls_ = 0;
  bool pulls_ended_ = false;
  log::Throttle warnings_{std::chrono::seconds(10)};
};

}  // namespace orderly::broker
