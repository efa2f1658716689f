#include <gmock/gmock.h>

#include "conformance/read_model_conformance.hpp"

/// What a read model does when a feed has another history from some place on.
namespace orderly::orderinfo::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const Price kPrice{"Gaming Display", 500};
const Uuid kNextEpoch = uuid(0xa0, 2);

PricedOrder priced(OrderEvent event) { return {from_feed(std::move(event)), kPrice}; }
OrderId id(Position position) { return order_event(position).data.order_id; }

Cursor product_cursor(Position position) {
  return {kProductEpoch, position, uuid(0xe1, static_cast<std::uint64_t>(position))};
}

/// Settles order `position`, which becomes a row.
ProjectionBatch settled_row(Position position) {
  ProjectionBatch batch;
  batch.rows = {priced(order_event(position))};
  batch.order_cursor =
      CursorMove{position == 1 ? Cursor{} : order_cursor(position - 1), order_cursor(position)};
  return batch;
}

TakeBack orders_back(Position from, Position to) {
  Cursor common = order_cursor(to);
  common.epoch = kNextEpoch;
  return {.feed = SourceFeed::kOrders, .from = order_cursor(from), .to = common};
}

std::vector<Position> removed_positions(const events::FeedPage<events::OrderInfoPut>& page) {
  std::vector<Position> found;
  for (const auto& change : page.events) {
    if (change.data.removed) found.push_back(change.position);
  }
  return found;
}

TEST_P(ReadModelConformance, RemembersPlacesThatItHasSettled) {
  for (Position position = 1; position <= 3; ++position)
    apply(settled_row(position));
  const auto places = store_->places(SourceFeed::kOrders);
  ASSERT_THAT(places, SizeIs(3));
  EXPECT_EQ(places.back().position, 3);
  EXPECT_EQ(places.back().event_id, order_event(3).event_id);
  EXPECT_THAT(store_->places(SourceFeed::kProducts), IsEmpty());
}

TEST_P(ReadModelConformance, RemembersWhatPushesSaidAheadOfTheFeed) {
  apply(settled_row(1));
  ProjectionBatch pushed;
  pushed.rows = {{from_push(order_event(1)), kPrice}, {from_push(order_event(3)), kPrice}};
  pushed.parked = {from_push(order_event(4, "unknown"))};
  apply(pushed);
  EXPECT_EQ(store_->progress().ahead, order_cursor(4));
  const auto place = [](Position position) {
    return Cursor{{}, position, order_event(position).event_id};
  };
  EXPECT_THAT(store_->ahead(3), ElementsAre(place(3)));
  EXPECT_THAT(store_->ahead(100), ElementsAre(place(3), place(4)));
  reopen();
  EXPECT_EQ(store_->progress().ahead, order_cursor(4));
  apply(settled_row(2));
  apply(settled_row(3));
  EXPECT_THAT(store_->ahead(100), ElementsAre(place(4)));
  EXPECT_EQ(store_->progress().ahead, order_cursor(4));

  const auto taken = run(loop_, store_->take_back(orders_back(3, 3)));
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->orders, 1) << "what is ahead goes with a fork";
  EXPECT_THAT(store_->ahead(100), IsEmpty());
  EXPECT_EQ(store_->progress().ahead, Cursor{});
}

