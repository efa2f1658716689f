#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "conformance/broker_suite.hpp"

/// What a topic takes, and what it knows of its feed. Every adapter of broker::Broker keeps to it.
namespace orderly::testing {

namespace {

using namespace std::chrono_literals;

TEST_P(BrokerConformance, PassesOverWhatWasPublishedBefore) {
  BrokerSuite suite(*world_);
  Subscriber subscriber(world_->loop());
  suite.subscribe("sub", subscriber);
  suite.broker().start();
  std::vector<events::Message> messages;
  for (int i = 0; i < 5; ++i) {
    messages.push_back(world_->next_event(kTopic, ""));
  }
  const std::vector<events::Message> first(messages.begin(), messages.begin() + 3);
  ASSERT_TRUE(suite.run(suite.broker().publish(kTopic, first)));
  ASSERT_TRUE(suite.run(suite.broker().publish(kTopic, first)));
  ASSERT_TRUE(suite.run(suite.broker().publish(kTopic, messages)));
  ASSERT_TRUE(suite.until_acknowledged(subscriber, 5));
  suite.pass(1min);
  EXPECT_EQ(subscriber.texts(), numbers(1, 5));
}

TEST_P(BrokerConformance, RefusesAGapAndAnotherEpoch) {
  BrokerSuite suite(*world_);
  Subscriber subscriber(world_->loop());
  suite.subscribe("sub", subscriber);
  suite.broker().start();
  const auto one = world_->next_event(kTopic, "");
  const auto two = world_->next_event(kTopic, "");
  const auto three = world_->next_event(kTopic, "");
  const auto gap_at_the_beginning = suite.run(suite.broker().publish(kTopic, {two}));
  ASSERT_FALSE(gap_at_the_beginning);
  EXPECT_EQ(gap_at_the_beginning.error().code, "position_gap");
  const auto gap = suite.run(suite.broker().publish(kTopic, {one, three}));
  ASSERT_FALSE(gap);
  EXPECT_EQ(gap.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(gap.error().code, "position_gap");
  suite.pass(1s);
  EXPECT_TRUE(subscriber.received.empty()) << "all or none";

  ASSERT_TRUE(suite.run(suite.broker().publish(kTopic, {one, two, three})));
  const Uuid other = *Uuid::parse("0190b3a0-0000-7000-8000-0000000000ff");
  const auto foreign = suite.run(suite.broker().publish(kTopic, {feed_message(other, 4, "")}));
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(foreign.error().code, "epoch_conflict");
  ASSERT_TRUE(suite.until_acknowledged(subscriber, 3));
}

TEST_P(BrokerConformance, RefusesAPlaceThatIsNone) {
  BrokerSuite suite(*world_);
  for (const auto& [name, value] : std::map<std::string, std::string>{
           {"epoch", "no-uuid"}, {"position", "0"}, {"position", "-1"}, {"position", "1x"}}) {
    auto message = feed_message(MemorySource().epoch, 1, "");
    message.attributes.set(name, value);
    const auto published = suite.run(suite.broker().publish(kTopic, {message}));
    ASSERT_FALSE(published) << name << " " << value;
    EXPECT_EQ(published.error().kind, ErrorKind::kInvalid);
    EXPECT_EQ(published.error().field, name);
  }
}

TEST_P(BrokerConformance, KnowsWhatWasPublishedLast) {
  BrokerSuite suite(*world_);
  suite.broker().start();
  EXPECT_EQ(suite.run(suite.broker().last_published(kTopic)), Cursor{});
  std::vector<events::Message> messages{world_->next_event(kTopic, ""),
                                        world_->next_event(kTopic, "")};
  const auto event_id = Uuid::parse(*messages[1].attributes.find("event_id"));
  const auto epoch = Uuid::parse(*messages[1].attributes.find("epoch"));
  ASSERT_TRUE(suite.run(suite.broker().publish(kTopic, messages)));
  const Cursor expected{*epoch, 2, *event_id};
  EXPECT_EQ(suite.run(suite.broker().last_published(kTopic)), expected);
  suite.restart();
  EXPECT_EQ(suite.run(suite.broker().last_published(kTopic)), expected);
}

TEST_P(BrokerConformance, TakesNoMoreThanABatchAtOnce) {
  BrokerSuite suite(*world_);
  const auto published = suite.publish(std::vector<std::string>(broker::kMaxPublishBatch + 1, ""));
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().kind, ErrorKind::kTooLarge);
}

}  // namespace
}  // namespace orderly::testing
