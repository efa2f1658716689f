#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "conformance/broker_suite.hpp"

/// How subscriptions come to be, change, and are looked at. Every adapter of broker::Broker keeps
/// to it.
namespace orderly::testing {

namespace {

using broker::StartAt;

TEST_P(BrokerConformance, StartsASubscriptionAtTheHeadOrAtTheBeginning) {
  BrokerSuite suite(*world_);
  suite.publish_many(3);
  Subscriber all(world_->loop());
  Subscriber fresh(world_->loop());
  suite.subscribe("all", all, StartAt::kBeginning);
  suite.subscribe("fresh", fresh, StartAt::kHead);
  suite.broker().start();
  suite.publish_many(2);
  ASSERT_TRUE(suite.until_acknowledged(fresh, 2));
  EXPECT_EQ(fresh.texts(), numbers(4, 5));
  // A broker may keep nothing of before its first subscription, unless it is a view.
  ASSERT_TRUE(suite.until([&] { return suite.stats("all").backlog == 0; }));
  EXPECT_EQ(all.acknowledged, numbers(1, 5));
}

TEST_P(BrokerConformance, DeliversWhatIsAttachedOrCreatedAfterTheStart) {
  BrokerSuite suite(*world_);
  suite.broker().start();
  Subscriber subscriber(world_->loop());
  suite.subscribe("sub", subscriber);
  const auto pushed = suite.subscribe_push("push");
  suite.publish_many(10);
  EXPECT_TRUE(suite.until_acknowledged(subscriber, 10));
  EXPECT_TRUE(suite.until_acknowledged(*pushed, 10));
}

TEST_P(BrokerConformance, ChangesSettingsAndKeepsProgress) {
  BrokerSuite suite(*world_);
  const auto old_place = suite.subscribe_push("push");
  suite.broker().start();
  suite.publish_many(3);
  ASSERT_TRUE(suite.until([&] { return suite.stats("push").backlog == 0; }));
  const auto new_place = suite.subscribe_push("push", "http://127.0.0.1:9/elsewhere");
  suite.publish_many(2);
  ASSERT_TRUE(suite.until_acknowledged(*new_place, 2));
  EXPECT_EQ(new_place->texts(), numbers(4, 5));
  EXPECT_EQ(old_place->texts(), numbers(1, 3));
}

TEST_P(BrokerConformance, MovesASubscriptionFromPushIntoTheProcess) {
  BrokerSuite suite(*world_);
  const auto pushed = suite.subscribe_push("sub");
  suite.broker().start();
  suite.publish_many(3);
  ASSERT_TRUE(suite.until([&] { return suite.stats("sub").backlog == 0; }));
  Subscriber subscriber(world_->loop());
  suite.subscribe("sub", subscriber);
  suite.publish_many(2);
  ASSERT_TRUE(suite.until_acknowledged(subscriber, 2));
  EXPECT_EQ(subscriber.texts(), numbers(4, 5));
  EXPECT_EQ(pushed->texts(), numbers(1, 3));
}

TEST_P(BrokerConformance, CountsWhatASubscriptionDoes) {
  BrokerSuite suite(*world_);
  Subscriber subscriber(world_->loop());
  subscriber.hanging = true;
  suite.subscribe("sub", subscriber);
  suite.broker().start();
  suite.publish_many(5);
  ASSERT_TRUE(suite.until([&] { return suite.stats("sub").in_flight == 5; }));
  auto stats = suite.stats("sub");
  EXPECT_EQ(stats.topic, kTopic);
  EXPECT_EQ(stats.backlog, 5);
  EXPECT_EQ(stats.delivered, 5);
  EXPECT_EQ(stats.acknowledged, 0);
  ASSERT_TRUE(stats.oldest);
  subscriber.let_go();
  ASSERT_TRUE(suite.until([&] { return suite.stats("sub").acknowledged == 5; }));
  stats = suite.stats("sub");
  EXPECT_EQ(stats.backlog, 0);
  EXPECT_EQ(stats.in_flight, 0);
  EXPECT_EQ(stats.redelivered, 0);
  EXPECT_EQ(stats.rejected, 0);
  EXPECT_FALSE(stats.oldest);
}

TEST_P(BrokerConformance, NamesWhatIsNotThere) {
  BrokerSuite suite(*world_);
  Subscriber subscriber(world_->loop());
  EXPECT_EQ(suite.run(suite.broker().publish("no-topic", {})).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(suite.run(suite.broker().last_published("no-topic")).error().kind,
            ErrorKind::kNotFound);
  auto config = BrokerSuite::config("sub");
  config.topic = "no-topic";
  EXPECT_EQ(suite.run(suite.broker().create_subscription(config)).error().kind,
            ErrorKind::kNotFound);
  EXPECT_EQ(suite.run(suite.broker().attach("no-sub", subscriber)).error().kind,
            ErrorKind::kNotFound);
}

TEST_P(BrokerConformance, RefusesWhatContradictsASubscription) {
  BrokerSuite suite(*world_);
  world_->make_topic("another-topic");
  Subscriber subscriber(world_->loop());
  suite.subscribe("sub", subscriber);
  EXPECT_EQ(suite.run(suite.broker().attach("sub", subscriber)).error().kind, ErrorKind::kConflict);
  auto config = BrokerSuite::config("sub");
  config.topic = "another-topic";
  EXPECT_EQ(suite.run(suite.broker().create_subscription(config)).error().kind,
            ErrorKind::kConflict);
  config = BrokerSuite::config("sub");
  config.ordered = false;
  EXPECT_EQ(suite.run(suite.broker().create_subscription(config)).error().kind,
            ErrorKind::kConflict);
}

}  // namespace
}  // namespace orderly::testing
