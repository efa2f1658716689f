// What only the SQLite adapter can be asked: failures of the disk, crashes anywhere, housekeeping.

#include "order/sqlite/sqlite_order_store.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sqlite3.h>

#include <map>
#include <string>
#include <vector>

#include "conformance/order_store_conformance.hpp"

namespace orderly::order {
namespace {

using namespace std::chrono_literals;
using namespace orderly::order::testing;
using orderly::testing::DiskOp;
using orderly::testing::run;
using orderly::testing::run_all;
using World = orderly::testing::SqliteStoreWorld<OrderStore, SqliteOrderStore>;
using Task = runtime::Task<Result<PlacedOrder>>;

events::FeedPage<events::OrderPlaced> feed(World& world) {
  return world.store().read_events({}, events::kMaxFeedPage).value();
}

std::int64_t keys_in(World& world) {
  sqlite::Connection connection(world.options());
  auto count = connection.prepare("SELECT count(*) FROM idempotency_key");
  auto row = count.use();
  return row.step() ? row.int64(0) : -1;
}

TEST(SqliteOrderStoreTest, AFailedCommitChangesNothingAndLeavesTheWriterUsable) {
  for (const int code : {SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC}) {
    SCOPED_TRACE(code);
    World world;
    ASSERT_TRUE(run(world, world.store().append(new_order())));
    const auto op = code == SQLITE_IOERR_FSYNC ? DiskOp::kSync : DiskOp::kWrite;
    world.disk().fail_next({.op = op, .code = code});
    std::vector<Task> tasks;
    for (int i = 0; i < 5; ++i)
      tasks.push_back(world.store().append(keyed_order("key" + std::to_string(i))));
    for (const auto& one : run_all(world, std::move(tasks))) {
      if (code == SQLITE_FULL) {
        EXPECT_THROW(one->get(), StorageFull);
      } else {
        EXPECT_THROW(one->get(), Unavailable);
      }
    }
    EXPECT_EQ(feed(world).head, 1);
    const auto next = run(world, world.store().append(keyed_order("key0")));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->position, 2) << "no gap, and the key was released";
    EXPECT_FALSE(next->replayed);
  }
}

TEST(SqliteOrderStoreTest, OrdersThatAreReadyTogetherShareOneSync) {
  World world;
  ASSERT_TRUE(run(world, world.store().append(new_order())));
  const auto before = world.disk().durable_ops();
  std::vector<Task> tasks;
  for (int i = 0; i < 64; ++i)
    tasks.push_back(world.store().append(new_order()));
  run_all(world, std::move(tasks));
  const auto together = world.disk().durable_ops() - before;
  EXPECT_EQ(feed(world).head, 65);
  EXPECT_LT(together, 64U) << "writes and syncs";
}

TEST(SqliteOrderStoreTest, KeysAreForgottenAfterADayInBoundedSteps) {
  World world;
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(run(world, world.store().append(keyed_order("old" + std::to_string(i)))));
  world.set_clock(24h + 1s);
  ASSERT_TRUE(run(world, world.store().append(keyed_order("new"))));
  const auto after_one = keys_in(world);
  EXPECT_LT(after_one, 101);
  EXPECT_GT(after_one, 50) << "one commit does not do it all";
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(run(world, world.store().append(new_order())));
  EXPECT_EQ(keys_in(world), 1) << "the new one";
  EXPECT_FALSE(run(world, world.store().append(keyed_order("old1")))->replayed);
  EXPECT_EQ(keys_in(world), 2);
}

/// A step of a life of the store.
struct Step {
  enum Kind { kPlace, kRepeat, kSetClock, kRestart, kCrash } kind;
  int amount;
};

std::vector<Step> steps() {
  const auto step =
      rc::gen::construct<Step>(rc::gen::weightedElement<Step::Kind>({{6, Step::kPlace},
                                                                     {4, Step::kRepeat},
                                                                     {2, Step::kSetClock},
                                                                     {1, Step::kRestart},
                                                                     {2, Step::kCrash}}),
                               rc::gen::inRange(-50, 50));
  return *rc::gen::container<std::vector<Step>>(step);
}

/// Places orders with keys, many at once, and remembers the answers.
class Life {
 public:
  void live(const Step& step) {
    switch (step.kind) {
      case Step::kPlace:
        place(step.amount);
        break;
      case Step::kRepeat:
        repeat();
        break;
      case Step::kSetClock:
        world_.set_clock(std::chrono::seconds(step.amount));
        break;
      case Step::kRestart:
        world_.restart();
        break;
      case Step::kCrash:
        crash_while_placing(step.amount);
        break;
    }
  }

