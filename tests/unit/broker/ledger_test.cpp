#include "broker/embedded/ledger.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/random.hpp"

namespace orderly::broker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

constexpr SteadyTime kNow{1h};

class LedgerTest : public ::testing::Test {
 protected:
  void append(const std::vector<std::string>& keys) {
    for (const auto& key : keys) {
      events::Message message;
      message.ordering_key = key;
      ledger_.append(ledger_.next(), std::make_shared<const events::Message>(std::move(message)));
    }
  }
  std::vector<Position> take(std::size_t max = 1000, SteadyTime now = kNow, bool together = false) {
    std::vector<Position> positions;
    for (const auto& lease : ledger_.take(max, now, together)) {
      positions.push_back(lease.position);
    }
    return positions;
  }
  static std::vector<Position> positions(const Ledger::Progress& progress) {
    std::vector<Position> held;
    for (const auto& one : progress.held) {
      held.push_back(one.position);
    }
    return held;
  }

  Ledger ledger_{true, 1};
};

TEST_F(LedgerTest, HandsOutEachMessageOnce) {
  append({"", "", ""});
  EXPECT_THAT(take(2), ElementsAre(1, 2));
  EXPECT_THAT(take(), ElementsAre(3));
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_EQ(ledger_.in_flight(), 3U);
}

TEST_F(LedgerTest, RaisesTheFloorPastWhatIsAcknowledgedInAnyOrder) {
  append({"", "", ""});
  take();
  ledger_.acknowledge(2);
  EXPECT_EQ(ledger_.floor(), 0);
  ledger_.acknowledge(1);
  EXPECT_EQ(ledger_.floor(), 2);
  ledger_.acknowledge(3);
  EXPECT_EQ(ledger_.floor(), 3);
  EXPECT_EQ(ledger_.held(), 0U);
}

TEST_F(LedgerTest, HoldsBackOneKeyAndNoOther) {
  append({"a", "a", "b", "", "a"});
  EXPECT_THAT(take(), ElementsAre(1, 3, 4));
  EXPECT_TRUE(ledger_.is_behind(2));
  ledger_.reject(1, kNow + 1s, "no");
  EXPECT_THAT(take(), IsEmpty());
  EXPECT_EQ(ledger_.next_retry(), kNow + 1s);
  EXPECT_THAT(take(1000, kNow + 1s), ElementsAre(1));
  ledger_.acknowledge(1);
  EXPECT_THAT(take(), ElementsAre(2));
  ledger_.acknowledge(2);
  EXPECT_THAT(take(), ElementsAre(5));
}

TEST_F(LedgerTest, PutsAKeyInOneBatchWhereThatKeepsItsOrder) {
  append({"a", "a", "b", "a"});
  EXPECT_THAT(take(2, kNow, true), ElementsAre(1, 2));
  EXPECT_THAT(take(1000, kNow, true), ElementsAre(3)) << "4 is behind 2, which is in flight";
  ledger_.acknowledge(1);
  ledger_.reject(2, kNow + 1s, "no");
  EXPECT_THAT(take(1000, kNow, true), IsEmpty());
  EXPECT_THAT(take(1000, kNow + 1s, true), ElementsAre(2, 4));
}

TEST_F(LedgerTest, WaitsForTheRetryOfEachInABatch) {
  append({"a", "a"});
  EXPECT_THAT(take(1000, kNow, true), ElementsAre(1, 2));
  ledger_.reject(1, kNow + 1s, "no");
  ledger_.reject(2, kNow + 5s, "no");
  EXPECT_THAT(take(1000, kNow + 1s, true), ElementsAre(1));
  ledger_.acknowledge(1);
  EXPECT_THAT(take(1000, kNow + 1s, true), IsEmpty());
  EXPECT_THAT(take(1000, kNow + 5s, true), ElementsAre(2));
}

TEST_F(LedgerTest, CountsRejectionsAndNotReleases) {
  append({""});
  EXPECT_EQ(ledger_.take(1, kNow, false)[0].attempt, 1);
  ledger_.release(1);
  EXPECT_EQ(ledger_.take(1, kNow, false)[0].attempt, 1);
  ledger_.reject(1, kNow, "no");
  EXPECT_EQ(ledger_.take(1, kNow, false)[0].attempt, 2);
}

TEST_F(LedgerTest, StoresNothingOfWhatIsSimplyNotDelivered) {
  append({"a", "a", "b"});
  take();
  const auto progress = ledger_.progress();
  EXPECT_EQ(progress.next, 1);
  EXPECT_THAT(progress.held, IsEmpty());
}

TEST_F(LedgerTest, StoresWhatLiesBelowAnAcknowledgement) {
  append({"a", "b", "a", "c", "d"});
  EXPECT_THAT(take(), ElementsAre(1, 2, 4, 5));
  ledger_.acknowledge(4);
  const auto progress = ledger_.progress();
  EXPECT_EQ(progress.next, 5);
  EXPECT_THAT(positions(progress), ElementsAre(1, 2, 3));
  EXPECT_EQ(progress.held[2].ordering_key, "a");
}

