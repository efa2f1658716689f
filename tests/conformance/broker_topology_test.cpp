#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "conformance/broker_suite.hpp"

/// How topics and subscriptions are looked at, moved and taken away. Every adapter keeps to it.
namespace orderly::testing {

namespace {

using broker::Delivery;
using broker::Outcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

constexpr auto kStored = "stored-topic";

broker::SubscriptionConfig of_stored(const std::string& name) {
  auto config = BrokerSuite::config(name);
  config.topic = kStored;
  return config;
}

void append(BrokerSuite& suite, const std::vector<std::string>& datas) {
  std::vector<events::Message> messages;
  for (const auto& data : datas) {
    messages.push_back({.data = data});
  }
  ASSERT_TRUE(suite.run(suite.puller().append(kStored, std::move(messages))));
}

std::vector<std::string> pulled_texts(BrokerSuite& suite, const std::string& name) {
  std::vector<std::string> texts;
  for (const auto& one : suite.pull(name, 1000)) {
    texts.push_back(one.message->data);
  }
  return texts;
}

TEST_P(BrokerConformance, DescribesTopicsAndSubscriptions) {
  BrokerSuite suite(*world_);
  world_->make_stored_topic(kStored);
  auto config = of_stored("sub");
  config.delivery = broker::Push{.url = kUrl, .unwrapped = true, .write_metadata = true};
  config.ack_deadline = 33s;
  config.retry = {.minimum = 0ms, .maximum = 7s};
  config.ordered = false;
  config.filter = "attributes:x";
  world_->make_stored_topic("dead-letters");
  config.dead_letter = broker::DeadLetterPolicy{"dead-letters", 17};
  config.retention = 3h;
  config.retain_acknowledged = true;
  world_->serve(kUrl, std::make_shared<Subscriber>(world_->loop()));
  ASSERT_TRUE(suite.run(suite.broker().create_subscription(config)));
  suite.subscribe_pull("pulled");
  for (int life = 0; life < 2; ++life) {
    const auto topics = suite.run(suite.topology().topics());
    ASSERT_EQ(topics.size(), 3U);
    EXPECT_EQ(topics[0].name, "dead-letters");
    EXPECT_EQ(topics[1].name, kTopic);
    EXPECT_EQ(topics[2], (broker::TopicInfo{.name = kStored, .is_view = false, .head = 0}));
    const auto subscriptions = suite.run(suite.topology().subscriptions());
    ASSERT_EQ(subscriptions.size(), 2U);
    EXPECT_EQ(subscriptions[0].config.name, "pulled");
    const auto& now = subscriptions[1];
    EXPECT_EQ(now.config.name, "sub");
    EXPECT_EQ(now.config.topic, kStored);
    EXPECT_EQ(now.config.delivery, config.delivery);
    EXPECT_EQ(now.config.ack_deadline, 33s);
    EXPECT_EQ(now.config.retry.minimum, 0ms);
    EXPECT_EQ(now.config.retry.maximum, 7s);
    EXPECT_FALSE(now.config.ordered);
    EXPECT_EQ(now.config.filter, "attributes:x");
    EXPECT_EQ(now.config.dead_letter, config.dead_letter);
    EXPECT_EQ(now.config.retention, 3h);
    EXPECT_TRUE(now.config.retain_acknowledged);
    EXPECT_FALSE(now.detached);
    EXPECT_FALSE(now.topic_deleted);
    suite.crash();  // what was answered is durable
  }
}

TEST_P(BrokerConformance, SaysWhatIsNotThere) {
  BrokerSuite suite(*world_);
  auto& topology = suite.topology();
  EXPECT_EQ(suite.run(topology.topic("nothing")).error().code, "topic_not_found");
  EXPECT_EQ(suite.run(topology.delete_topic("nothing")).error().code, "topic_not_found");
  const std::string none = "subscription_not_found";
  EXPECT_EQ(suite.run(topology.subscription("nothing")).error().code, none);
  EXPECT_EQ(suite.run(topology.delete_subscription("nothing")).error().code, none);
  EXPECT_EQ(suite.run(topology.detach_subscription("nothing")).error().code, none);
  EXPECT_EQ(suite.run(topology.seek("nothing", broker::SeekToEnd{})).error().code, none);
  EXPECT_EQ(suite.run(suite.puller().append("nothing", {})).error().code, "topic_not_found");
}

TEST_P(BrokerConformance, DeletesASubscriptionInEveryState) {
  BrokerSuite suite(*world_);
  suite.broker().start();
  const auto pushed = suite.subscribe_push("push");
  pushed->hanging = true;
  const auto rejecting = suite.subscribe_push("rejecting", "http://127.0.0.1:9/rejecting");
  rejecting->decide = [](const Delivery&) { return Outcome::reject("no"); };
  suite.subscribe_pull("pulled");
  suite.publish_many(5);
  ASSERT_TRUE(suite.until([&] { return pushed->in_flight > 0; }));
  ASSERT_TRUE(suite.until([&] { return suite.stats("rejecting").rejected > 0; }));
  const auto leased = suite.pull("pulled", 5);
  ASSERT_EQ(leased.size(), 5U);
  const auto waiting = suite.begin_pull("pulled", 1, 20s);
  suite.pass(1ms);
  for (const auto* name : {"push", "rejecting", "pulled"}) {
    EXPECT_FALSE(world_->metrics_of(name).empty());
    ASSERT_TRUE(suite.run(suite.topology().delete_subscription(name))) << name;
    EXPECT_TRUE(world_->metrics_of(name).empty()) << name;
  }
  ASSERT_TRUE(suite.until([&] { return waiting->done; }, 1s));
  EXPECT_EQ(waiting->code, "subscription_detached");
  pushed->let_go();
  suite.pass(1min);
  EXPECT_THAT(suite.broker().stats(), IsEmpty());

  suite.subscribe_pull("pulled");
  EXPECT_THAT(suite.run(suite.puller().acknowledge("pulled", {leased[0].ack_id})), Result<void>());
  EXPECT_EQ(world_->metrics_of("pulled")["orderly_subscription_acknowledged_total"], 0);
  suite.restart();
  EXPECT_EQ(suite.run(suite.topology().subscriptions()).size(), 1U);
}

TEST_P(BrokerConformance, KeepsWhatItDeliversToItself) {
  BrokerSuite suite(*world_);
  Subscriber subscriber(world_->loop());
  suite.subscribe("sub", subscriber);
  EXPECT_EQ(suite.run(suite.topology().delete_subscription("sub")).error().code,
            "subscription_in_use");
}

TEST_P(BrokerConformance, DetachesASubscription) {
  BrokerSuite suite(*world_);
  suite.broker().start();
  const auto pushed = suite.subscribe_push("push");
  pushed->hanging = true;
  suite.publish_many(5);
  ASSERT_TRUE(suite.until([&] { return pushed->in_flight == 1; }));
  ASSERT_TRUE(suite.run(suite.topology().detach_subscription("push")));
  ASSERT_TRUE(suite.run(suite.topology().detach_subscription("push"))) << "again";
  pushed->let_go();
  suite.publish_many(5);
  suite.pass(1min);
  EXPECT_EQ(pushed->received.size(), 1U);
  EXPECT_EQ(suite.stats("push").backlog, 0);
  for (int life = 0; life < 2; ++life) {
    const auto info = suite.run(suite.topology().subscription("push"));
    ASSERT_TRUE(info);
    EXPECT_TRUE(info->detached);
    EXPECT_FALSE(info->topic_deleted);
    EXPECT_EQ(suite.run(suite.broker().create_subscription(BrokerSuite::push_config("push")))
                  .error()
                  .code,
              "subscription_detached");
    EXPECT_EQ(suite.run(suite.topology().seek("push", broker::SeekToBeginning{})).error().code,
              "subscription_detached");
    suite.crash();
    suite.broker().start();
  }
}

TEST_P(BrokerConformance, DeletesATopicAndTakesItsNameAgain) {
  BrokerSuite suite(*world_);
  world_->make_stored_topic(kStored);
  suite.broker().start();
  suite.subscribe_pull(of_stored("sub"));
  append(suite, {"1", "2", "3"});
  const auto leased = suite.pull("sub", 2);
  ASSERT_EQ(leased.size(), 2U);
  const auto waiting = suite.begin_pull("sub", 5, 20s);
  ASSERT_TRUE(suite.run(suite.topology().delete_topic(kStored)));
  ASSERT_TRUE(suite.until([&] { return waiting->done; }, 1s));
  EXPECT_EQ(suite.run(suite.puller().acknowledge("sub", {leased[0].ack_id})).error().code,
            "subscription_detached");
  world_->make_stored_topic(kStored);
  append(suite, {"4"});
  for (int life = 0; life < 2; ++life) {
    const auto info = suite.run(suite.topology().subscription("sub"));
    ASSERT_TRUE(info);
    EXPECT_TRUE(info->detached);
    EXPECT_TRUE(info->topic_deleted);
    EXPECT_EQ(info->config.topic, kStored);
    EXPECT_EQ(suite.run(suite.topology().topic(kStored))->head, 1);
    suite.restart();
    suite.broker().start();
  }
  ASSERT_TRUE(suite.run(suite.topology().delete_subscription("sub")));
  suite.subscribe_pull(of_stored("sub"));
  append(suite, {"5"});
  EXPECT_EQ(suite.run(suite.topology().subscription("sub"))->topic_deleted, false);
  EXPECT_EQ(pulled_texts(suite, "sub").back(), "5");
}

TEST_P(BrokerConformance, SeeksToPositionsAndBothEnds) {
  BrokerSuite suite(*world_);
  suite.subscribe_pull("sub");
  suite.subscribe_pull("keeper");  // acknowledges nothing, so that all is still there
  suite.broker().start();
  suite.publish_many(10);
  const auto all = suite.pull("sub", 10);
  ASSERT_EQ(all.size(), 10U);
  suite.acknowledge("sub", {all[0].ack_id});
  ASSERT_TRUE(suite.run(suite.topology().seek("sub", broker::SeekTarget(Position{8}))));
  suite.acknowledge("sub", {all[8].ack_id});
  EXPECT_EQ(suite.stats("sub").backlog, 3) << "ids of before are of no worth";
  EXPECT_THAT(pulled_texts(suite, "sub"), ElementsAre("8", "9", "10"));
  ASSERT_TRUE(suite.run(suite.topology().seek("sub", broker::SeekToBeginning{})));
  EXPECT_EQ(suite.stats("sub").backlog, 10);
  suite.crash();
  suite.broker().start();
  EXPECT_EQ(pulled_texts(suite, "sub").size(), 10U) << "a seek is durable";
  ASSERT_TRUE(suite.run(suite.topology().seek("sub", broker::SeekToEnd{})));
  EXPECT_EQ(suite.stats("sub").backlog, 0);
  for (const Position wrong : {Position{0}, Position{-1}, Position{11}}) {
    const auto sought = suite.run(suite.topology().seek("sub", broker::SeekTarget(wrong)));
    ASSERT_FALSE(sought) << wrong;
    EXPECT_EQ(sought.error().field, "position");
  }
}

TEST_P(BrokerConformance, SeeksToATime) {
  BrokerSuite suite(*world_);
  suite.subscribe_pull("sub");
  suite.subscribe_pull("keeper");
  suite.broker().start();
  for (int i = 0; i < 20; ++i) {
    suite.publish_many(1);
    suite.pass(1s);
  }
  std::vector<UtcTime> times;
  const auto all = suite.pull("sub", 100);
  for (const auto& one : all) {
    times.push_back(one.message->publish_time);
  }
  ASSERT_EQ(times.size(), 20U);
  const auto backlog_from = [&](UtcTime time) {
    EXPECT_TRUE(suite.run(suite.topology().seek("sub", broker::SeekTarget(time))));
    return suite.stats("sub").backlog;
  };
  EXPECT_EQ(backlog_from(times[7]), 13) << "at a message, it is unacknowledged";
  EXPECT_EQ(backlog_from(times[7] + 1us), 12);
  EXPECT_EQ(backlog_from(times[0] - 1h), 20);
  EXPECT_EQ(backlog_from(times[19] + 1us), 0);
  EXPECT_EQ(backlog_from(times[19]), 1);
}

TEST_P(BrokerConformance, SeeksWhileRequestsAreInFlight) {
  BrokerSuite suite(*world_);
  suite.broker().start();
  const auto pushed = suite.subscribe_push("push");
  suite.subscribe_pull("keeper");
  suite.publish_many(50);
  ASSERT_TRUE(suite.until_acknowledged(*pushed, 50));
  pushed->hanging = true;
  suite.publish_many(50);
  ASSERT_TRUE(suite.until([&] { return pushed->in_flight > 10; }));
  ASSERT_TRUE(suite.run(suite.topology().seek("push", broker::SeekToBeginning{})));
  pushed->let_go();
  ASSERT_TRUE(suite.until([&] { return suite.stats("push").backlog == 0; }));
  for (int number = 1; number <= 50; ++number) {
    EXPECT_GE(pushed->count(std::to_string(number)), 2) << number;
  }
}

TEST_P(BrokerConformance, TakesOutsidersMessagesWhateverTheirAttributesSay) {
  BrokerSuite suite(*world_);
  world_->make_stored_topic(kStored);
  suite.broker().start();
  suite.subscribe_pull(of_stored("sub"));
  auto message = feed_message(MemorySource().epoch, 7, "key");
  const auto ids = suite.run(suite.puller().append(kStored, {message, message}));
  ASSERT_TRUE(ids);
  EXPECT_THAT(*ids, ElementsAre("1", "2"));
  suite.crash();
  suite.broker().start();
  const auto pulled = suite.pull("sub", 10);
  ASSERT_EQ(pulled.size(), 2U) << "they were synced";
  EXPECT_EQ(pulled[0].message->attributes, message.attributes);
  EXPECT_EQ(pulled[0].message->ordering_key, "key");
  EXPECT_EQ(suite.run(suite.broker().last_published(kStored)), Cursor{});
}

}  // namespace
}  // namespace orderly::testing
