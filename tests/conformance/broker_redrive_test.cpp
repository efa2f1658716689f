#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "conformance/broker_suite.hpp"

/// Dead letters are kept until they are redriven or dropped, and where a subscription asks for it,
/// their keys wait. Every adapter keeps to it.
namespace orderly::testing {
namespace {

using broker::Delivery;
using broker::KeptLetter;
using broker::LetterFate;
using broker::Outcome;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using namespace std::chrono_literals;

constexpr auto kDead = "dead-letters";

/// A subscription that pushes, whose subscriber rejects what `poison` has.
class Redriving {
 public:
  Redriving(BrokerWorld& world, BrokerSuite& suite, bool waits) : world_(world), suite_(suite) {
    world.make_stored_topic(kDead);
    config_ = BrokerSuite::push_config("push");
    config_.dead_letter = broker::DeadLetterPolicy{kDead, 5};
    config_.retry = {.minimum = 1ms, .maximum = 5ms};
    config_.waits_behind_dead_letters = waits;
    open();
  }

  /// In each life of the broker.
  void open() {
    subscriber = std::make_shared<Subscriber>(world_.loop());
    subscriber->decide = [this](const Delivery& delivery) {
      return poison.contains(delivery.message->data) ? Outcome::reject("poison")
                                                     : Outcome::acknowledge();
    };
    world_.serve(kUrl, subscriber);
    ASSERT_TRUE(suite_.run(suite_.broker().create_subscription(config_)));
    suite_.broker().start();
  }

  std::vector<KeptLetter> letters(broker::KeptLetterQuery query = {}) {
    query.limit = 1000;
    auto found = suite_.run(world_.dead_letters().letters("push", query));
    EXPECT_TRUE(found);
    return found ? *found : std::vector<KeptLetter>();
  }
  std::vector<Position> numbers() {
    std::vector<Position> found;
    for (const auto& letter : letters())
      found.push_back(letter.number);
    return found;
  }
  std::vector<LetterFate> redrive(std::vector<Position> numbers) {
    return fates(
        suite_.run(world_.dead_letters().redrive_letters("push", std::move(numbers), 10s)));
  }
  std::vector<LetterFate> drop(std::vector<Position> numbers) {
    return fates(suite_.run(world_.dead_letters().drop_letters("push", std::move(numbers))));
  }
  bool until_letters(std::size_t count) {
    return suite_.until(
        [&] { return suite_.stats("push").dead_letters == static_cast<std::int64_t>(count); });
  }

  std::set<std::string> poison;
  std::shared_ptr<Subscriber> subscriber;

 private:
  static std::vector<LetterFate> fates(const Result<std::vector<broker::LetterResult>>& results) {
    EXPECT_TRUE(results);
    std::vector<LetterFate> found;
    if (!results) return found;
    for (const auto& result : *results)
      found.push_back(result.fate);
    return found;
  }