TEST_P(ReadModelConformance, WhatCameAfterAForkIsTakenOutIntoAList) {
  for (Position position = 1; position <= 3; ++position)
    apply(settled_row(position));
  auto parked = order_event(4, "unknown");
  ProjectionBatch batch;
  batch.parked = {from_feed(parked)};
  batch.order_cursor = CursorMove{order_cursor(3), order_cursor(4)};
  apply(batch);

  const auto version = store_->list_version(order_event(1).data.customer_id);
  const auto taken = run(loop_, store_->take_back(orders_back(4, 1)));
  ASSERT_TRUE(taken);
  EXPECT_NE(store_->list_version(order_event(1).data.customer_id), version);
  EXPECT_EQ(*taken, (TakenBack{.orders = 3}));
  const auto check = [&] {
    EXPECT_EQ(store_->progress().orders, (Cursor{kNextEpoch, 1, order_event(1).event_id}));
    EXPECT_THAT(store_->places(SourceFeed::kOrders), SizeIs(1)) << "none of what is gone";
    EXPECT_EQ(store_->progress().parked, 0U);
    EXPECT_EQ(store_->progress().taken_out, 3U);
    EXPECT_EQ(store_->standing(id(1)), Standing::kVisible);
    EXPECT_EQ(store_->standing(id(2)), Standing::kUnknown);
    EXPECT_EQ(store_->standing(parked.data.order_id), Standing::kUnknown);
    const auto listed = store_->taken_out_orders(0, 10);
    ASSERT_THAT(listed, SizeIs(3));
    EXPECT_EQ(listed[0].event, order_event(2));
    EXPECT_EQ(listed[0].epoch, kOrderEpoch);
    EXPECT_EQ(listed[0].price, kPrice);
    EXPECT_EQ(listed[2].event, parked);
    EXPECT_EQ(listed[2].price, std::nullopt);
    EXPECT_THAT(store_->taken_out_orders(listed[0].number, 1), SizeIs(1));
  };
  check();
  reopen();
  check();
}

TEST_P(ReadModelConformance, TheLogTellsWhatWasTakenOut) {
  for (Position position = 1; position <= 3; ++position)
    apply(settled_row(position));
  const Cursor reader = events::cursor_after(changes());
  ASSERT_TRUE(run(loop_, store_->take_back(orders_back(3, 1))));
  EXPECT_EQ(changes().head, 5);
  EXPECT_THAT(removed_positions(changes()), ElementsAre(4, 5));
  const auto rest = store_->read_events(reader, 10);
  ASSERT_TRUE(rest) << "who stood at a row that went is told of no conflict";
  EXPECT_EQ(rest->events.front().data.info.order_id, id(2));
  const auto first = store_->read_events(reader, 1);
  ASSERT_TRUE(first);
  EXPECT_TRUE(store_->read_events(events::cursor_after(*first), 10));
}

TEST_P(ReadModelConformance, AnOrderThatComesByTheFeedAgainIsBack) {
  for (Position position = 1; position <= 3; ++position)
    apply(settled_row(position));
  ASSERT_TRUE(run(loop_, store_->take_back(orders_back(3, 1))));
  ProjectionBatch again = settled_row(2);
  again.order_cursor->from.epoch = kNextEpoch;
  again.order_cursor->to.epoch = kNextEpoch;
  apply(again);
  EXPECT_EQ(store_->standing(id(2)), Standing::kVisible);
  EXPECT_THAT(store_->taken_out_orders(0, 10), SizeIs(1));
  const auto log = changes();
  EXPECT_THAT(removed_positions(log), ElementsAre(5));
  EXPECT_EQ(log.events.back().data.info.order_id, id(2));
  EXPECT_TRUE(log.events.back().data.replaces) << "a reader may have the removed row still";
  EXPECT_EQ(log.head, 6);
}

TEST_P(ReadModelConformance, ARehearsalBringsNothingBack) {
  for (Position position = 1; position <= 2; ++position)
    apply(settled_row(position));
  ASSERT_TRUE(run(loop_, store_->take_back(orders_back(2, 1))));
  ProjectionBatch again = settled_row(2);
  again.order_cursor->from.epoch = kNextEpoch;
  again.order_cursor->to.epoch = kNextEpoch;
  const auto before = store_->progress();
  ASSERT_TRUE(run(loop_, store_->rehearse(again)));
  EXPECT_EQ(store_->progress(), before);
  EXPECT_THAT(removed_positions(changes()), ElementsAre(3));
  apply(again);
  EXPECT_THAT(removed_positions(changes()), IsEmpty());
  EXPECT_TRUE(changes().events.back().data.replaces);
}

