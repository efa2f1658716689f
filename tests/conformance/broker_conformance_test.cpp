#include "conformance/broker_conformance.hpp"

#include <gmock/gmock.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "conformance/broker_test_kit.hpp"

/// What every adapter of broker::Broker keeps to.
namespace orderly::testing {
namespace {

using broker::Delivery;
using broker::Outcome;
using broker::StartAt;
using broker::SubscriptionConfig;
using ::testing::ElementsAre;
using namespace std::chrono_literals;

constexpr auto kTopic = "order-service-cqrs-event";
constexpr auto kUrl = "http://127.0.0.1:9/push";

std::vector<std::string> numbers(int first, int last) {
  std::vector<std::string> texts;
  for (int number = first; number <= last; ++number) {
    texts.push_back(std::to_string(number));
  }
  return texts;
}

}  // namespace

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(BrokerConformance);

/// The steps that the tests below are written in.
class BrokerSuite {
 public:
  explicit BrokerSuite(BrokerWorld& world) : world_(world) { world_.make_topic(kTopic); }

  broker::Broker& broker() { return world_.broker(); }

  template <class T>
  T run(runtime::Task<T> task) {
    return run_task<T>(
        world_.loop(), [this](const auto& done) { return world_.run_until(done, 5min); },
        std::move(task));
  }

  static SubscriptionConfig config(const std::string& name, StartAt start = StartAt::kBeginning) {
    return {.name = name, .topic = kTopic, .start = start};
  }
  static SubscriptionConfig push_config(const std::string& name, const std::string& url = kUrl) {
    auto made = config(name);
    made.delivery = broker::Push{url};
    return made;
  }

  void subscribe(const std::string& name, Subscriber& subscriber,
                 StartAt start = StartAt::kBeginning) {
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

  bool until(const std::function<bool()>& done, std::chrono::milliseconds patience = 5min) {
    return world_.run_until(done, patience);
  }
  bool until_acknowledged(const Subscriber& subscriber, std::size_t count,
                          std::chrono::milliseconds patience = 5min) {
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

namespace {

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
  std::vector<std::string> last_of_key;
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

TEST_P(BrokerConformance, TakesNoMoreThanABatchAtOnce) {
  BrokerSuite suite(*world_);
  const auto published = suite.publish(std::vector<std::string>(broker::kMaxPublishBatch + 1, ""));
  ASSERT_FALSE(published);
  EXPECT_EQ(published.error().kind, ErrorKind::kTooLarge);
}

}  // namespace
}  // namespace orderly::testing
