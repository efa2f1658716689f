#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "conformance/broker_suite.hpp"

/// Pulling: leases, their deadlines, and the order of keys. Every adapter keeps to it.
namespace orderly::testing {

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

std::vector<std::string> texts(const std::vector<broker::PulledMessage>& pulled) {
  std::vector<std::string> texts;
  for (const auto& one : pulled) {
    texts.push_back(one.message->data);
  }
  return texts;
}

std::vector<std::string> ids(const std::vector<broker::PulledMessage>& pulled) {
  std::vector<std::string> ids;
  for (const auto& one : pulled) {
    ids.push_back(one.ack_id);
  }
  return ids;
}

TEST_P(BrokerConformance, PullsWhatIsNotAcknowledgedAndNothingElse) {
  BrokerSuite suite(*world_);
  suite.subscribe_pull("sub");
  suite.broker().start();
  suite.publish_many(5);
  const auto first = suite.pull("sub", 3);
  EXPECT_THAT(texts(first), ElementsAre("1", "2", "3"));
  EXPECT_EQ(suite.stats("sub").in_flight, 3);
  suite.acknowledge("sub", ids(first));
  EXPECT_THAT(texts(suite.pull("sub", 10)), ElementsAre("4", "5"));
  EXPECT_THAT(suite.pull("sub", 10), IsEmpty()) << "they are leased";
  EXPECT_EQ(suite.stats("sub").backlog, 2);
  EXPECT_EQ(suite.stats("sub").acknowledged, 3);
}

TEST_P(BrokerConformance, TakesAnOverdueDeadlineForARejection) {
  BrokerSuite suite(*world_);
  suite.subscribe_pull("sub");
  suite.broker().start();
  suite.publish_many(1);
  const auto first = suite.pull("sub", 1);
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].attempt, 1);
  suite.pass(9s);
  EXPECT_THAT(suite.pull("sub", 1), IsEmpty());
  suite.pass(2s);
  EXPECT_EQ(suite.stats("sub").rejected, 1) << "though nobody asks";
  const auto second = suite.pull("sub", 1);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(second[0].attempt, 2);
  suite.acknowledge("sub", ids(first));
  EXPECT_EQ(suite.stats("sub").backlog, 1) << "the first id is of no worth any more";
  suite.acknowledge("sub", ids(second));
  EXPECT_EQ(suite.stats("sub").backlog, 0);
}

TEST_P(BrokerConformance, ExtendsAndEndsALease) {
  BrokerSuite suite(*world_);
  suite.subscribe_pull("sub");
  suite.broker().start();
  suite.publish_many(2);
  const auto pulled = suite.pull("sub", 2);
  ASSERT_EQ(pulled.size(), 2U);
  ASSERT_TRUE(suite.run(suite.puller().modify_ack_deadline("sub", {pulled[0].ack_id}, 60s)));
  ASSERT_TRUE(suite.run(suite.puller().modify_ack_deadline("sub", {pulled[1].ack_id}, 0s)));
  suite.pass(1s);
  const auto again = suite.pull("sub", 2);
  EXPECT_THAT(texts(again), ElementsAre("2"));
  suite.acknowledge("sub", ids(again));
  suite.pass(50s);
  EXPECT_THAT(suite.pull("sub", 2), IsEmpty()) << "the other one is extended";
  suite.acknowledge("sub", {pulled[0].ack_id});
  EXPECT_EQ(suite.stats("sub").backlog, 0);
  EXPECT_EQ(suite.stats("sub").rejected, 1);
}

TEST_P(BrokerConformance, WaitsForTheFirstMessage) {
  BrokerSuite suite(*world_);
  suite.subscribe_pull("sub");
  suite.broker().start();
  const auto before = world_->loop().steady_now();
  EXPECT_THAT(suite.pull("sub", 1, 5s), IsEmpty());
  EXPECT_EQ(world_->loop().steady_now() - before, 5s);
  auto waiting = suite.begin_pull("sub", 1, 20s);
  suite.pass(1s);
  EXPECT_FALSE(waiting->done);
  suite.publish_many(1);
  ASSERT_TRUE(suite.until([&] { return waiting->done; }, 1s));
  EXPECT_THAT(texts(waiting->pulled), ElementsAre("1"));
}

