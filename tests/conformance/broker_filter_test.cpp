#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "conformance/broker_suite.hpp"

/// Filters and retention: what a subscription does not get. Every adapter keeps to it.
namespace orderly::testing {

namespace {

using broker::Delivery;
using broker::Outcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

constexpr auto kStored = "stored-topic";

TEST_P(BrokerConformance, DeliversOnlyWhatMatchesTheFilter) {
  BrokerSuite suite(*world_);
  const auto pushed = std::make_shared<Subscriber>(world_->loop());
  world_->serve(kUrl, pushed);
  auto config = BrokerSuite::push_config("push");
  config.filter = R"(attributes.position = "3" OR hasPrefix(attributes.position, "1"))";
  ASSERT_TRUE(suite.run(suite.broker().create_subscription(config)));
  config.name = "pulled";
  suite.subscribe_pull(config);
  suite.broker().start();
  suite.publish_many(20);
  ASSERT_TRUE(suite.until([&] { return suite.stats("push").backlog == 0; }));
  EXPECT_EQ(pushed->acknowledged.size(), 12U);
  EXPECT_EQ(suite.stats("push").delivered, 12);
  EXPECT_EQ(suite.stats("push").acknowledged, 12);
  const auto pulled = suite.pull("pulled", 100);
  EXPECT_EQ(pulled.size(), 12U);
  EXPECT_EQ(suite.stats("pulled").backlog, 12) << "what was passed over is no backlog";
}

TEST_P(BrokerConformance, KeepsAFilterAcrossARestartAndASeek) {
  BrokerSuite suite(*world_);
  auto config = BrokerSuite::config("sub");
  config.filter = R"(attributes.position = "2")";
  suite.subscribe_pull(config);
  suite.subscribe_pull("keeper");
  suite.broker().start();
  suite.publish_many(3);
  suite.restart();
  suite.broker().start();
  auto pulled = suite.pull("sub", 10);
  ASSERT_EQ(pulled.size(), 1U);
  suite.acknowledge("sub", {pulled[0].ack_id});
  EXPECT_EQ(suite.stats("sub").backlog, 0);
  ASSERT_TRUE(suite.run(suite.topology().seek("sub", broker::SeekToBeginning{})));
  pulled = suite.pull("sub", 10);
  ASSERT_EQ(pulled.size(), 1U);
  EXPECT_EQ(pulled[0].message->data, "2");
}

TEST_P(BrokerConformance, PassesOverALongStretchThatDoesNotMatch) {
  BrokerSuite suite(*world_);
  auto config = BrokerSuite::config("sub");
  config.filter = R"(attributes.position = "20001")";
  suite.subscribe_pull(config);
  suite.broker().start();
  suite.publish_many(20'001);
  const auto pulled = suite.pull("sub", 10);
  ASSERT_EQ(pulled.size(), 1U);
  EXPECT_EQ(pulled[0].message->data, "20001");
}

TEST_P(BrokerConformance, NeverChangesAFilter) {
  BrokerSuite suite(*world_);
  auto config = BrokerSuite::config("sub");
  suite.subscribe_pull(config);
  config.delivery = broker::Pull{};
  config.filter = "attributes:a";
  EXPECT_EQ(suite.run(suite.broker().create_subscription(config)).error().code,
            "subscription_differs");
  config.name = "other";
  config.filter = "attributes:a AND";
  const auto made = suite.run(suite.broker().create_subscription(config));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().field, "filter");
}

/// Of a topic that stores its messages.
class Stored {
 public:
  Stored(BrokerWorld& world, BrokerSuite& suite) : suite_(suite) {
    world.make_stored_topic(kStored);
  }
  static broker::SubscriptionConfig config(const std::string& name) {
    auto config = BrokerSuite::config(name);
    config.topic = kStored;
    config.retention = 10min;
    return config;
  }
  void append(int count) {
    std::vector<events::Message> messages;
    for (int i = 0; i < count; ++i) {
      messages.push_back({.data = std::to_string(++appended_)});
    }
    ASSERT_TRUE(suite_.run(suite_.puller().append(kStored, std::move(messages))));
  }
  std::vector<std::string> pull(const std::string& name) {
    std::vector<std::string> texts;
    for (const auto& one : suite_.pull(name, 1000)) {
      texts.push_back(one.message->data);
    }
    return texts;
  }

 private:
  BrokerSuite& suite_;
  int appended_ = 0;
};

TEST_P(BrokerConformance, DropsAndCountsWhatNobodyTookWithinItsRetention) {
  BrokerSuite suite(*world_);
  Stored stored(*world_, suite);
  suite.subscribe_pull(Stored::config("sub"));
  auto patient = Stored::config("patient");
  patient.retention = 1h;
  suite.subscribe_pull(patient);
  suite.broker().start();
  stored.append(3);
  EXPECT_EQ(stored.pull("sub").size(), 3U);
  suite.pass(8min);
  stored.append(2);
  suite.pass(4min);
  EXPECT_EQ(suite.stats("sub").backlog, 2);
  EXPECT_EQ(world_->metrics_of("sub")["orderly_subscription_expired_total"], 3);
  EXPECT_THAT(stored.pull("sub"), ElementsAre("4", "5"));
  EXPECT_EQ(stored.pull("patient").size(), 5U) << "each has its own retention";
  suite.restart();
  suite.broker().start();
  EXPECT_THAT(stored.pull("sub"), ElementsAre("4", "5"));
  suite.pass(2h);
  EXPECT_EQ(suite.stats("sub").backlog, 0);
  EXPECT_EQ(suite.stats("patient").backlog, 0);
}

TEST_P(BrokerConformance, BringsBackWhatItRetainedAfterItsAcknowledgement) {
  BrokerSuite suite(*world_);
  Stored stored(*world_, suite);
  auto config = Stored::config("sub");
  config.retain_acknowledged = true;
  suite.subscribe_pull(config);
  suite.broker().start();
  stored.append(3);
  const auto first = suite.pull("sub", 10);
  ASSERT_EQ(first.size(), 3U);
  suite.acknowledge("sub", {first[0].ack_id, first[1].ack_id, first[2].ack_id});
  suite.pass(5min);
  suite.restart();
  suite.broker().start();
  ASSERT_TRUE(suite.run(suite.topology().seek("sub", broker::SeekToBeginning{})));
  EXPECT_THAT(stored.pull("sub"), ElementsAre("1", "2", "3"));
  suite.pass(20min);
  ASSERT_TRUE(suite.run(suite.topology().seek("sub", broker::SeekToBeginning{})));
  EXPECT_THAT(stored.pull("sub"), IsEmpty()) << "its retention is over";
}

TEST_P(BrokerConformance, LosesNothingOfAFeedByRetention) {
  BrokerSuite suite(*world_);
  const auto topic = suite.run(suite.topology().topic(kTopic));
  ASSERT_TRUE(topic);
  auto config = BrokerSuite::config("sub");
  config.retention = 10min;
  suite.subscribe_pull(config);
  suite.broker().start();
  suite.publish_many(5);
  suite.pass(2h);
  EXPECT_EQ(suite.stats("sub").backlog, topic->is_view ? 5 : 0);
}

}  // namespace
}  // namespace orderly::testing
