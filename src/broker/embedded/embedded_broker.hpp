#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"
#include "broker/broker.hpp"
#include "broker/dead_letters.hpp"
#include "broker/embedded/store.hpp"
#include "broker/embedded/subscription.hpp"
#include "broker/embedded/topic.hpp"
#include "broker/message_source.hpp"
#include "broker/puller.hpp"
#include "broker/push_endpoint.hpp"
#include "broker/topology.hpp"
#include "broker/view.hpp"
#include "runtime/signal.hpp"
#include "runtime/task_group.hpp"
#include "sqlite/connection.hpp"
#include "telemetry/metrics.hpp"

namespace orderly::broker {

inline constexpr std::size_t kMaxTopics = 10'000;         ///< more are kOverloaded
inline constexpr std::size_t kMaxSubscriptions = 10'000;  ///< the same

/// Makes the endpoint of a push subscription.
using PushEndpointFactory =
    std::function<Result<std::shared_ptr<Endpoint>>(const SubscriptionConfig& config)>;

/// A broker inside the process, with its state in one SQLite database.
///
/// A topic may be a view over a feed: then no message is stored twice. publish() only moves its
/// head, the newest messages are kept in memory, older ones are read from the feed again. Messages
/// of other topics are stored, and dropped once no subscription needs them.
///
/// Progress (heads, acknowledgements, rejections) is saved within kSavePause and by stop(). A crash
/// may forget what came after; those messages are published or delivered again. Retention is of
/// stored topics: a view's feed keeps everything, so of a view nothing is ever dropped unread.
class EmbeddedBroker final : public Broker,
                             public Topology,
                             public Puller,
                             public Views,
                             public DeadLetters {
 public:
  struct Options {
    sqlite::OpenOptions database;
    PushEndpointFactory make_push_endpoint;
    std::string project{kDefaultProject};  ///< that dead letters name
  };

  /// Opens or makes the database. Throws Unavailable, sqlite::IncompatibleDatabase. Everything
  /// passed in outlives the broker. stop() has been awaited before it goes, unless the loop is
  /// already gone.
  EmbeddedBroker(runtime::EventLoop& loop, Options options, Random& random,
                 telemetry::Metrics& metrics);
  ~EmbeddedBroker() override;
  EmbeddedBroker(const EmbeddedBroker&) = delete;
  EmbeddedBroker& operator=(const EmbeddedBroker&) = delete;

  /// Makes the topic a view over `source` (which outlives stop()); to be called in every process,
  /// before start(). kConflict where the topic is there and stores its messages itself.
  Result<void> create_view(const TopicConfig& config, MessageSource& source);

  /// As attach(), of a subscription to a view.
  runtime::Task<Result<void>> attach_follower(std::string subscription, Follower& follower);
  runtime::Task<Result<void>> advance(std::string topic, Cursor after,
                                      events::FeedSpan span) override;

  runtime::Task<Result<void>> create_topic(TopicConfig config) override;
  runtime::Task<Result<void>> create_subscription(SubscriptionConfig config) override;
  runtime::Task<Result<void>> attach(std::string subscription, Endpoint& endpoint) override;
  runtime::Task<Result<void>> publish(std::string topic,
                                      std::vector<events::Message> messages) override;
  runtime::Task<Result<Cursor>> last_published(std::string topic) override;
  runtime::Task<Result<std::vector<Cursor>>> places(std::string topic) override;
  runtime::Task<Result<void>> take_back(std::string topic, Cursor to) override;
  /// What was taken back, the newest first, at most `limit` ranges.
  std::vector<Store::TakenBack> taken_back(std::size_t limit) { return store_.taken_back(limit); }
  void start() override;
  runtime::Task<void> stop() override;
  [[nodiscard]] std::vector<SubscriptionStats> stats() const override;

  /// How a message of a topic stands with each of its subscriptions. The broker's loop.
  [[nodiscard]] std::vector<MessageStanding> standing_of(std::string_view topic, Position position);

  runtime::Task<std::vector<LetterStanding>> letter_standings() override;
  runtime::Task<Result<std::vector<KeptLetter>>> letters(std::string subscription,
                                                         KeptLetterQuery query) override;
  runtime::Task<Result<std::optional<KeptLetterDetail>>> letter(std::string subscription,
                                                                Position number) override;
  runtime::Task<Result<std::vector<LetterResult>>> redrive_letters(
      std::string subscription, std::vector<Position> numbers,
      std::chrono::milliseconds wait) override;
  runtime::Task<Result<std::vector<LetterResult>>> drop_letters(
      std::string subscription, std::vector<Position> numbers) override;

  runtime::Task<std::vector<TopicInfo>> topics() override;
  runtime::Task<Result<TopicInfo>> topic(std::string name) override;
  runtime::Task<Result<void>> delete_topic(std::string name) override;
  runtime::Task<std::vector<SubscriptionInfo>> subscriptions() override;
  runtime::Task<Result<SubscriptionInfo>> subscription(std::string name) override;
  runtime::Task<Result<void>> delete_subscription(std::string name) override;
  runtime::Task<Result<void>> detach_subscription(std::string name) override;
  runtime::Task<Result<void>> seek(std::string subscription, SeekTarget target) override;

  runtime::Task<Result<std::vector<std::string>>> append(
      std::string topic, std::vector<events::Message> messages) override;
  runtime::Task<Result<std::vector<PulledMessage>>> pull(std::string subscription, std::size_t max,
                                                         std::chrono::milliseconds wait) override;
  runtime::Task<Result<void>> acknowledge(std::string subscription,
                                          std::vector<std::string> ack_ids) override;
  runtime::Task<Result<void>> modify_ack_deadline(std::string subscription,
                                                  std::vector<std::string> ack_ids,
                                                  std::chrono::milliseconds deadline) override;

  /// As last_published(); nothing without the topic.
  [[nodiscard]] std::optional<Cursor> published(std::string_view topic) const;

  static constexpr std::chrono::milliseconds kSavePause{50};
  /// How often stored messages are looked at whose retention may be over.
  static constexpr std::chrono::seconds kRetentionPause{60};

 private:
  using Topics = std::map<std::string, std::shared_ptr<Topic>, std::less<>>;
  using Subscriptions = std::map<std::string, std::shared_ptr<Subscription>, std::less<>>;

  void load();
  Topic* find_topic(std::string_view name);
  std::shared_ptr<Subscription> find_subscription(std::string_view name);
  Topic& add_topic(TopicState state, MessageSource* source);
  Subscription& add_subscription(SubscriptionState state, std::shared_ptr<Topic> topic);
  Result<void> check_dead_letter(const SubscriptionConfig& config);
  Result<void> change(Subscription& subscription, SubscriptionConfig config);
  void connect(Subscription& subscription, std::shared_ptr<Endpoint> endpoint);
  /// One that waits for an endpoint of this process.
  Result<std::shared_ptr<Subscription>> find_unattached(const std::string& name);
  /// Null for one that does not push.
  Result<std::shared_ptr<Endpoint>> make_push_endpoint(const SubscriptionConfig& config) const;
  void advanced(Topic& topic);
  void changed(Topic& topic);
  void changed(Subscription& subscription);
  void forward(Subscription& from, std::vector<DeadLetter> letters, Ledger::Progress progress);
  [[nodiscard]] bool has_room_for_letters(const Subscription& subscription, std::size_t more);
  MessagePtr read_letter(const Subscription& subscription, Position position);
  /// Of a letter that was redriven in this generation of its subscription.
  LetterResult fate_of(const Subscription& subscription, std::uint64_t generation, Position number);
  [[nodiscard]] bool is_dead_letter_topic(std::string_view topic) const;
  void forget(Subscription& subscription);
  void begin_purge();

  runtime::Task<void> save_progress();
  void save();
  std::vector<Store::Dropped> droppable(const std::set<Topic*>& topics) const;
  runtime::Task<void> purge();
  runtime::Task<void> keep_retention();
  void expire(Topic& topic);

  runtime::EventLoop& loop_;
  Options options_;
  Random& random_;
  telemetry::Metrics& metrics_;
  Store store_;
  runtime::TaskGroup tasks_;
  std::size_t tails_bytes_ = 0;  ///< of messages that topics have in memory
  Topics topics_;
  mutable std::mutex subscriptions_mutex_;  ///< for stats(); the loop alone writes
  Subscriptions subscriptions_;
  bool started_ = false;
  bool stopped_ = false;
  bool purging_ = false;
  std::size_t calls_ = 0;        ///< pulls and redrives that are under way
  runtime::Signal calls_ended_;  ///< notified when one ends
  runtime::Signal dirty_;
  runtime::Signal stored_;  ///< messages were stored
  std::set<Topic*> dirty_topics_;
  std::set<Subscription*> dirty_subscriptions_;
};

}  // namespace orderly::broker
