#include "audit/reconciliation.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <set>

#include "unit/orderinfo/fake_services.hpp"

namespace orderly::audit {
namespace {

using orderinfo::testing::at;
using orderinfo::testing::kOrderEpoch;
using orderinfo::testing::MemoryLog;
using orderinfo::testing::order_event;
using orderinfo::testing::OrderEvent;
using orderinfo::testing::SimClock;
using orderinfo::testing::SimLoop;
using orderinfo::testing::uuid;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

events::OrderInfo row_of(const OrderEvent& order) {
  return orderinfo::joined(order.data, {"Web Camera", 100});
}

/// Three stores that can be damaged.
class World final : public ReadModelSide, public WarehouseSide {
 public:
  OrderEvent place() {
    OrderEvent order = order_event(orders.head() + 1);
    order.data.order_id.value = ascending_id(orders.head() + 1);
    orders.append(order);
    settled_.epoch = kOrderEpoch;
    settled_.position = orders.head();
    return orders.all().back();
  }
  OrderEvent place_visible() {
    const OrderEvent order = place();
    project(row_of(order));
    table.push_back(row_of(order));
    return order;
  }
  /// An order that came by push and is in no feed.
  OrderEvent push_visible(const std::string& id) {
    OrderEvent order = order_event(static_cast<Position>(foreign_.size()) + 1);
    order.data.order_id.value = id;
    foreign_.push_back(order);
    project(row_of(order));
    table.push_back(row_of(order));
    return order;
  }
  void project(const events::OrderInfo& row) {
    rows[row.order_id.value] = row;
    changes.append({.position = 0,
                    .event_id = uuid(0xe2, static_cast<std::uint64_t>(changes.head() + 1)),
                    .accepted_at = at(0),
                    .trace = {},
                    .data = {.info = row, .replaces = false}});
  }
  /// The change log is the rows, so a damage is in both.
  void damage(const std::string& id, const std::optional<events::OrderInfo>& row) {
    std::vector<events::Recorded<events::OrderInfoPut>> damaged;
    for (auto change : changes.all()) {
      const bool hit = change.data.info.order_id.value == id;
      if (hit && !row) continue;
      if (hit) change.data.info = *row;
      damaged.push_back(change);
    }
    changes.replace_all(std::move(damaged));
    if (row) {
      rows[id] = *row;
    } else {
      rows.erase(id);
    }
  }

  Report verify(RunOptions options = {}) {
    RunProgress progress;
    Reconciliation reconciliation(loop, {order_feed, change_feed, *this, this}, options, progress);
    return orderinfo::testing::run(loop, reconciliation.run());
  }

  Cursor settled() override {
    if (looks_before_fork > 0 && --looks_before_fork == 0) settled_.epoch = kOrderEpoch;
    return settled_;
  }
  Position head() override { return changes.head(); }
  Standing standing(const OrderId& order) override {
    if (rows.contains(order.value)) return Standing::kVisible;
    if (parked.contains(order.value)) return Standing::kParked;
    return dead.contains(order.value) ? Standing::kDead : Standing::kUnknown;
  }
  std::optional<events::OrderInfo> row(const OrderId& order) override {
    const auto found = rows.find(order.value);
    return found == rows.end() ? std::nullopt : std::optional(found->second);
  }
  std::vector<events::Recorded<events::OrderPlaced>> foreign(Position after,
                                                             std::size_t limit) override {
    std::vector<OrderEvent> page;
    for (const auto& event : foreign_) {
      if (event.position > after && page.size() < limit) page.push_back(event);
    }
    return page;
  }
  bool is_foreign(const OrderId& order) override {
    return std::ranges::any_of(
        foreign_, [&](const OrderEvent& event) { return event.data.order_id == order; });
  }
  runtime::Task<std::size_t> project_again(std::vector<OrderEvent> events, Uuid epoch) override {
    EXPECT_EQ(epoch, kOrderEpoch);
    for (const auto& event : events) {
      const std::string& id = event.data.order_id.value;
      damage(id, std::nullopt);
      project(row_of(event));
      std::erase_if(table, [&](const auto& row) { return row.order_id.value == id; });
      table.push_back(row_of(event));
    }
    co_return events.size();
  }