  void check() {
    const auto page = feed(world_);
    RC_ASSERT(page.head == static_cast<Position>(page.events.size()));
    std::map<std::string, int> seen;
    for (std::size_t i = 0; i < page.events.size(); ++i) {
      const auto& event = page.events[i];
      RC_ASSERT(event.position == static_cast<Position>(i + 1));
      RC_ASSERT(++seen[event.data.customer_id.value] == 1);  // the customer is the key
      if (i == 0) continue;
      RC_ASSERT(event.accepted_at > page.events[i - 1].accepted_at);
      RC_ASSERT(event.data.order_id > page.events[i - 1].data.order_id);
      RC_ASSERT(event.event_id > page.events[i - 1].event_id);
    }
    for (const auto& [key, placed] : answered_) {
      const auto& event = page.events.at(static_cast<std::size_t>(placed.position) - 1);
      RC_ASSERT(event.data == placed.order);
      RC_ASSERT(event.accepted_at == placed.accepted_at);
    }
  }

 private:
  static NewOrder order_with(const std::string& key) {
    auto order = keyed_order(key);
    order.command.customer_id.value = key;
    return order;
  }

  void place(int amount) {
    std::vector<Task> tasks;
    std::vector<std::string> keys;
    for (int i = 0; i <= std::abs(amount) % 8; ++i) {
      // The same key twice at once is one order.
      keys.push_back("key" + std::to_string(i % 3 == 2 ? next_key_ : ++next_key_));
      tasks.push_back(world_.store().append(order_with(keys.back())));
    }
    const auto all = run_all(world_, std::move(tasks));
    for (std::size_t i = 0; i < all.size(); ++i)
      remember(keys[i], all[i]->get().value());
  }

  void repeat() {
    if (answered_.empty()) return;
    const auto& [key, first] = *answered_.begin();
    const auto again = run(world_, world_.store().append(order_with(key))).value();
    RC_ASSERT(again.replayed);
    remember(key, again);
  }

  void remember(const std::string& key, const PlacedOrder& placed) {
    const auto [known, is_new] = answered_.emplace(key, placed);
    RC_ASSERT((is_new || known->second.order == placed.order));
    RC_ASSERT((is_new || known->second.position == placed.position));
  }

  /// The machine dies in one of the next operations; some answers may have been given.
  void crash_while_placing(int amount) {
    bool died = false;
    world_.disk().crash_at_op(1 + static_cast<std::uint64_t>(std::abs(amount)),
                              [&died] { died = true; });
    for (int i = 0; i < 20 && !died; ++i) {
      const auto key = "key" + std::to_string(++next_key_);
      try {
        remember(key, run(world_, world_.store().append(order_with(key))).value());
      } catch (const Unavailable&) {
        RC_ASSERT(died);
      }
    }
    world_.crash();
  }

  World world_;
  int next_key_ = 0;
  std::map<std::string, PlacedOrder> answered_;
};

RC_GTEST_PROP(SqliteOrderStoreProperty, WhatIsAnsweredStaysOnceAndInItsPlace, ()) {
  Life life;
  for (const auto& step : steps())
    life.live(step);
  life.check();
}

}  // namespace
}  // namespace orderly::order