TEST_P(ReadModelConformance, APushDoesNotBringBackWhatWasTakenOut) {
  for (Position position = 1; position <= 2; ++position)
    apply(settled_row(position));
  ASSERT_TRUE(run(loop_, store_->take_back(orders_back(2, 1))));
  ProjectionBatch late;
  late.rows = {{foreign(order_event(2)), kPrice}};
  EXPECT_EQ(apply(late), (Applied{.duplicates = 1}));
  EXPECT_EQ(store_->standing(id(2)), Standing::kUnknown);
  EXPECT_THAT(store_->foreign_events(0, 10), IsEmpty());
}

TEST_P(ReadModelConformance, AForkThatWasSeenFromElsewhereChangesNothing) {
  apply(settled_row(1));
  const auto refused = run(loop_, store_->take_back(orders_back(2, 1)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "cursor_moved");
  EXPECT_EQ(store_->progress().orders, order_cursor(1));
}

TEST_P(ReadModelConformance, ANewEpochAloneTakesNothingOut) {
  apply(settled_row(1));
  const auto taken = run(loop_, store_->take_back(orders_back(1, 1)));
  ASSERT_TRUE(taken);
  EXPECT_EQ(*taken, TakenBack{});
  EXPECT_EQ(store_->progress().orders.epoch, kNextEpoch);
  EXPECT_EQ(store_->standing(id(1)), Standing::kVisible);
}

TEST_P(ReadModelConformance, AnOrderThatCameByPushFirstIsOfTheFeedOnceTheFeedHasIt) {
  ProjectionBatch pushed;
  pushed.rows = {{foreign(order_event(1)), kPrice}};
  apply(pushed);
  EXPECT_TRUE(store_->is_foreign(id(1)));
  apply(settled_row(1));
  EXPECT_FALSE(store_->is_foreign(id(1))) << "the feed is its archive";
  ASSERT_TRUE(run(loop_, store_->take_back(orders_back(1, 0))));
  EXPECT_EQ(store_->standing(id(1)), Standing::kUnknown);
}

TEST_P(ReadModelConformance, OrdersPricedByAVersionThatIsGoneWaitForTheirPriceAgain) {
  ProjectionBatch versions;
  versions.products = {product_event(1, "p1", 500, at(0)), product_event(2, "p1", 700, at(2)),
                       product_event(3, "p2", 900, at(2))};
  versions.product_cursor = CursorMove{{}, product_cursor(3)};
  apply(versions);
  for (Position position = 1; position <= 3; ++position)
    apply(settled_row(position));
  ProjectionBatch other;
  other.rows = {priced(order_event(4, "p2"))};
  other.order_cursor = CursorMove{order_cursor(3), order_cursor(4)};
  apply(other);

  Cursor to = product_cursor(1);
  to.epoch = uuid(0xb0, 2);
  const auto taken =
      run(loop_,
          store_->take_back({.feed = SourceFeed::kProducts, .from = product_cursor(3), .to = to}));
  ASSERT_TRUE(taken);
  EXPECT_EQ(*taken, (TakenBack{.versions = 2, .repriced = 3}));
  EXPECT_EQ(store_->standing(id(1)), Standing::kVisible) << "accepted before the version that went";
  EXPECT_EQ(store_->standing(id(2)), Standing::kParked);
  EXPECT_EQ(store_->standing(id(4)), Standing::kParked) << "its product is not known any more";
  EXPECT_EQ(store_->progress().parked, 3U);
  EXPECT_EQ(store_->progress().products, to);
  EXPECT_THAT(store_->product_versions(0, 10), SizeIs(1));
  EXPECT_THAT(store_->taken_out_versions(0, 10), SizeIs(2));
  EXPECT_THAT(store_->taken_out_orders(0, 10), IsEmpty());
  EXPECT_THAT(removed_positions(changes()), SizeIs(3));
  EXPECT_THAT(store_->releasable_products(10), ElementsAre(ProductId{"p1"}));

  ProjectionBatch released;
  released.rows = {priced(order_event(2))};
  apply(released);
  EXPECT_EQ(store_->standing(id(2)), Standing::kVisible);
  EXPECT_THAT(removed_positions(changes()), SizeIs(2));
}

}  // namespace
}  // namespace orderly::orderinfo::testing
