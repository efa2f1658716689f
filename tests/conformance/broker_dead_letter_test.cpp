#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/dates.hpp"
#include "base/random.hpp"
#include "conformance/broker_suite.hpp"

/// Messages that nobody takes go to a topic of their own. Every adapter keeps to it.
namespace orderly::testing {

namespace {

using broker::Delivery;
using broker::Outcome;
using ::testing::ElementsAre;
using namespace std::chrono_literals;

constexpr auto kDead = "dead-letters";

broker::SubscriptionConfig with_policy(broker::SubscriptionConfig config, int attempts = 5) {
  config.dead_letter = broker::DeadLetterPolicy{kDead, attempts};
  config.retry = {.minimum = 10ms, .maximum = 100ms};
  return config;
}

/// The dead letter topic, and a subscription of it that is pulled.
void watch_dead_letters(BrokerWorld& world, BrokerSuite& suite) {
  world.make_stored_topic(kDead);
  auto config = BrokerSuite::config("watch");
  config.topic = kDead;
  suite.subscribe_pull(config);
}

std::map<std::string, int> dead_by_data(BrokerSuite& suite) {
  std::map<std::string, int> dead;
  for (;;) {
    const auto pulled = suite.pull("watch", 1000);
    if (pulled.empty()) return dead;
    for (const auto& one : pulled) {
      ++dead[one.message->data];
    }
  }
}

TEST_P(BrokerConformance, ForwardsAMessageThatWasRejectedTooOften) {
  BrokerSuite suite(*world_);
  watch_dead_letters(*world_, suite);
  const auto subscriber = std::make_shared<Subscriber>(world_->loop());
  subscriber->decide = [](const Delivery& delivery) {
    return delivery.message->data == "1" ? Outcome::reject("poison") : Outcome::acknowledge();
  };
  world_->serve(kUrl, subscriber);
  ASSERT_TRUE(suite.run(
      suite.broker().create_subscription(with_policy(BrokerSuite::push_config("push"), 7))));
  suite.broker().start();
  ASSERT_TRUE(suite.publish({"a", "a", "b"}));
  ASSERT_TRUE(suite.until([&] { return suite.stats("push").backlog == 0; }));
  EXPECT_EQ(subscriber->count("1"), 7);
  EXPECT_EQ(subscriber->acknowledged.back(), "2") << "its key goes on";
  const auto dead = suite.pull("watch", 10);
  ASSERT_EQ(dead.size(), 1U);
  const auto& letter = *dead[0].message;
  EXPECT_EQ(letter.data, "1");
  EXPECT_EQ(letter.ordering_key, "a");
  EXPECT_EQ(letter.message_id, "1");
  const auto attribute = [&](const char* name) {
    const auto* value = letter.attributes.find(name);
    return value == nullptr ? std::string("(none)") : *value;
  };
  EXPECT_EQ(attribute("CloudPubSubDeadLetterSourceDeliveryCount"), "7");
  EXPECT_EQ(attribute("CloudPubSubDeadLetterSourceSubscription"), "push");
  EXPECT_EQ(attribute("CloudPubSubDeadLetterSourceSubscriptionProject"), "orderly");
  EXPECT_TRUE(parse_rfc3339(attribute("CloudPubSubDeadLetterSourceTopicPublishTime")));
  EXPECT_EQ(attribute("position"), "1") << "its own attributes are kept";
  EXPECT_EQ(suite.run(suite.broker().last_published(kDead)), Cursor{})
      << "and make it no message of a feed";
  EXPECT_EQ(world_->metrics_of("push")["orderly_subscription_dead_lettered_total"], 1);
}

TEST_P(BrokerConformance, ForwardsWhatPullersDoNotAcknowledge) {
  BrokerSuite suite(*world_);
  watch_dead_letters(*world_, suite);
  suite.subscribe_pull(with_policy(BrokerSuite::config("sub")));
  suite.broker().start();
  suite.publish_many(2);
  for (int attempt = 1; attempt <= 5; ++attempt) {
    const auto pulled = suite.pull("sub", 10, 30s);
    ASSERT_FALSE(pulled.empty()) << attempt;
    EXPECT_EQ(pulled[0].attempt, attempt);
    suite.pass(11s);
  }
  EXPECT_EQ(suite.stats("sub").backlog, 0);
  EXPECT_THAT(dead_by_data(suite), ElementsAre(std::pair("1", 1), std::pair("2", 1)));
}

TEST_P(BrokerConformance, ForwardsFromAnInProcessSubscription) {
  BrokerSuite suite(*world_);
  watch_dead_letters(*world_, suite);
  Subscriber subscriber(world_->loop());
  subscriber.decide = [](const Delivery& delivery) {
    return delivery.message->ordering_key == "bad" ? Outcome::reject("bad")
                                                   : Outcome::acknowledge();
  };
  ASSERT_TRUE(
      suite.run(suite.broker().create_subscription(with_policy(BrokerSuite::config("sub")))));
  ASSERT_TRUE(suite.run(suite.broker().attach("sub", subscriber)));
  suite.broker().start();
  ASSERT_TRUE(suite.publish({"bad", "good", "bad", "good"}));
  ASSERT_TRUE(suite.until([&] { return suite.stats("sub").backlog == 0; }));
  EXPECT_THAT(subscriber.acknowledged, ElementsAre("2", "4"));
  EXPECT_THAT(dead_by_data(suite), ElementsAre(std::pair("1", 1), std::pair("3", 1)));
}

TEST_P(BrokerConformance, ForwardsExactlyOnceAcrossCrashes) {
  BrokerSuite suite(*world_);
  SeededRandom random(3);
  watch_dead_letters(*world_, suite);
  for (int life = 0; life < 12; ++life) {
    const auto subscriber = std::make_shared<Subscriber>(world_->loop());
    subscriber->decide = [](const Delivery&) { return Outcome::reject("poison"); };
    world_->serve(kUrl, subscriber);
    auto config = with_policy(BrokerSuite::push_config("push"));
    config.retry = {.minimum = 1ms, .maximum = 5ms};
    ASSERT_TRUE(suite.run(suite.broker().create_subscription(config)));
    suite.broker().start();
    const auto last = suite.run(suite.broker().last_published(kTopic));
    ASSERT_TRUE(last);
    std::vector<events::Message> again;
    for (auto position = last->position + 1; position <= suite.published(); ++position) {
      again.push_back(feed_message(MemorySource().epoch, position, ""));
    }
    ASSERT_TRUE(suite.run(suite.broker().publish(kTopic, again)));
    suite.publish_many(5);
    suite.pass(std::chrono::milliseconds(random.below(150)));
    if (life < 11) suite.crash();
  }
  ASSERT_TRUE(suite.until([&] { return suite.stats("push").backlog == 0; }));
  const auto dead = dead_by_data(suite);
  EXPECT_EQ(dead.size(), 60U) << "none is lost";
  for (const auto& [data, count] : dead) {
    EXPECT_EQ(count, 1) << data << " was forwarded and acknowledged in one";
  }
}

TEST_P(BrokerConformance, AsksForADeadLetterTopicThatStoresMessages) {
  BrokerSuite suite(*world_);
  const auto field = [&](const broker::SubscriptionConfig& config) {
    const auto made = suite.run(suite.broker().create_subscription(config));
    return made ? std::string("(made)") : made.error().field;
  };
  EXPECT_EQ(field(with_policy(BrokerSuite::config("sub"))), "dead_letter.topic") << "not there";
  world_->make_stored_topic(kDead);
  EXPECT_EQ(field(with_policy(BrokerSuite::config("sub"), 4)), "dead_letter.max_delivery_attempts");
  EXPECT_EQ(field(with_policy(BrokerSuite::config("sub"), 101)),
            "dead_letter.max_delivery_attempts");
  EXPECT_EQ(field(with_policy(BrokerSuite::config("sub"))), "(made)");
  EXPECT_EQ(suite.run(suite.topology().delete_topic(kDead)).error().code, "topic_in_use");
  auto of_itself = with_policy(BrokerSuite::config("other"));
  of_itself.topic = kDead;
  EXPECT_EQ(field(of_itself), "dead_letter.topic");
}

}  // namespace
}  // namespace orderly::testing
