#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "conformance/broker_suite.hpp"

/// What survives a restart and a crash. Every adapter of broker::Broker keeps to it.
namespace orderly::testing {

namespace {

using broker::Delivery;
using broker::Outcome;
using ::testing::ElementsAre;
using namespace std::chrono_literals;

TEST_P(BrokerConformance, RedeliversOnlyWhatIsUnacknowledgedAfterARestart) {
  BrokerSuite suite(*world_);
  const auto before = suite.subscribe_push("push");
  before->decide = [](const Delivery& delivery) {
    return delivery.message->data == "3" || delivery.message->data == "7"
               ? Outcome::reject("not now")
               : Outcome::acknowledge();
  };
  suite.broker().start();
  suite.publish_many(10);
  ASSERT_TRUE(suite.until_acknowledged(*before, 8));
  suite.restart();
  const auto after = suite.subscribe_push("push");
  suite.broker().start();
  ASSERT_TRUE(suite.until([&] { return suite.stats("push").backlog == 0; }));
  EXPECT_THAT(after->acknowledged, ::testing::UnorderedElementsAre("3", "7"));
  for (const auto& received : after->received) {
    EXPECT_GT(received.attempt, 1) << "rejections survive a restart";
  }
}

TEST_P(BrokerConformance, KeepsTheTimeOfARetryAcrossARestart) {
  BrokerSuite suite(*world_);
  auto config = BrokerSuite::config("sub");
  config.retry = {.minimum = 60s, .maximum = 60s};
  Subscriber before(world_->loop());
  before.decide = [](const Delivery&) { return Outcome::reject("later"); };
  ASSERT_TRUE(suite.run(suite.broker().create_subscription(config)));
  ASSERT_TRUE(suite.run(suite.broker().attach("sub", before)));
  suite.broker().start();
  ASSERT_TRUE(suite.publish({"a"}));
  ASSERT_TRUE(suite.until([&] { return suite.stats("sub").rejected == 1; }));
  suite.restart();
  Subscriber after(world_->loop());
  ASSERT_TRUE(suite.run(suite.broker().attach("sub", after)));
  suite.broker().start();
  suite.pass(25s);
  EXPECT_TRUE(after.received.empty());
  EXPECT_TRUE(suite.until_acknowledged(after, 1, 40s));
}

TEST_P(BrokerConformance, HoldsBackAKeyAcrossARestart) {
  BrokerSuite suite(*world_);
  const auto before = suite.subscribe_push("push");
  before->decide = [](const Delivery& delivery) {
    return delivery.message->ordering_key == "a" ? Outcome::reject("no") : Outcome::acknowledge();
  };
  suite.broker().start();
  ASSERT_TRUE(suite.publish({"a", "b", "a", "b", "a"}));
  ASSERT_TRUE(suite.until_acknowledged(*before, 2));
  suite.restart();
  const auto after = suite.subscribe_push("push");
  suite.broker().start();
  ASSERT_TRUE(suite.until([&] { return suite.stats("push").backlog == 0; }));
  EXPECT_THAT(after->acknowledged, ElementsAre("1", "3", "5"));
}

TEST_P(BrokerConformance, LosesNothingInCrashes) {
  BrokerSuite suite(*world_);
  SeededRandom random(11);
  std::map<std::string, int> acknowledged;
  for (int life = 0; life < 8; ++life) {
    const auto subscriber = suite.subscribe_push("push");
    subscriber->decide = [&](const Delivery& delivery) {
      if (random.one_in(4)) return Outcome::reject("bad luck");
      ++acknowledged[delivery.message->data];
      return Outcome::acknowledge();
    };
    suite.broker().start();
    // What the broker forgot is published again, as a relay does.
    const auto last = suite.run(suite.broker().last_published(kTopic));
    ASSERT_TRUE(last);
    ASSERT_LE(last->position, suite.published());
    std::vector<events::Message> again;
    const Uuid epoch = MemorySource().epoch;
    for (auto position = last->position + 1; position <= suite.published(); ++position) {
      again.push_back(feed_message(epoch, position, ""));
    }
    ASSERT_TRUE(suite.run(suite.broker().publish(kTopic, again)));
    suite.publish_many(50);
    suite.pass(std::chrono::milliseconds(random.below(2000)));
    if (life < 7) suite.crash();
  }
  ASSERT_TRUE(suite.until([&] { return suite.stats("push").backlog == 0; }));
  EXPECT_EQ(acknowledged.size(), 400U);
}

TEST_P(BrokerConformance, ReachesBackBeyondWhatItHasInMemory) {
  BrokerSuite suite(*world_);
  ASSERT_TRUE(suite.run(suite.broker().create_subscription(BrokerSuite::config("sub"))));
  suite.publish_many(20'000);
  Subscriber subscriber(world_->loop());
  ASSERT_TRUE(suite.run(suite.broker().attach("sub", subscriber)));
  suite.broker().start();
  ASSERT_TRUE(suite.until_acknowledged(subscriber, 20'000));
  EXPECT_EQ(subscriber.texts(), numbers(1, 20'000));
}

}  // namespace
}  // namespace orderly::testing
