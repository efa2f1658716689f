#include "orderinfo/sqlite/newest_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <random>
#include <set>
#include <vector>

#include "unit/orderinfo/builders.hpp"

namespace orderly::orderinfo::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const CustomerId kA{"a"};
const CustomerId kB{"b"};
const CustomerId kUuid{"00000000-0000-7000-8000-000000000001"};
const DateRange kDays{date_of(kDay), date_of(kDay) + std::chrono::days(1)};

ListKey key(int day, int second, Position position) {
  return {.order_date = date_of(kDay) + std::chrono::days(day),
          .accepted_at = at(second),
          .position = position};
}

std::vector<Position> positions(const std::vector<ListKey>& keys) {
  std::vector<Position> found;
  for (const auto& each : keys)
    found.push_back(each.position);
  return found;
}

std::vector<Position> positions(const std::vector<NewestRows::Row>& rows) {
  std::vector<Position> found;
  for (const auto& [customer, each] : rows)
    found.push_back(each.position);
  return found;
}

TEST(NewestRows, APageIsInTheOrderOfListsAndOfItsCustomerAndDates) {
  NewestRows rows(100);
  rows.add({{&kA, key(1, 5, 1)},
            {&kB, key(0, 1, 2)},
            {&kA, key(0, 9, 3)},
            {&kA, key(0, 2, 4)},
            {&kA, key(2, 0, 5)}});
  EXPECT_THAT(positions(rows.page(kA, kDays, std::nullopt, 10)), ElementsAre(4, 3, 1));
  EXPECT_THAT(positions(rows.page(kA, kDays, std::nullopt, 2)), ElementsAre(4, 3));
  EXPECT_THAT(positions(rows.page(kA, kDays, key(0, 2, 4), 10)), ElementsAre(3, 1));
  EXPECT_THAT(positions(rows.page(kUuid, kDays, std::nullopt, 10)), IsEmpty());
  EXPECT_THAT(rows.positions(kA, 1, 4), ElementsAre(3, 4));
}

TEST(NewestRows, MergesAFullGenerationInTheOrderOfTheIndexAndForgetsWhatIsMerged) {
  NewestRows rows(4);
  rows.add({{&kUuid, key(0, 1, 1)}, {&kB, key(0, 2, 2)}, {&kA, key(1, 3, 3)}});
  EXPECT_FALSE(rows.merges(3));
  rows.add({{&kA, key(0, 4, 4)}});
  ASSERT_TRUE(rows.merges(4));
  EXPECT_EQ(rows.merging_upto(), 4);
  rows.add({{&kA, key(0, 1, 5)}});  // of the next generation
  EXPECT_THAT(positions(rows.page(kA, kDays, std::nullopt, 10)), ElementsAre(5, 4, 3));
  EXPECT_EQ(rows.left_to_merge(), 4);
  const auto first = rows.next_to_merge(3);
  EXPECT_THAT(positions(first), ElementsAre(4, 3, 2)) << "texts come before UUIDs";
  EXPECT_THAT(positions(rows.next_to_merge(3)), ElementsAre(4, 3, 2)) << "not merged yet";
  rows.merged(first.size());
  EXPECT_THAT(positions(rows.page(kA, kDays, std::nullopt, 10)), ElementsAre(5));
  EXPECT_EQ(rows.left_to_merge(), 1);
  const auto last = rows.next_to_merge(3);
  EXPECT_THAT(positions(last), ElementsAre(1));
  rows.merged(last.size());
  EXPECT_FALSE(rows.merges(5));
  EXPECT_THAT(positions(rows.page(kA, kDays, std::nullopt, 10)), ElementsAre(5));
}

