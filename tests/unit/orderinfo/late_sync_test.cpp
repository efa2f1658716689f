#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "unit/orderinfo/pipeline.hpp"

/// The read model's rows are visible before they are durable: what follows where the disk fails, or
/// the machine dies, in between.
namespace orderly::orderinfo::testing {
namespace {

using orderly::testing::DiskOp;

class LateSyncTest : public ::testing::Test, protected Pipeline {
 protected:
  LateSyncTest() {
    products.put("p1", 500, at(1));
    settle();
    first_ = place("p1", 10);
    settle();
  }

  /// As Linux fails: what was to be written is lost, and the next sync succeeds.
  void fail_next_sync() {
    disk.fail_next({.op = DiskOp::kSync,
                    .code = SQLITE_IOERR_FSYNC,
                    .suffix = "orderinfo.db-wal",
                    .loses = true});
  }
  std::size_t changes_in_log() const { return store->read_events({}, 100)->events.size(); }
  /// As the warehouse reads them, which has the first one.
  std::size_t changes_to_load() const {
    std::size_t count = 0;
    const Cursor loaded{store->epoch(), 1, first_.event_id};
    EXPECT_TRUE(store->visit_changes(loaded, 100, [&](const ChangeView&) { ++count; }));
    return count;
  }

  OrderEvent first_;
};

TEST_F(LateSyncTest, NothingIsBuiltOnWhatTheDiskFailedToTake) {
  const auto order = place("p1", 11);
  fail_next_sync();
  EXPECT_THROW(settle(), Unavailable);
  EXPECT_EQ(price_of(order), 500) << "it is visible";
  EXPECT_EQ(settled(), 1);
  EXPECT_EQ(store->progress().head, 1);
  EXPECT_EQ(changes_in_log(), 1);
  EXPECT_EQ(changes_to_load(), 0);
}

TEST_F(LateSyncTest, NothingIsSaidToBeThereBeforeItHasBeenWrittenAgain) {
  const auto order = place("p1", 11);
  fail_next_sync();
  EXPECT_THROW(settle(), Unavailable);
  EXPECT_THROW(settle(), Unavailable) << "what it had read of the read model is older than that";
  EXPECT_EQ(store->progress().head, 2);
  EXPECT_EQ(changes_to_load(), 1);
  restart_after(orderly::testing::Loss::kEverything);
  EXPECT_EQ(store->progress().head, 2);
  EXPECT_EQ(price_of(order), 500);
}

TEST_F(LateSyncTest, WhatTheDiskFailedToTakeIsWrittenAgain) {
  const auto order = place("p1", 11);
  fail_next_sync();
  EXPECT_THROW(settle(), Unavailable);
  const auto woken = store->appended().ticket();
  const auto next = place("p1", 12);
  for (int i = 0; i < 2 && settled() < 3; ++i) {
    try {
      settle();
    } catch (const Unavailable&) {  // what it had read of the read model is older than that
    }
  }
  EXPECT_EQ(settled(), 3);
  EXPECT_NE(store->appended().ticket(), woken);
  restart_after(orderly::testing::Loss::kEverything);
  EXPECT_EQ(price_of(order), 500);
  EXPECT_EQ(price_of(next), 500);
  EXPECT_EQ(changes_in_log(), 3);
}

TEST_F(LateSyncTest, WhatWasVisibleAndIsLostIsProjectedAgainAtTheSamePlace) {
  const auto order = place("p1", 11);
  fail_next_sync();
  EXPECT_THROW(settle(), Unavailable);
  restart_after(orderly::testing::Loss::kEverything);
  EXPECT_EQ(settled(), 1);
  settle();
  EXPECT_EQ(price_of(order), 500);
  EXPECT_EQ(changes_in_log(), 2);
}

TEST_F(LateSyncTest, WhatAKilledProcessHadNotSyncedIsDurableOnceItIsOpened) {
  const auto order = place("p1", 11);
  fail_next_sync();
  EXPECT_THROW(settle(), Unavailable);
  restart_after(orderly::testing::Loss::kNothing);
  EXPECT_EQ(store->progress().head, 2);
  restart_after(orderly::testing::Loss::kEverything);
  EXPECT_EQ(store->progress().head, 2);
  EXPECT_EQ(price_of(order), 500);
}

}  // namespace
}  // namespace orderly::orderinfo::testing
