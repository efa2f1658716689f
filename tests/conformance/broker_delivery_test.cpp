#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "conformance/broker_suite.hpp"

/// How messages reach a subscriber, and what a failure holds back. Every adapter of broker::Broker
/// keeps to it.
namespace orderly::testing {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BrokerConformance);

namespace {

using broker::Delivery;
using broker::Outcome;
using ::testing::ElementsAre;
using namespace std::chrono_literals;

TEST_P(BrokerConformance, DeliversEverythingInOrderToEverySubscription) {
  BrokerSuite suite(*world_);
  Subscriber one(world_->loop());
  Subscriber two(world_->loop());
  suite.subscribe("one", one);
  suite.subscribe("two", two);
  suite.broker().start();
  suite.publish_many(2500);
  ASSERT_TRUE(suite.until_acknowledged(one, 2500));
  ASSERT_TRUE(suite.until_acknowledged(two, 2500));
  EXPECT_EQ(one.texts(), numbers(1, 2500));
  EXPECT_EQ(two.texts(), numbers(1, 2500));
  EXPECT_LE(one.largest_batch, broker::kMaxInProcessBatch);
  suite.pass(1h);
  EXPECT_EQ(one.received.size(), 2500U) << "what is acknowledged never comes again";
}

TEST_P(BrokerConformance, KeepsTheMessageAsItWasPublished) {
  BrokerSuite suite(*world_);
  struct Keeper final : broker::Endpoint {
    std::vector<events::Message> messages;
    runtime::Task<std::vector<Outcome>> deliver(std::span<const Delivery> batch) override {
      for (const auto& delivery : batch) {
        messages.push_back(*delivery.message);
      }
      co_return std::vector<Outcome>(batch.size());
    }
  } keeper;
  ASSERT_TRUE(suite.run(suite.broker().create_subscription(BrokerSuite::config("sub"))));
  ASSERT_TRUE(suite.run(suite.broker().attach("sub", keeper)));
  const auto message = world_->next_event(kTopic, "key-1");
  ASSERT_TRUE(suite.run(suite.broker().publish(kTopic, {message})));
  suite.broker().start();
  ASSERT_TRUE(suite.until([&] { return !keeper.messages.empty(); }));
  EXPECT_EQ(keeper.messages[0].data, message.data);
  EXPECT_EQ(keeper.messages[0].attributes, message.attributes);
  EXPECT_EQ(keeper.messages[0].ordering_key, "key-1");
  EXPECT_FALSE(keeper.messages[0].message_id.empty());
  EXPECT_NE(keeper.messages[0].publish_time, UtcTime{});
}

TEST_P(BrokerConformance, RedeliversARejectedMessageWithGrowingBackoff) {
  BrokerSuite suite(*world_);
  Subscriber subscriber(world_->loop());
  subscriber.decide = [](const Delivery& delivery) {
    return delivery.attempt <= 4 ? Outcome::reject("not yet") : Outcome::acknowledge();
  };
  suite.subscribe("sub", subscriber);
  suite.broker().start();
  ASSERT_TRUE(suite.publish({"a"}));
  ASSERT_TRUE(suite.until_acknowledged(subscriber, 1));
  ASSERT_EQ(subscriber.received.size(), 5U);
  for (std::size_t i = 1; i < 5; ++i) {
    EXPECT_EQ(subscriber.received[i].attempt, static_cast<std::int64_t>(i + 1));
    const auto waited = subscriber.received[i].at - subscriber.received[i - 1].at;
    const auto longest = 100ms * (1 << (i - 1));
    EXPECT_GE(waited, longest / 2) << "before attempt " << i + 1;
    // After three failures in a row the subscription itself may back off, too.
    EXPECT_LE(waited, longest + 10ms) << "before attempt " << i + 1;
  }
  EXPECT_EQ(suite.stats("sub").rejected, 4);
  EXPECT_EQ(suite.stats("sub").redelivered, 4);
}

TEST_P(BrokerConformance, KeepsTheBackoffWithinItsMaximum) {
  BrokerSuite suite(*world_);
  auto subscriber = std::make_shared<Subscriber>(world_->loop());
  subscriber->decide = [](const Delivery&) { return Outcome::reject("never"); };
  world_->serve(kUrl, subscriber);
  auto config = BrokerSuite::push_config("push");
  config.retry = {.minimum = 10ms, .maximum = 1s};
  ASSERT_TRUE(suite.run(suite.broker().create_subscription(config)));
  suite.broker().start();
  ASSERT_TRUE(suite.publish({"a"}));
  ASSERT_TRUE(suite.until([&] { return subscriber->received.size() >= 20; }));
  for (std::size_t i = 1; i < subscriber->received.size(); ++i) {
    EXPECT_LE(subscriber->received[i].at - subscriber->received[i - 1].at, 1s + 10ms);
  }
}

TEST_P(BrokerConformance, OffersABatchAgainToASubscriberThatWasAway) {
  BrokerSuite suite(*world_);
  Subscriber subscriber(world_->loop());
  subscriber.away = true;
  suite.subscribe("sub", subscriber);
  suite.broker().start();
  suite.publish_many(100);
  suite.pass(10s);
  EXPECT_EQ(suite.stats("sub").backlog, 100);
  subscriber.away = false;
  ASSERT_TRUE(suite.until_acknowledged(subscriber, 100));
  EXPECT_EQ(subscriber.texts(), numbers(1, 100));
  EXPECT_EQ(subscriber.received[0].attempt, 1) << "it had seen none of the earlier ones";
}

TEST_P(BrokerConformance, HoldsBackOnlyTheKeyOfARejectedMessage) {
  BrokerSuite suite(*world_);
  const auto subscriber = suite.subscribe_push("push");
  bool accepts = false;
  subscriber->decide = [&](const Delivery& delivery) {
    return delivery.message->data == "2" && !accepts ? Outcome::reject("not yet")
                                                     : Outcome::acknowledge();
  };
  suite.broker().start();
  ASSERT_TRUE(suite.publish({"a", "a", "b", "a", "b", "", "c"}));  // a: 1 2 4, b: 3 5
  ASSERT_TRUE(suite.until_acknowledged(*subscriber, 5));
  suite.pass(1min);
  EXPECT_THAT(subscriber->acknowledged, ::testing::UnorderedElementsAre("1", "3", "5", "6", "7"));
  EXPECT_EQ(subscriber->count("4"), 0);
  accepts = true;
  ASSERT_TRUE(suite.until_acknowledged(*subscriber, 7));
  EXPECT_EQ(subscriber->count("4"), 1);
  EXPECT_EQ(subscriber->acknowledged.back(), "4");
}

TEST_P(BrokerConformance, RepeatsWhatFollowsARejectedMessageOfItsKeyInTheSameBatch) {
  BrokerSuite suite(*world_);
  Subscriber subscriber(world_->loop());
  subscriber.decide = [](const Delivery& delivery) {
    return delivery.message->data == "2" && delivery.attempt == 1 ? Outcome::reject("not yet")
                                                                  : Outcome::acknowledge();
  };
  suite.subscribe("sub", subscriber);
  ASSERT_TRUE(suite.publish({"a", "a", "b", "a", "b"}));
  suite.broker().start();
  ASSERT_TRUE(suite.until([&] { return suite.stats("sub").backlog == 0; }));
  EXPECT_THAT(subscriber.texts(), ElementsAre("1", "2", "3", "4", "5", "2", "4"));
}

TEST_P(BrokerConformance, KeepsTheOrderOfEachKeyUnderRandomFailures) {
  BrokerSuite suite(*world_);
  const auto subscriber = suite.subscribe_push("push");
  SeededRandom random(42);
  subscriber->decide = [&](const Delivery&) {
    return random.one_in(3) ? Outcome::reject("bad luck") : Outcome::acknowledge();
  };
  suite.broker().start();
  std::map<std::string, std::vector<std::string>> expected;
  for (int round = 0; round < 30; ++round) {
    std::vector<std::string> keys;
    for (int i = 0; i < 20; ++i) {
      keys.push_back("key-" + std::to_string(random.below(7)));
      expected[keys.back()].push_back(std::to_string(suite.published() + i + 1));
    }
    ASSERT_TRUE(suite.publish(keys));
    suite.pass(std::chrono::milliseconds(random.below(300)));
  }
  ASSERT_TRUE(suite.until([&] { return suite.stats("push").backlog == 0; }, 24h));
  std::map<std::string, std::vector<std::string>> first_deliveries;
  for (const auto& received : subscriber->received) {
    if (received.attempt == 1) first_deliveries[received.key].push_back(received.data);
  }
  EXPECT_EQ(first_deliveries, expected);
  EXPECT_EQ(subscriber->acknowledged.size(), 600U) << "once each, since nothing was restarted";
}

TEST_P(BrokerConformance, DeliversWithoutRegardToKeysWhereOrderIsNotAskedFor) {
  BrokerSuite suite(*world_);
  const auto subscriber = std::make_shared<Subscriber>(world_->loop());
  subscriber->decide = [](const Delivery& delivery) {
    return delivery.message->data == "1" ? Outcome::reject("never") : Outcome::acknowledge();
  };
  world_->serve(kUrl, subscriber);
  auto config = BrokerSuite::push_config("push");
  config.ordered = false;
  ASSERT_TRUE(suite.run(suite.broker().create_subscription(config)));
  suite.broker().start();
  ASSERT_TRUE(suite.publish({"a", "a", "a"}));
  EXPECT_TRUE(suite.until_acknowledged(*subscriber, 2));
}

TEST_P(BrokerConformance, GivesAPushSubscriberMoreAtOnceAsItSucceeds) {
  BrokerSuite suite(*world_);
  const auto subscriber = suite.subscribe_push("push");
  subscriber->hanging = true;
  suite.broker().start();
  suite.publish_many(1000);
  ASSERT_TRUE(suite.until([&] { return subscriber->in_flight == 1; }));
  suite.pass(1s);
  EXPECT_EQ(subscriber->in_flight, 1U) << "it begins with one";
  subscriber->let_go();
  ASSERT_TRUE(suite.until_acknowledged(*subscriber, 1000));
  EXPECT_EQ(suite.stats("push").window, static_cast<std::int64_t>(broker::kMaxPushWindow));
  EXPECT_LE(subscriber->most_in_flight, broker::kMaxPushWindow);
}

TEST_P(BrokerConformance, LetsADeadSubscriberCostTheOthersNothing) {
  BrokerSuite suite(*world_);
  const auto hanging = suite.subscribe_push("hanging", "http://127.0.0.1:9/hanging");
  hanging->hanging = true;
  const auto rejecting = suite.subscribe_push("rejecting", "http://127.0.0.1:9/rejecting");
  rejecting->decide = [](const Delivery&) { return Outcome::reject("no"); };
  Subscriber away(world_->loop());
  away.away = true;
  suite.subscribe("away", away);
  Subscriber alive(world_->loop());
  suite.subscribe("alive", alive);
  suite.broker().start();
  suite.publish_many(3000);
  EXPECT_TRUE(suite.until_acknowledged(alive, 3000, 1s));
  EXPECT_EQ(suite.stats("hanging").backlog, 3000);
  suite.pass(10min);
  EXPECT_LE(rejecting->received.size(), 100U) << "a dead subscriber is left in peace";
  EXPECT_EQ(suite.stats("rejecting").window, 1);
  hanging->let_go();
}

TEST_P(BrokerConformance, TakesFailuresOfTheSameMomentForOne) {
  BrokerSuite suite(*world_);
  const auto subscriber = suite.subscribe_push("push");
  suite.broker().start();
  suite.publish_many(1000);
  ASSERT_TRUE(suite.until_acknowledged(*subscriber, 1000));
  subscriber->hanging = true;
  subscriber->decide = [](const Delivery&) { return Outcome::reject("restarting"); };
  suite.publish_many(1000);
  ASSERT_TRUE(suite.until([&] { return subscriber->in_flight == broker::kMaxPushWindow; }));
  subscriber->decide = [](const Delivery&) { return Outcome::acknowledge(); };
  subscriber->let_go();
  EXPECT_TRUE(suite.until_acknowledged(*subscriber, 2000, 5s))
      << "a hundred in a row would wait long";
}

TEST_P(BrokerConformance, ComesBackToASubscriberThatRecovers) {
  BrokerSuite suite(*world_);
  const auto subscriber = suite.subscribe_push("push");
  bool works = false;
  subscriber->decide = [&](const Delivery&) {
    return works ? Outcome::acknowledge() : Outcome::reject("down");
  };
  suite.broker().start();
  suite.publish_many(2000);
  suite.pass(10min);
  works = true;
  EXPECT_TRUE(suite.until([&] { return suite.stats("push").backlog == 0; }, 3min));
  EXPECT_EQ(subscriber->acknowledged.size(), 2000U);
}

TEST_P(BrokerConformance, BoundsWhatASubscriptionHoldsUnacknowledged) {
  BrokerSuite suite(*world_);
  const auto subscriber = suite.subscribe_push("push");
  bool accepts = false;
  subscriber->decide = [&](const Delivery& delivery) {
    return delivery.message->ordering_key == "poison" && !accepts ? Outcome::reject("no")
                                                                  : Outcome::acknowledge();
  };
  suite.broker().start();
  const int more_than_it_holds = static_cast<int>(broker::kMaxUnacknowledged) + 500;
  suite.publish_many(more_than_it_holds, "poison");
  ASSERT_TRUE(suite.publish({"healthy"}));
  suite.pass(1min);
  EXPECT_TRUE(subscriber->acknowledged.empty());
  EXPECT_EQ(suite.stats("push").backlog, more_than_it_holds + 1);
  accepts = true;
  ASSERT_TRUE(suite.until([&] { return suite.stats("push").backlog == 0; }));
  EXPECT_EQ(subscriber->acknowledged.size(), static_cast<std::size_t>(more_than_it_holds) + 1);
}

}  // namespace
}  // namespace orderly::testing
