#include <gmock/gmock.h>

#include "conformance/read_model_conformance.hpp"

/// The change log and those who read it. Every adapter keeps to it.
namespace orderly::orderinfo::testing {
namespace {

using ::testing::ElementsAre;

const DateRange k2021{*parse_date_prefix("2021")};

TEST_P(ReadModelConformance, AReaderOfTheLogIsToldOfAnotherHistory) {
  apply_rows({priced(order_event(1)), priced(order_event(2))});
  const Uuid epoch = store_->epoch();
  const auto code = [&](const Cursor& after) {
    const auto page = store_->read_events(after, 10);
    return page ? std::string("none") : page.error().code;
  };
  EXPECT_EQ(code({epoch, 2, order_event(2).event_id}), "none");
  EXPECT_EQ(code({epoch, 2, {}}), "none");
  EXPECT_EQ(code({{}, 2, {}}), "none");
  EXPECT_EQ(code({epoch, 3, {}}), "position_conflict") << "beyond the head";
  EXPECT_EQ(code({epoch, 2, order_event(1).event_id}), "position_conflict") << "another event";
  EXPECT_EQ(code({uuid(0xcc, 1), 2, {}}), "position_conflict") << "another epoch";
}

TEST_P(ReadModelConformance, AReaderAtAReplacedRowIsNotToldOfAConflict) {
  auto claimed = order_event(1);
  claimed.accepted_at = at(500);
  apply_rows({{from_push(claimed), kPrice}});
  apply_rows({priced(order_event(1))});
  const auto page = store_->read_events({store_->epoch(), 1, claimed.event_id}, 10);
  ASSERT_TRUE(page);
  EXPECT_THAT(positions(*page), ElementsAre(2));
}

TEST_P(ReadModelConformance, TheLogIsReadPageByPage) {
  std::vector<PricedOrder> rows;
  for (int i = 1; i <= 5; ++i)
    rows.push_back(priced(order_event(i)));
  apply_rows(rows);
  const auto first = store_->read_events({}, 2);
  ASSERT_TRUE(first);
  EXPECT_THAT(positions(*first), ElementsAre(1, 2));
  EXPECT_EQ(first->head, 5);
  const auto second = store_->read_events(events::cursor_after(*first), 2);
  ASSERT_TRUE(second);
  EXPECT_THAT(positions(*second), ElementsAre(3, 4));
  EXPECT_LT(first->events[1].accepted_at, second->events[0].accepted_at);
}

TEST_P(ReadModelConformance, WhatIsVisibleIsInTheLogOnceItIsDurable) {
  apply_rows({priced(order_event(1))});
  const auto second = priced(order_event(2));
  ProjectionBatch batch;
  batch.rows = {second};
  batch.order_cursor = CursorMove{{}, order_cursor(2)};
  const Cursor first{store_->epoch(), 1, changes().events.back().event_id};
  const auto shown = [&] {
    std::size_t count = 0;
    const auto span = store_->visit_changes(first, 10, [&](const ChangeView&) { ++count; });
    return span ? count : 99;
  };
  const auto look = [&] {  // an adapter may also be quicker than that
    const OrderId& id = second.order.event.data.order_id;
    EXPECT_TRUE(store_->find({"c1"}, id));
    EXPECT_EQ(store_->standing(id), Standing::kVisible);
    EXPECT_TRUE(store_->list_version({"c1"}));
    EXPECT_EQ(store_->list({"c1"}, k2021, std::nullopt, 10).orders.size(), 2);
    EXPECT_EQ(store_->visible().orders.position, 2);
    EXPECT_EQ(store_->progress().head, 1);
    EXPECT_TRUE(store_->tells_of(1));
    EXPECT_FALSE(store_->tells_of(changes().head)) << "a page must not lack what can be seen";
    EXPECT_EQ(store_->progress().orders, Cursor{});
    EXPECT_THAT(positions(changes()), ElementsAre(1));
    EXPECT_EQ(shown(), 0);
  };
  ASSERT_TRUE(run(loop_, store_->apply(batch, look)));
  EXPECT_EQ(store_->visible().orders.position, 2);
  EXPECT_EQ(store_->progress().head, 2);
  EXPECT_TRUE(store_->tells_of(changes().head));
  EXPECT_THAT(positions(changes()), ElementsAre(1, 2));
  EXPECT_EQ(shown(), 1);
}

TEST_P(ReadModelConformance, ReadersOfTheLogAreWoken) {
  const auto ticket = store_->appended().ticket();
  apply_parked({from_feed(order_event(1))});
  EXPECT_EQ(store_->appended().ticket(), ticket) << "nothing was appended";
  apply_rows({priced(order_event(2))});
  EXPECT_NE(store_->appended().ticket(), ticket);
}

}  // namespace
}  // namespace orderly::orderinfo::testing
