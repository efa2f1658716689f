#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orderinfo/projector.hpp"
#include "unit/orderinfo/pipeline.hpp"

/// What a push may do that names a place in the order feed.
namespace orderly::orderinfo::testing {
namespace {

using ::testing::SizeIs;

class ProjectorPushTest : public ::testing::Test, protected Pipeline {
 protected:
  /// A product, and a projector that knows the feed's epoch.
  ProjectorPushTest() {
    products.put("p1", 500, at(1));
    settle();
  }
};

TEST_F(ProjectorPushTest, APushMakesUsReadTheFeedUpToItsPlace) {
  const auto before = place("p1", 10);
  const auto pushed = place("p1", 11);
  push(pushed);
  EXPECT_EQ(price_of(pushed), 500);
  EXPECT_EQ(price_of(before), 500) << "no row is ahead of what is settled";
  EXPECT_EQ(settled(), 2);
  EXPECT_EQ(store->progress().head, 2) << "the pushed order was a duplicate";
}

TEST_F(ProjectorPushTest, APushHasItsEffectAtOnceWhileTheFeedIsAway) {
  const auto first = place("p1", 10);
  const auto second = place("p1", 11);
  orders.available = false;
  push(second);
  EXPECT_EQ(price_of(second), 500);
  EXPECT_EQ(settled(), 0);
  EXPECT_EQ(store->progress().ahead.position, 2);
  orders.available = true;
  settle();
  EXPECT_EQ(settled(), 2);
  EXPECT_EQ(price_of(first), 500);
  EXPECT_EQ(store->progress().ahead, Cursor{});
  EXPECT_EQ(store->progress().head, 2) << "the pushed order was a duplicate";
  EXPECT_EQ(store->progress().taken_out, 0);
}

TEST_F(ProjectorPushTest, WhatAPushSaidAheadOfTheFeedIsTakenBackWhereTheFeedHasAnotherEvent) {
  const auto pushed = place("p1", 10);
  const auto true_one = place("p1", 11);
  orders.available = false;
  push(pushed);
  push(true_one);
  restart();
  auto other = order_event(1, "p1");
  other.event_id = uuid(0xee, 1);
  other.data.order_id = {"other"};
  other.accepted_at = at(10);
  orders.replace_all({other, true_one});
  orders.available = true;
  settle();
  EXPECT_EQ(price_of(pushed), -1);
  EXPECT_EQ(price_of(other), 500);
  EXPECT_EQ(price_of(true_one), 500) << "it is back";
  EXPECT_EQ(settled(), 2);
  ASSERT_THAT(store->taken_out_orders(0, 10), SizeIs(1));
  EXPECT_EQ(store->taken_out_orders(0, 10)[0].event.data, pushed.data);
}

TEST_F(ProjectorPushTest, WhatAPushSaidAheadOfTheFeedIsTakenBackWhereTheFeedEndsBefore) {
  const auto kept = place("p1", 10);
  settle();
  const auto lost = place("p1", 11);
  orders.available = false;
  push(lost);
  EXPECT_EQ(price_of(lost), 500);
  orders.replace_all({kept});  // put back to just where we stand
  orders.available = true;
  EXPECT_EQ(settle(), 0);
  EXPECT_EQ(price_of(lost), -1);
  EXPECT_EQ(price_of(kept), 500);
  EXPECT_EQ(store->progress().ahead, Cursor{});
  EXPECT_THAT(store->taken_out_orders(0, 10), SizeIs(1));
}

TEST_F(ProjectorPushTest, ADeliveryDoesNotPassOverWhatAPushSaidAheadOfTheFeed) {
  auto forged = order_event(1, "p1");
  forged.event_id = uuid(0xee, 1);
  forged.data.order_id = {"forged"};
  forged.accepted_at = at(9);
  orders.available = false;
  push(forged);
  EXPECT_EQ(price_of(forged), 500);
  orders.available = true;
  deliver({place("p1", 10)});
  EXPECT_EQ(price_of(forged), -1);
  EXPECT_EQ(price_of(orders.all()[0]), 500);
}

TEST_F(ProjectorPushTest, APushOfAPlaceThatTheFeedDoesNotHaveIsFromAStranger) {
  push(order_event(1'000, "p1"));
  EXPECT_EQ(settled(), 0);
  EXPECT_THAT(store->foreign_events(0, 10), SizeIs(1));
  const auto genuine = place("p1", 10);
  settle();
  EXPECT_EQ(price_of(genuine), 500);
  EXPECT_EQ(settled(), 1);
}

TEST_F(ProjectorPushTest, AForgedPlaceCannotMakeUsPassOverAnEvent) {
  auto forged = order_event(1, "p1");
  forged.data.order_id = {"forged"};
  push(forged);
  const auto genuine = place("p1", 10);
  deliver({genuine});
  EXPECT_EQ(price_of(genuine), 500);
  EXPECT_EQ(settled(), 1);
}

}  // namespace
}  // namespace orderly::orderinfo::testing