TEST_F(LedgerTest, StoresRejections) {
  append({"a", "b"});
  take();
  ledger_.reject(2, kNow + 3s, "because");
  const auto progress = ledger_.progress();
  EXPECT_EQ(progress.next, 3);
  ASSERT_THAT(positions(progress), ElementsAre(1, 2));
  EXPECT_EQ(progress.held[1].rejections, 1);
  EXPECT_EQ(progress.held[1].retry_at, kNow + 3s);
  EXPECT_EQ(progress.held[1].error, "because");
}

TEST_F(LedgerTest, PassesOverWhatNobodyWants) {
  append({"a"});
  ledger_.skip();
  append({"a"});
  EXPECT_EQ(ledger_.next(), 4);
  EXPECT_THAT(take(1000, kNow, true), ElementsAre(1, 3));
  ledger_.acknowledge(1);
  ledger_.acknowledge(3);
  EXPECT_EQ(ledger_.floor(), 3);
}

TEST_F(LedgerTest, DropsInAnyPlaceOfAKey) {
  append({"a", "a", "a", "a"});
  ledger_.drop(2);
  EXPECT_EQ(ledger_.follower(1), 3);
  ledger_.drop(1);
  EXPECT_THAT(take(), ElementsAre(3)) << "now the first of its key";
  ledger_.drop(4);
  ledger_.acknowledge(3);
  append({"a"});
  EXPECT_THAT(take(), ElementsAre(5));
}

TEST_F(LedgerTest, DropsWhatWaitsForARetry) {
  append({"a", "a"});
  take();
  ledger_.reject(1, kNow + 1s, "no");
  ledger_.drop(1);
  EXPECT_FALSE(ledger_.next_retry());
  EXPECT_THAT(take(), ElementsAre(2));
}

TEST_F(LedgerTest, DropsAllBelowButWhatIsInFlight) {
  append({"", "", "", ""});
  EXPECT_THAT(take(1), ElementsAre(1));
  EXPECT_EQ(ledger_.drop_below(3), 1);
  EXPECT_EQ(ledger_.held(), 3U);
  EXPECT_EQ(ledger_.floor(), 0) << "1 is still to be answered";
  ledger_.acknowledge(1);
  EXPECT_EQ(ledger_.floor(), 2);
  EXPECT_EQ(ledger_.drop_below(11), 2 + 6) << "unread ones too";
  EXPECT_EQ(ledger_.next(), 11);
  EXPECT_EQ(ledger_.drop_below(5), 0);
}

TEST_F(LedgerTest, KeepsABoundedNumberOfBytes) {
  std::vector<MessagePtr> messages;
  for (int i = 0; i < 6; ++i) {
    events::Message message;
    message.data = std::string(Ledger::kMaxHeldBytes / 4, 'x');
    messages.push_back(std::make_shared<const events::Message>(std::move(message)));
    ledger_.append(ledger_.next(), messages.back());
  }
  int kept = 0;
  for (const auto& message : messages) {
    kept += message.use_count() > 1 ? 1 : 0;
  }
  EXPECT_EQ(kept, 4);
  const auto leases = ledger_.take(6, kNow, false);
  ASSERT_EQ(leases.size(), 6U) << "the others are read again";
  EXPECT_NE(leases[3].message, nullptr);
  EXPECT_EQ(leases[4].message, nullptr);
}

/// Any history of deliveries and restarts: nothing is lost, nothing acknowledged comes again, and
/// of a key never a later message before an earlier one is acknowledged.
TEST(LedgerProperties, HoldThroughAnyHistory) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    constexpr Position kMessages = 60;
    std::map<Position, std::string> keys;
    for (Position position = 1; position <= kMessages; ++position) {
      keys[position] = random.one_in(4) ? "" : "key-" + std::to_string(random.below(5));
    }
    const bool together = random.one_in(2);
    auto ledger = std::make_unique<Ledger>(true, 1);
    std::set<Position> acknowledged;
    SteadyTime now = kNow;
    for (int step = 0; acknowledged.size() < kMessages && step < 5000; ++step) {
      while (ledger->next() <= kMessages && random.one_in(2)) {
        events::Message message;
        message.ordering_key = keys[ledger->next()];
        ledger->append(ledger->next(), std::make_shared<const events::Message>(std::move(message)));
      }
      const auto batch = ledger->take(1 + random.below(8), now, together);
      std::set<std::string> rejected_keys;
      for (const auto& lease : batch) {
        const Position position = lease.position;
        ASSERT_FALSE(acknowledged.contains(position)) << position << " came again";
        const bool behind = ledger->is_behind(position);
        ASSERT_TRUE(together || !behind);
        if (behind) {
          ASSERT_TRUE(rejected_keys.contains(keys[position])) << position << " overtook its key";
          ledger->release(position);
        } else if (random.one_in(3)) {
          rejected_keys.insert(keys[position]);
          ledger->reject(position, now + std::chrono::milliseconds(random.below(50)), "no");
        } else {
          ledger->acknowledge(position);
          acknowledged.insert(position);
        }
      }
      if (random.one_in(10)) {
        const auto progress = ledger->progress();
        ledger = std::make_unique<Ledger>(true, progress.next);
        for (const auto& held : progress.held) {
          ledger->restore(held);
        }
      }
      now += std::chrono::milliseconds(random.below(20));
    }
    EXPECT_EQ(acknowledged.size(), static_cast<std::size_t>(kMessages));
    EXPECT_EQ(ledger->floor(), kMessages);
  }
}

}  // namespace
}  // namespace orderly::broker