  runtime::Task<Position> loaded() override { co_return changes.head() - lag; }
  runtime::Task<Summed> digest() override {
    Summed summed{.digest = {}, .position = changes.head()};
    for (const auto& row : table)
      summed.digest.add(bucket_of(row.order_id.value), hash_of(text_of(row)));
    co_return summed;
  }
  runtime::Task<std::optional<std::vector<WarehouseRow>>> rows_of(std::vector<std::size_t> buckets,
                                                                  std::size_t limit) override {
    std::vector<WarehouseRow> found;
    for (const auto& row : table) {
      if (std::ranges::find(buckets, bucket_of(row.order_id.value)) == buckets.end()) continue;
      found.push_back({row.order_id.value, hash_of(text_of(row))});
    }
    if (found.size() > limit) co_return std::nullopt;
    co_return found;
  }
  runtime::Task<std::vector<WarehouseRow>> rows_of_orders(std::vector<std::string> ids) override {
    std::vector<WarehouseRow> found;
    for (const auto& row : table) {
      if (std::ranges::find(ids, row.order_id.value) == ids.end()) continue;
      found.push_back({row.order_id.value, hash_of(text_of(row))});
    }
    co_return found;
  }

  /// Of version 7, as the order service's are.
  static std::string ascending_id(Position position) {
    Uuid id = uuid(0x01, static_cast<std::uint64_t>(position));
    id.bytes[6] = std::byte{0x70};
    return id.to_string();
  }

  SimClock clock{at(0)};
  SimLoop loop{clock};
  MemoryLog<events::OrderPlaced> orders{kOrderEpoch};
  MemoryLog<events::OrderInfoPut> changes{uuid(0xc0, 1)};
  events::LocalFeed<events::OrderPlaced> order_feed{loop, orders};
  events::LocalFeed<events::OrderInfoPut> change_feed{loop, changes};
  std::map<std::string, events::OrderInfo> rows;
  std::vector<events::OrderInfo> table;
  std::set<std::string> parked;
  std::set<std::string> dead;
  Position lag = 0;
  int looks_before_fork = 0;  ///< so often, another epoch is settled
  Cursor settled_;

