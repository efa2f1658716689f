#include "conformance/broker_suite.hpp"

/// What a broker does when the feed behind a topic has another history from some place on.
namespace orderly::testing {
namespace {

using namespace std::chrono_literals;

const Uuid kNextEpoch = *Uuid::parse("0190b3a0-0000-7000-8000-0000000000ff");

TEST_P(BrokerConformance, KnowsPlacesThatWerePublished) {
  BrokerSuite suite(*world_);
  suite.broker().start();
  ASSERT_TRUE(suite.publish({"", ""}));
  suite.pass(1s);
  ASSERT_TRUE(suite.publish({""}));
  auto places = suite.run(suite.broker().places(kTopic));
  ASSERT_TRUE(places);
  EXPECT_EQ(places->back(), *suite.run(suite.broker().last_published(kTopic)));
  EXPECT_EQ(places->front().position, 2);
  suite.restart();
  places = suite.run(suite.broker().places(kTopic));
  ASSERT_TRUE(places);
  EXPECT_EQ(places->back().position, 3);
  EXPECT_EQ(suite.run(suite.broker().places("nowhere")).error().kind, ErrorKind::kNotFound);
}

TEST_P(BrokerConformance, GoesOnFromAFork) {
  BrokerSuite suite(*world_);
  Subscriber subscriber(world_->loop());
  suite.subscribe("sub", subscriber);
  suite.broker().start();
  ASSERT_TRUE(suite.publish({"", "", "", ""}));
  ASSERT_TRUE(suite.until_acknowledged(subscriber, 4));
  suite.pass(1s);
  const auto places = suite.run(suite.broker().places(kTopic));
  const Cursor last = *suite.run(suite.broker().last_published(kTopic));
  const Cursor beyond{kNextEpoch, last.position + 1, last.event_id};
  EXPECT_EQ(suite.run(suite.broker().take_back(kTopic, beyond)).error().kind, ErrorKind::kInvalid);

  // A new epoch alone: nothing is published or delivered again.
  ASSERT_TRUE(
      suite.run(suite.broker().take_back(kTopic, {kNextEpoch, last.position, last.event_id})));
  EXPECT_EQ(suite.run(suite.broker().last_published(kTopic))->epoch, kNextEpoch);
  ASSERT_TRUE(suite.run(suite.broker().publish(kTopic, {feed_message(kNextEpoch, 5, "")})));
  ASSERT_TRUE(suite.until_acknowledged(subscriber, 5));
  suite.pass(1s);
  EXPECT_EQ(subscriber.acknowledged.size(), 5U);

  // From before all of it.
  const Uuid third = *Uuid::parse("0190b3a0-0000-7000-8000-0000000000fe");
  ASSERT_TRUE(suite.run(suite.broker().take_back(kTopic, {third, 0, {}})));
  ASSERT_TRUE(suite.run(
      suite.broker().publish(kTopic, {feed_message(third, 1, ""), feed_message(third, 2, "")})));
  ASSERT_TRUE(suite.until_acknowledged(subscriber, 7));
  const Cursor now = *suite.run(suite.broker().last_published(kTopic));
  EXPECT_EQ(now.epoch, third);
  EXPECT_EQ(now.position, 2);
  suite.restart();
  EXPECT_EQ(*suite.run(suite.broker().last_published(kTopic)), now);
}

}  // namespace
}  // namespace orderly::testing