TEST_P(BrokerConformance, WakesAPullForARetry) {
  BrokerSuite suite(*world_);
  suite.subscribe_pull("sub");
  suite.broker().start();
  suite.publish_many(1);
  ASSERT_EQ(suite.pull("sub", 1).size(), 1U);
  EXPECT_THAT(texts(suite.pull("sub", 1, 20s)), ElementsAre("1")) << "once its lease is over";
}

TEST_P(BrokerConformance, BoundsThePullsThatWait) {
  BrokerSuite suite(*world_);
  suite.subscribe_pull("sub");
  suite.broker().start();
  std::vector<std::shared_ptr<BrokerSuite::Pulling>> waiting;
  for (std::size_t i = 0; i < broker::kMaxWaitingPulls; ++i) {
    waiting.push_back(suite.begin_pull("sub", 1, 20s));
  }
  suite.pass(10ms);
  EXPECT_THROW(suite.pull("sub", 1, 20s), Unavailable);
  ASSERT_TRUE(suite.until(
      [&] { return std::ranges::all_of(waiting, [](const auto& one) { return one->done; }); },
      30s));
  EXPECT_THAT(suite.pull("sub", 1), IsEmpty());
}

TEST_P(BrokerConformance, GivesEachMessageToOneOfManyPulls) {
  BrokerSuite suite(*world_);
  suite.subscribe_pull("sub");
  suite.broker().start();
  std::vector<std::shared_ptr<BrokerSuite::Pulling>> pulls;
  for (int i = 0; i < 20; ++i) {
    pulls.push_back(suite.begin_pull("sub", 10, 5s));
  }
  suite.pass(1ms);
  suite.publish_many(200);
  ASSERT_TRUE(suite.until(
      [&] { return std::ranges::all_of(pulls, [](const auto& one) { return one->done; }); }, 10s));
  std::multiset<std::string> got;
  for (const auto& pull : pulls) {
    for (const auto& text : texts(pull->pulled)) {
      got.insert(text);
    }
  }
  EXPECT_EQ(got.size(), 200U);
  EXPECT_EQ(std::set<std::string>(got.begin(), got.end()).size(), 200U);
}

TEST_P(BrokerConformance, HandsOutNothingOfAKeyThatIsOutstanding) {
  BrokerSuite suite(*world_);
  suite.subscribe_pull("sub");
  suite.broker().start();
  ASSERT_TRUE(suite.publish({"a", "a", "b", "a"}));
  const auto first = suite.pull("sub", 2);
  EXPECT_THAT(texts(first), ElementsAre("1", "2")) << "of one key, together";
  EXPECT_THAT(texts(suite.pull("sub", 10)), ElementsAre("3"));
  suite.acknowledge("sub", {first[0].ack_id});
  EXPECT_THAT(suite.pull("sub", 10), IsEmpty());
  suite.acknowledge("sub", {first[1].ack_id});
  EXPECT_THAT(texts(suite.pull("sub", 10)), ElementsAre("4"));
}

TEST_P(BrokerConformance, RepeatsWhatFollowsARejectedMessageOfItsKeyInAPull) {
  BrokerSuite suite(*world_);
  suite.subscribe_pull("sub");
  suite.broker().start();
  ASSERT_TRUE(suite.publish({"a", "a", "a"}));
  const auto first = suite.pull("sub", 3);
  ASSERT_EQ(first.size(), 3U);
  suite.acknowledge("sub", {first[2].ack_id});  // before the others of its key
  EXPECT_EQ(suite.stats("sub").backlog, 3);
  ASSERT_TRUE(suite.run(suite.puller().modify_ack_deadline("sub", {first[0].ack_id}, 0s)));
  suite.acknowledge("sub", {first[1].ack_id});
  suite.pass(1s);
  const auto second = suite.pull("sub", 3);
  EXPECT_THAT(texts(second), ElementsAre("1", "2", "3"));
  auto backwards = ids(second);
  std::ranges::reverse(backwards);
  suite.acknowledge("sub", backwards);
  EXPECT_EQ(suite.stats("sub").backlog, 0);
}