TEST(NewestRows, TheNextGenerationIsMergedAlsoWhereNoneOfTheOneBeforeIsLeft) {
  NewestRows rows(2);
  rows.add({{&kA, key(0, 1, 1)}, {&kB, key(0, 2, 2)}});
  ASSERT_TRUE(rows.merges(2));
  rows.remove({{&kA, key(0, 1, 1)}, {&kB, key(0, 2, 2)}});
  EXPECT_THAT(rows.next_to_merge(10), IsEmpty());
  rows.merged(0);
  EXPECT_FALSE(rows.merges(2));
  rows.add({{&kA, key(0, 3, 3)}, {&kA, key(0, 4, 4)}});
  ASSERT_TRUE(rows.merges(4));
  EXPECT_THAT(positions(rows.next_to_merge(10)), ElementsAre(3, 4));
}

/// Against sets, which keep everything in order at all times.
RC_GTEST_PROP(NewestRows, AreAsSetsOfKeysWouldBe, ()) {
  constexpr std::size_t kMergeAt = 700;
  NewestRows rows(kMergeAt);
  std::map<CustomerId, std::set<ListKey, ListKeyLess>> expected;
  const std::vector customers{kA, kB, kUuid};
  Position head = 0;
  const auto any_customer = [&] { return *rc::gen::elementOf(customers).as("customer"); };
  for (int step = 0; step < 12; ++step) {
    const auto size = *rc::gen::inRange(0, 400).as("size");
    const auto days = *rc::gen::element(1U, 3U).as("days");  // 1: all come in order
    std::minstd_rand random(*rc::gen::arbitrary<std::uint32_t>().as("seed"));
    std::vector<NewestRows::Row> added;
    for (int i = 0; i < size; ++i) {
      const CustomerId& customer = customers.at(random() % customers.size());
      const ListKey next = key(static_cast<int>(random() % days), 0, ++head);
      added.emplace_back(&customer, next);
      expected[customer].insert(next);
    }
    rows.add(added);
    const CustomerId customer = any_customer();
    auto& keys = expected[customer];
    if (!keys.empty() && *rc::gen::arbitrary<bool>()) {
      const auto gone = std::next(keys.begin(), *rc::gen::inRange<std::ptrdiff_t>(
                                                    0, static_cast<std::ptrdiff_t>(keys.size())));
      rows.remove({{&customer, *gone}});
      keys.erase(gone);
    }
    if (rows.merges(head)) {
      const auto merged = rows.next_to_merge(300);
      for (const auto& [owner, each] : merged)
        RC_ASSERT(expected[*owner].erase(each) == 1U);
      rows.merged(merged.size());
    }
    for (const CustomerId& each : customers) {
      const DateRange all{date_of(kDay), date_of(kDay) + std::chrono::days(9)};
      RC_ASSERT(rows.page(each, all, std::nullopt, 5'000) ==
                std::vector<ListKey>(expected[each].begin(), expected[each].end()));
    }
    const auto limit = *rc::gen::inRange<std::size_t>(1, 20);
    std::vector<ListKey> page;
    const ListKey after = key(0, 0, *rc::gen::inRange<Position>(0, head + 1));
    for (auto next = keys.upper_bound(after);
         next != keys.end() && page.size() < limit && next->order_date <= kDays.last; ++next)
      page.push_back(*next);
    RC_ASSERT(rows.page(customer, kDays, after, limit) == page);
  }
}

TEST(NewestRows, ARowThatIsNoMoreIsForgottenInBothGenerations) {
  NewestRows rows(2);
  rows.add({{&kA, key(0, 1, 1)}, {&kB, key(0, 2, 2)}});
  ASSERT_TRUE(rows.merges(2));
  rows.add({{&kA, key(0, 3, 3)}});
  rows.remove({{&kA, key(0, 1, 1)}, {&kA, key(0, 3, 3)}});
  EXPECT_THAT(rows.page(kA, kDays, std::nullopt, 10), IsEmpty());
  const auto rest = rows.next_to_merge(10);
  EXPECT_THAT(positions(rest), ElementsAre(2));
  rows.merged(rest.size());
  EXPECT_FALSE(rows.merges(3));
}

}  // namespace
}  // namespace orderly::orderinfo::testing