  BrokerWorld& world_;
  BrokerSuite& suite_;
  broker::SubscriptionConfig config_;
};

TEST_P(BrokerConformance, KeepsDeadLettersUntilTheyAreRedriven) {
  BrokerSuite suite(*world_);
  Redriving push(*world_, suite, false);
  push.poison = {"1", "3"};
  ASSERT_TRUE(suite.publish({"a", "a", "b", "b"}));
  ASSERT_TRUE(push.until_letters(2));
  ASSERT_TRUE(suite.until([&] { return suite.stats("push").backlog == 0; }));
  const auto kept = push.letters();
  ASSERT_THAT(kept, SizeIs(2));
  EXPECT_EQ(kept[0].number, 1);
  EXPECT_EQ(kept[0].attempts, 5);
  EXPECT_EQ(kept[0].error, "poison");
  EXPECT_EQ(kept[0].ordering_key, "a");
  EXPECT_EQ(kept[0].state, KeptLetter::State::kKept);
  const auto detail = suite.run(world_->dead_letters().letter("push", 3));
  ASSERT_TRUE(detail && *detail);
  EXPECT_EQ((*detail)->message.data, "3");
  EXPECT_EQ((*detail)->message.ordering_key, "b");
  EXPECT_THAT((*detail)->attempts, SizeIs(1));
  EXPECT_THAT(push.letters({.ordering_key = "b"}), SizeIs(1));
  EXPECT_THAT(push.letters({.after = 1}), SizeIs(1));

  push.poison = {"3"};
  EXPECT_THAT(push.redrive({3, 1, 77}),
              ElementsAre(LetterFate::kAcknowledged, LetterFate::kFailed, LetterFate::kGone));
  EXPECT_EQ(push.subscriber->acknowledged.back(), "1");
  EXPECT_EQ(push.subscriber->count("2"), 1) << "nothing else is delivered again";
  ASSERT_THAT(push.numbers(), ElementsAre(3));
  EXPECT_EQ(push.letters()[0].attempts, 6) << "it stays, with one more attempt";
  suite.restart();
  push.poison.clear();
  push.open();
  EXPECT_THAT(push.numbers(), ElementsAre(3));
  EXPECT_THAT(push.redrive({3}), ElementsAre(LetterFate::kAcknowledged));
  EXPECT_THAT(push.numbers(), IsEmpty());
  EXPECT_EQ(suite.stats("push").dead_letters, 0);
}

TEST_P(BrokerConformance, LaterMessagesOfAKeyWaitBehindItsDeadLetterWhereThatIsAsked) {
  BrokerSuite suite(*world_);
  Redriving push(*world_, suite, true);
  push.poison = {"1"};
  ASSERT_TRUE(suite.publish({"a", "b", "a", "b", "a"}));
  ASSERT_TRUE(push.until_letters(1));
  ASSERT_TRUE(suite.until_acknowledged(*push.subscriber, 2));
  suite.pass(1s);
  EXPECT_THAT(push.subscriber->acknowledged, ElementsAre("2", "4")) << "other keys flow on";
  EXPECT_EQ(suite.stats("push").keys_waiting, 1);
  EXPECT_EQ(suite.stats("push").messages_waiting, 2);
  EXPECT_EQ(push.letters().at(0).state, KeptLetter::State::kBlocking);

  suite.restart();
  push.open();
  suite.pass(1s);
  EXPECT_THAT(push.subscriber->acknowledged, IsEmpty()) << "it is durable";
  EXPECT_EQ(suite.stats("push").messages_waiting, 2);
  EXPECT_THAT(push.redrive({1}), ElementsAre(LetterFate::kFailed));
  EXPECT_THAT(push.subscriber->acknowledged, IsEmpty());
  push.poison.clear();
  EXPECT_THAT(push.redrive({1}), ElementsAre(LetterFate::kAcknowledged));
  ASSERT_TRUE(suite.until_acknowledged(*push.subscriber, 3));
  EXPECT_THAT(push.subscriber->acknowledged, ElementsAre("1", "3", "5")) << "in order";
  EXPECT_EQ(suite.stats("push").keys_waiting, 0);
  EXPECT_EQ(suite.stats("push").messages_waiting, 0);
  EXPECT_EQ(suite.stats("push").backlog, 0);
}

TEST_P(BrokerConformance, AKeyFlowsOnWhenItsDeadLetterIsDropped) {
  BrokerSuite suite(*world_);
  Redriving push(*world_, suite, true);
  push.poison = {"1"};
  ASSERT_TRUE(suite.publish({"a", "a", "a"}));
  ASSERT_TRUE(push.until_letters(1));
  EXPECT_THAT(push.drop({1, 2}), ElementsAre(LetterFate::kDropped, LetterFate::kGone));
  ASSERT_TRUE(suite.until_acknowledged(*push.subscriber, 2));
  EXPECT_THAT(push.subscriber->acknowledged, ElementsAre("2", "3"));
  EXPECT_THAT(push.numbers(), IsEmpty());
  suite.crash();
  push.open();
  suite.pass(1s);
  EXPECT_THAT(push.numbers(), IsEmpty()) << "for good";
  EXPECT_EQ(push.subscriber->count("1"), 0);
}

TEST_P(BrokerConformance, NoDeadLetterIsLostByACrashInTheMiddleOfARedrive) {
  BrokerSuite suite(*world_);
  SeededRandom random(11);
  Redriving push(*world_, suite, false);
  for (int i = 1; i <= 50; ++i)
    push.poison.insert(std::to_string(i));
  suite.publish_many(50);
  ASSERT_TRUE(push.until_letters(50));
  push.poison.clear();
  std::set<std::string> seen;
  for (int life = 0; life < 20; ++life) {
    const auto numbers = push.numbers();
    const auto redrive = [](broker::DeadLetters& letters,
                            std::vector<Position> all) -> runtime::Task<void> {
      co_await letters.redrive_letters("push", std::move(all), 10s);
    };
    boost::asio::co_spawn(world_->loop().executor(), redrive(world_->dead_letters(), numbers),
                          [](const std::exception_ptr&) {});
    suite.pass(std::chrono::milliseconds(random.below(80)));
    seen.insert(push.subscriber->acknowledged.begin(), push.subscriber->acknowledged.end());
    if (life % 2 == 0) {
      suite.crash();
    } else {
      suite.restart();
    }
    push.open();
    for (const Position number : numbers) {
      const auto kept = push.numbers();
      const bool is_kept = std::ranges::find(kept, number) != kept.end();
      EXPECT_TRUE(is_kept || seen.contains(std::to_string(number))) << number;
    }
  }
  ASSERT_TRUE(suite.until([&] {
    seen.insert(push.subscriber->acknowledged.begin(), push.subscriber->acknowledged.end());
    push.redrive(push.numbers());
    return push.numbers().empty();
  }));
  seen.insert(push.subscriber->acknowledged.begin(), push.subscriber->acknowledged.end());
  EXPECT_EQ(seen.size(), 50U);
}

TEST_P(BrokerConformance, ARedriveThatASeekOrADeletionEndsIsNoAcknowledgement) {
  BrokerSuite suite(*world_);
  Redriving push(*world_, suite, false);
  push.poison = {"1"};
  suite.publish_many(1);
  const auto ended_by = [&](const std::function<void()>& end) {
    EXPECT_TRUE(push.until_letters(1));
    push.subscriber->hanging = true;
    std::optional<std::vector<broker::LetterResult>> results;
    boost::asio::co_spawn(
        world_->loop().executor(), world_->dead_letters().redrive_letters("push", {1}, 10min),
        [&](const std::exception_ptr&, const Result<std::vector<broker::LetterResult>>& ended) {
          results = ended.value_or(std::vector<broker::LetterResult>());
        });
    EXPECT_TRUE(suite.until([&] { return push.subscriber->in_flight == 1; }));
    end();
    EXPECT_TRUE(suite.until([&] { return results.has_value(); }, 1s));
    push.subscriber->let_go();
    return results && results->size() == 1 ? results->at(0).fate : LetterFate::kPending;
  };
  const auto after_seek = ended_by(
      [&] { EXPECT_TRUE(suite.run(suite.topology().seek("push", broker::SeekToBeginning{}))); });
  // Where its topic has the message still, it comes again and is no letter; else it stays one.
  EXPECT_TRUE(after_seek == LetterFate::kGone || after_seek == LetterFate::kFailed);
  EXPECT_EQ(ended_by([&] { EXPECT_TRUE(suite.run(suite.topology().delete_subscription("push"))); }),
            LetterFate::kGone);
}

TEST_P(BrokerConformance, APullersLetterIsOneUntilItIsAcknowledged) {
  BrokerSuite suite(*world_);
  world_->make_stored_topic(kDead);
  auto config = BrokerSuite::config("sub");
  config.dead_letter = broker::DeadLetterPolicy{kDead, 5};
  config.retry = {.minimum = 1ms, .maximum = 5ms};
  suite.subscribe_pull(config);
  suite.broker().start();
  suite.publish_many(1);
  for (int attempt = 1; attempt <= 5; ++attempt) {
    suite.pull("sub", 10, 30s);
    suite.pass(11s);
  }
  ASSERT_EQ(suite.stats("sub").dead_letters, 1);
  const auto fate = suite.run(world_->dead_letters().redrive_letters("sub", {1}, 1s));
  ASSERT_TRUE(fate);
  EXPECT_EQ(fate->at(0).fate, LetterFate::kPending);
  const auto pulled = suite.pull("sub", 10, 30s);
  ASSERT_THAT(pulled, SizeIs(1));
  EXPECT_EQ(pulled[0].message->data, "1");
  EXPECT_EQ(pulled[0].attempt, 6);
  EXPECT_EQ(suite.stats("sub").dead_letters, 1);
  suite.acknowledge("sub", {pulled[0].ack_id});
  EXPECT_TRUE(suite.until([&] { return suite.stats("sub").dead_letters == 0; }));
}

TEST_P(BrokerConformance, WaitingBehindDeadLettersNeedsOrderAndAPolicy) {
  BrokerSuite suite(*world_);
  world_->make_stored_topic(kDead);
  auto config = BrokerSuite::config("sub");
  config.waits_behind_dead_letters = true;
  auto made = suite.run(suite.broker().create_subscription(config));
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().field, "waits_behind_dead_letters");
  config.dead_letter = broker::DeadLetterPolicy{kDead, 5};
  config.ordered = false;
  EXPECT_FALSE(suite.run(suite.broker().create_subscription(config)));
  config.ordered = true;
  EXPECT_TRUE(suite.run(suite.broker().create_subscription(config)));
}

/// Another event will stand at the number of such a letter, where the topic's numbers are the
/// feed's.
TEST_P(BrokerConformance, DeadLettersFromBeyondAForkGoWithTheirEvents) {
  BrokerSuite suite(*world_);
  Redriving push(*world_, suite, false);
  push.poison = {"1", "3"};
  ASSERT_TRUE(suite.publish({"a"}));
  suite.pass(1s);  // so that its place is saved
  ASSERT_TRUE(suite.publish({"a", "b"}));
  ASSERT_TRUE(push.until_letters(2));
  const auto places = suite.run(suite.broker().places(kTopic));
  ASSERT_TRUE(places);
  ASSERT_EQ(places->front().position, 1);
  ASSERT_TRUE(suite.run(suite.broker().take_back(kTopic, places->front())));
  const auto topic = suite.run(world_->topology().topic(kTopic));
  ASSERT_TRUE(topic);
  const std::vector<Position> left =
      topic->is_view ? std::vector<Position>{1} : std::vector<Position>{1, 3};
  EXPECT_EQ(push.numbers(), left);
  EXPECT_TRUE(push.until_letters(left.size()));
  suite.restart();
  push.open();
  EXPECT_EQ(push.numbers(), left);
}

}  // namespace
}  // namespace orderly::testing