TEST_P(BrokerConformance, PassesOverIdsThatAreNone) {
  BrokerSuite suite(*world_);
  suite.subscribe_pull("sub");
  suite.broker().start();
  suite.publish_many(1);
  const auto pulled = suite.pull("sub", 1);
  ASSERT_EQ(pulled.size(), 1U);
  auto guessed = pulled[0].ack_id;
  guessed.back() = guessed.back() == '0' ? '1' : '0';
  suite.acknowledge("sub", {"", "nonsense", std::string(48, '0'), std::string(500, 'x'), guessed});
  EXPECT_EQ(suite.stats("sub").backlog, 1);
  suite.acknowledge("sub", {pulled[0].ack_id, pulled[0].ack_id});
  EXPECT_EQ(suite.stats("sub").acknowledged, 1);
}

TEST_P(BrokerConformance, ForgetsLeasesInARestart) {
  BrokerSuite suite(*world_);
  suite.subscribe_pull("sub");
  suite.broker().start();
  suite.publish_many(3);
  const auto before = suite.pull("sub", 2);
  suite.acknowledge("sub", {before[0].ack_id});
  suite.restart();
  suite.broker().start();
  suite.acknowledge("sub", {before[1].ack_id});
  const auto after = suite.pull("sub", 10);
  EXPECT_THAT(texts(after), ElementsAre("2", "3"));
  EXPECT_EQ(after[0].attempt, 1);
}

TEST_P(BrokerConformance, RefusesToBePulledFromWherePullsAreNotMeant) {
  BrokerSuite suite(*world_);
  suite.subscribe_push("push");
  suite.subscribe_pull("sub");
  const auto code = [&](const std::string& name, std::size_t max = 1) {
    const auto pulled = suite.run(suite.puller().pull(name, max, 0s));
    return pulled ? std::string() : pulled.error().code;
  };
  EXPECT_EQ(code("push"), "not_a_pull_subscription");
  EXPECT_EQ(code("no-sub"), "subscription_not_found");
  EXPECT_EQ(code("sub", 0), "invalid_value");
  EXPECT_EQ(code("sub", broker::kMaxPull + 1), "invalid_value");
  EXPECT_EQ(
      suite.run(suite.puller().acknowledge("sub", std::vector<std::string>(1001))).error().kind,
      ErrorKind::kTooLarge);
  EXPECT_EQ(suite.run(suite.puller().modify_ack_deadline("sub", {}, 601s)).error().field,
            "ack_deadline");
}

TEST_P(BrokerConformance, KeepsTheOrderOfEachKeyForManyPullers) {
  BrokerSuite suite(*world_);
  suite.subscribe_pull("sub");
  suite.broker().start();
  SeededRandom random(5);
  std::vector<broker::PulledMessage> outstanding;
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> keys(random.below(6));
    for (auto& key : keys) {
      key = "key-" + std::to_string(random.below(4));
    }
    ASSERT_TRUE(suite.publish(keys));
    for (auto& one : suite.pull("sub", 1 + random.below(8))) {
      outstanding.push_back(std::move(one));
    }
    std::vector<std::string> accepted;
    std::vector<std::string> rejected;
    for (const auto& one : outstanding) {
      auto& group = random.one_in(3) ? rejected : accepted;
      if (random.one_in(2)) group.push_back(one.ack_id);
    }
    suite.acknowledge("sub", accepted);
    ASSERT_TRUE(suite.run(suite.puller().modify_ack_deadline("sub", rejected, 0s)));
    if (random.one_in(10)) suite.pass(11s);
  }
  std::map<std::string, int> last;
  for (int round = 0; round < 1000 && suite.stats("sub").backlog > 0; ++round) {
    for (const auto& one : suite.pull("sub", 100)) {
      const int number = std::stoi(one.message->data);
      EXPECT_GT(number, last[one.message->ordering_key]) << "each key ascends";
      last[one.message->ordering_key] = number;
      suite.acknowledge("sub", {one.ack_id});
    }
    suite.pass(1s);
  }
  EXPECT_EQ(suite.stats("sub").backlog, 0);
}

}  // namespace
}  // namespace orderly::testing
