#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/broker.hpp"
#include "conformance/broker_conformance.hpp"
#include "conformance/broker_test_kit.hpp"

/// What the files of the suite share.
namespace orderly::testing {

inline constexpr auto kTopic = "order-service-cqrs-event";
inline constexpr auto kUrl = "http://127.0.0.1:9/push";

inline std::vector<std::string> numbers(int first, int last) {
  std::vector<std::string> texts;
  for (int number = first; number <= last; ++number) {
    texts.push_back(std::to_string(number));
  }
  return texts;
}

/// The steps that the suite is written in.
class BrokerSuite {
 public:
  static constexpr std::chrono::milliseconds kPatience = std::chrono::minutes(5);

  explicit BrokerSuite(BrokerWorld& world) : world_(world) { world_.make_topic(kTopic); }

  broker::Broker& broker() { return world_.broker(); }
  broker::Topology& topology() { return world_.topology(); }
  broker::Puller& puller() { return world_.puller(); }

  template <class T>
  T run(runtime::Task<T> task) {
    return run_task<T>(
        world_.loop(), [this](const auto& done) { return world_.run_until(done, kPatience); },
        std::move(task));
  }

  static broker::SubscriptionConfig config(const std::string& name,
                                           broker::StartAt start = broker::StartAt::kBeginning) {
    return {.name = name, .topic = kTopic, .start = start};
  }
  static broker::SubscriptionConfig push_config(const std::string& name,
                                                const std::string& url = kUrl) {
    auto made = config(name);
    made.delivery = broker::Push{url};
    return made;
  }

  void subscribe(const std::string& name, Subscriber& subscriber,
                 broker::StartAt start = broker::StartAt::kBeginning) {
    ASSERT_TRUE(run(broker().create_subscription(config(name, start))));
    ASSERT_TRUE(run(broker().attach(name, subscriber)));
  }
  std::shared_ptr<Subscriber> subscribe_push(const std::string& name,
                                             const std::string& url = kUrl) {
    auto subscriber = std::make_shared<Subscriber>(world_.loop());
    world_.serve(url, subscriber);
    EXPECT_TRUE(run(broker().create_subscription(push_config(name, url))));
    return subscriber;
  }

  void subscribe_pull(const std::string& name) { subscribe_pull(config(name)); }
  void subscribe_pull(broker::SubscriptionConfig made) {
    made.delivery = broker::Pull{};
    ASSERT_TRUE(run(broker().create_subscription(std::move(made))));
  }
  std::vector<broker::PulledMessage> pull(const std::string& name, std::size_t max,
                                          std::chrono::milliseconds wait = {}) {
    auto pulled = run(puller().pull(name, max, wait));
    EXPECT_TRUE(pulled) << pulled.error().message;
    return pulled ? std::move(*pulled) : std::vector<broker::PulledMessage>();
  }
  /// A pull that goes on by itself.
  struct Pulling {
    bool done = false;
    std::vector<broker::PulledMessage> pulled;
    std::string code;  ///< of its failure
  };
  std::shared_ptr<Pulling> begin_pull(const std::string& name, std::size_t max,
                                      std::chrono::milliseconds wait) {
    auto pulling = std::make_shared<Pulling>();
    boost::asio::co_spawn(world_.loop().executor(), puller().pull(name, max, wait),
                          [pulling](const std::exception_ptr& error,
                                    Result<std::vector<broker::PulledMessage>> pulled) {
                            pulling->done = true;
                            if (error)
                              pulling->code = "exception";
                            else if (pulled)
                              pulling->pulled = std::move(*pulled);
                            else
                              pulling->code = pulled.error().code;
                          });
    return pulling;
  }
  void acknowledge(const std::string& name, std::vector<std::string> ack_ids) {
    ASSERT_TRUE(run(puller().acknowledge(name, std::move(ack_ids))));
  }

  /// One message for each key, published together.
  Result<void> publish(const std::vector<std::string>& keys) {
    std::vector<events::Message> messages;
    for (const auto& key : keys) {
      messages.push_back(world_.next_event(kTopic, key));
    }
    published_ += static_cast<int>(keys.size());
    return run(broker().publish(kTopic, std::move(messages)));
  }
  void publish_many(int count, const std::string& key = "") {
    while (count > 0) {
      const int batch = std::min(count, 1000);
      ASSERT_TRUE(publish(std::vector<std::string>(static_cast<std::size_t>(batch), key)));
      count -= batch;
    }
  }
  [[nodiscard]] int published() const { return published_; }

  bool until(const std::function<bool()>& done, std::chrono::milliseconds patience = kPatience) {
    return world_.run_until(done, patience);
  }
  bool until_acknowledged(const Subscriber& subscriber, std::size_t count,
                          std::chrono::milliseconds patience = kPatience) {
    return until([&] { return subscriber.acknowledged.size() >= count; }, patience);
  }
  /// Lets `time` pass.
  void pass(std::chrono::milliseconds time) {
    until([] { return false; }, time);
  }
  broker::SubscriptionStats stats(const std::string& name) {
    for (const auto& stats : broker().stats()) {
      if (stats.subscription == name) return stats;
    }
    ADD_FAILURE() << "no statistics of " << name;
    return {};
  }

  void restart() {
    world_.restart();
    world_.make_topic(kTopic);
  }
  void crash() {
    world_.crash();
    world_.make_topic(kTopic);
  }

 private:
  BrokerWorld& world_;
  int published_ = 0;
};

}  // namespace orderly::testing
