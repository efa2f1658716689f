#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "broker/broker.hpp"
#include "broker/embedded/store.hpp"
#include "broker/embedded/subscription.hpp"
#include "broker/embedded/topic.hpp"
#include "broker/message_source.hpp"
#include "runtime/signal.hpp"
#include "runtime/task_group.hpp"
#include "sqlite/connection.hpp"
#include "telemetry/metrics.hpp"

namespace orderly::broker {

/// Makes the endpoint of a push subscription.
using PushEndpointFactory =
    std::function<Result<std::shared_ptr<Endpoint>>(const SubscriptionConfig& config)>;

/// A broker inside the process, with its state in one SQLite database.
///
/// A topic may be a view over a feed: then no message is stored twice. publish() only moves its
/// head, the newest messages are kept in memory, older ones are read from the feed again. Messages
/// of other topics are stored, and dropped once every subscription has acknowledged them.
///
/// Progress (heads, acknowledgements, rejections) is saved within kSavePause and by stop(). A crash
/// may forget what came after; those messages are published or delivered again.
class EmbeddedBroker final : public Broker {
 public:
  struct Options {
    sqlite::OpenOptions database;
    PushEndpointFactory make_push_endpoint;
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

  runtime::Task<Result<void>> create_topic(TopicConfig config) override;
  runtime::Task<Result<void>> create_subscription(SubscriptionConfig config) override;
  runtime::Task<Result<void>> attach(std::string subscription, Endpoint& endpoint) override;
  runtime::Task<Result<void>> publish(std::string topic,
                                      std::vector<events::Message> messages) override;
  runtime::Task<Result<Cursor>> last_published(std::string topic) override;
  void start() override;
  runtime::Task<void> stop() override;
  [[nodiscard]] std::vector<SubscriptionStats> stats() const override;

  static constexpr std::chrono::milliseconds kSavePause{50};

 private:
  using Topics = std::map<std::string, std::unique_ptr<Topic>, std::less<>>;
  using Subscriptions = std::map<std::string, std::unique_ptr<Subscription>, std::less<>>;

  void load();
  Topic* find_topic(std::string_view name);
  Subscription* find_subscription(std::string_view name);
  Topic& add_topic(TopicState state, MessageSource* source);
  Subscription& add_subscription(SubscriptionState state, Topic& topic);
  Result<void> change(Subscription& subscription, SubscriptionConfig config);
  void connect(Subscription& subscription, std::shared_ptr<Endpoint> endpoint);
  /// Null for an in-process subscription, which gets its endpoint by attach().
  Result<std::shared_ptr<Endpoint>> make_push_endpoint(const SubscriptionConfig& config) const;
  void changed(Topic& topic);
  void changed(Subscription& subscription);

  runtime::Task<void> save_progress();
  void save();

  runtime::EventLoop& loop_;
  Options options_;
  Random& random_;
  telemetry::Metrics& metrics_;
  Store store_;
  runtime::TaskGroup tasks_;
  Topics topics_;
  mutable std::mutex subscriptions_mutex_;  ///< for stats(); the loop alone writes
  Subscriptions subscriptions_;
  bool started_ = false;
  runtime::Signal dirty_;
  std::set<Topic*> dirty_topics_;
  std::set<Subscription*> dirty_subscriptions_;
};

}  // namespace orderly::broker