 private:
  std::vector<OrderEvent> foreign_;
};

std::set<std::pair<Kind, std::string>> named(const Report& report) {
  std::set<std::pair<Kind, std::string>> found;
  for (const auto& difference : report.named)
    found.emplace(difference.kind, difference.order_id);
  return found;
}

TEST(Reconciliation, NothingAtAllIsClean) {
  World world;
  EXPECT_EQ(world.verify().state, Report::State::kClean);
}

TEST(Reconciliation, WhatAgreesIsCleanAndCounted) {
  World world;
  for (int i = 0; i < 2500; ++i)
    world.place_visible();
  world.push_visible("from-elsewhere");
  const Report report = world.verify();
  EXPECT_EQ(report.state, Report::State::kClean) << report.reason;
  EXPECT_EQ(report.orders, 2500);
  EXPECT_EQ(report.foreign, 1);
  EXPECT_EQ(report.rows, 2501);
  EXPECT_EQ(report.warehouse_rows, 2501);
  EXPECT_EQ(report.orders_up_to, 2500);
  EXPECT_EQ(report.changes_up_to, 2501);
}

TEST(Reconciliation, ParkedAndDeadOrdersAreNoDifference) {
  World world;
  world.place_visible();
  world.parked.insert(world.place().data.order_id.value);
  world.dead.insert(world.place().data.order_id.value);
  const Report report = world.verify();
  EXPECT_EQ(report.state, Report::State::kClean);
  EXPECT_EQ(report.parked, 1);
  EXPECT_EQ(report.dead_letters, 1);
}

TEST(Reconciliation, EachKindOfDifferenceIsNamed) {
  World world;
  std::vector<std::string> ids;
  for (int i = 0; i < 8; ++i)
    ids.push_back(world.place_visible().data.order_id.value);
  auto other = world.rows.at(ids[1]);
  other.number = 77;
  world.damage(ids[0], std::nullopt);
  world.damage(ids[1], other);
  world.table[1] = other;  // the warehouse believes the read model
  world.project(row_of(order_event(900)));
  world.table.push_back(row_of(order_event(900)));
  world.table[3].product_name = "another";
  world.table.push_back(world.table[4]);
  world.table.push_back(row_of(order_event(901)));
  std::erase_if(world.table, [&](const auto& row) { return row.order_id.value == ids[2]; });

  const Report report = world.verify();
  EXPECT_EQ(report.state, Report::State::kDiffers);
  const auto nobodys = [](Position position) { return order_event(position).data.order_id.value; };
  EXPECT_THAT(named(report),
              UnorderedElementsAre(std::pair(Kind::kMissingInReadModel, ids[0]),
                                   std::pair(Kind::kUnknownInWarehouse, ids[0]),
                                   std::pair(Kind::kDifferentInReadModel, ids[1]),
                                   std::pair(Kind::kMissingInWarehouse, ids[2]),
                                   std::pair(Kind::kDifferentInWarehouse, ids[3]),
                                   std::pair(Kind::kDoubledInWarehouse, ids[4]),
                                   std::pair(Kind::kUnknownInReadModel, nobodys(900)),
                                   std::pair(Kind::kUnknownInWarehouse, nobodys(901))));
  EXPECT_EQ(report.differences, 8);
}

TEST(Reconciliation, ARepairMakesEverythingRightThatWasAccepted) {
  World world;
  std::vector<std::string> ids;
  for (int i = 0; i < 5; ++i)
    ids.push_back(world.place_visible().data.order_id.value);
  world.push_visible("from-elsewhere");
  world.damage(ids[0], std::nullopt);
  world.damage("from-elsewhere", std::nullopt);
  world.table.push_back(world.table[2]);
  const Report report = world.verify({.repair = true});
  EXPECT_EQ(report.state, Report::State::kDiffers);
  EXPECT_EQ(report.repaired, 3);
  EXPECT_EQ(world.verify().state, Report::State::kClean);
}

TEST(Reconciliation, OrdersThatComeWhileItRunsAreNoDifference) {
  World world;
  for (int i = 0; i < 10; ++i)
    world.place_visible();
  // Accepted and visible, though the report reaches only to the order before.
  const OrderEvent late = world.place_visible();
  world.settled_.position = 10;
  auto earlier = world.orders.all();
  earlier.pop_back();
  world.orders.replace_all(std::move(earlier));
  const Report report = world.verify();
  EXPECT_THAT(report.named, IsEmpty()) << late.data.order_id.value;
  EXPECT_EQ(report.orders, 10);
}

TEST(Reconciliation, AReadModelThatLagsMakesItIncomplete) {
  World world;
  world.place_visible();
  world.place_visible();
  world.settled_.position = 1;
  const Report report = world.verify();
  EXPECT_EQ(report.state, Report::State::kIncomplete);
  EXPECT_EQ(report.reason, "the read model lags behind the orders");
}

TEST(Reconciliation, AWarehouseThatLagsMakesItIncomplete) {
  World world;
  world.place_visible();
  world.lag = 1;
  const Report report = world.verify();
  EXPECT_EQ(report.state, Report::State::kIncomplete);
  EXPECT_EQ(report.reason, "the warehouse lags behind the read model");
}

TEST(Reconciliation, AnOrderFeedOfAnotherHistoryMakesItIncomplete) {
  World world;
  world.place_visible();
  world.settled_.epoch = uuid(0xa1, 9);
  const Report report = world.verify();
  EXPECT_EQ(report.state, Report::State::kIncomplete);
  EXPECT_THAT(report.reason, ::testing::HasSubstr("the order feed does not have"));
}

TEST(Reconciliation, WaitsUntilAReadModelBeyondAForkHasGoneBack) {
  World world;
  world.place_visible();
  world.settled_.epoch = uuid(0xa1, 9);
  world.looks_before_fork = 5;
  EXPECT_EQ(world.verify().state, Report::State::kClean);
}

TEST(Reconciliation, NamesUpToItsBoundAndCountsAll) {
  World world;
  for (std::size_t i = 0; i < kMaxNamed + 5; ++i)
    world.place();  // settled, and nobody knows where they went
  const Report report = world.verify();
  EXPECT_EQ(report.differences, static_cast<std::int64_t>(kMaxNamed + 5));
  EXPECT_EQ(report.named.size(), kMaxNamed);
}

RC_GTEST_PROP(Reconciliation, FindsExactlyWhatWasDamagedInTheWarehouse, ()) {
  World world;
  const auto count = *rc::gen::inRange<std::size_t>(1, 60);
  for (std::size_t i = 0; i < count; ++i)
    world.place_visible();
  std::set<std::pair<Kind, std::string>> expected;
  std::vector<events::OrderInfo> damaged;
  for (const auto& row : world.table) {
    const std::string& id = row.order_id.value;
    switch (*rc::gen::inRange(0, 6)) {
      case 0:
        expected.emplace(Kind::kMissingInWarehouse, id);
        break;
      case 1:
        damaged.push_back(row);
        damaged.back().unit_price += 1;
        expected.emplace(Kind::kDifferentInWarehouse, id);
        break;
      case 2:
        damaged.push_back(row);
        damaged.push_back(row);
        expected.emplace(Kind::kDoubledInWarehouse, id);
        break;
      default:
        damaged.push_back(row);
    }
  }
  world.table = std::move(damaged);
  RC_ASSERT(named(world.verify()) == expected);
}

}  // namespace
}  // namespace orderly::audit
