#include "conformance/order_store_conformance.hpp"

#include <gmock/gmock.h>

#include <chrono>

#include "base/dates.hpp"
#include "events/feed_cursor.hpp"

namespace orderly::order::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

/// What a feed must be like whatever happened before.
void expect_sound(const events::FeedPage<events::OrderPlaced>& page) {
  EXPECT_EQ(page.head, static_cast<Position>(page.events.size()));
  for (std::size_t i = 0; i < page.events.size(); ++i) {
    EXPECT_EQ(page.events[i].position, static_cast<Position>(i + 1));
    if (i == 0) continue;
    EXPECT_GT(page.events[i].accepted_at, page.events[i - 1].accepted_at);
    EXPECT_GT(page.events[i].data.order_id, page.events[i - 1].data.order_id);
    EXPECT_GT(page.events[i].event_id, page.events[i - 1].event_id);
  }
}

TEST_P(OrderStoreConformance, AnswersWithTheOrderAndItsPlace) {
  const auto placed = append(new_order("customer07", 3));
  EXPECT_EQ(placed.order.customer_id.value, "customer07");
  EXPECT_EQ(placed.order.product_id.value, "product00001");
  EXPECT_EQ(placed.order.number, 3);
  EXPECT_EQ(placed.position, 1);
  EXPECT_FALSE(placed.epoch.is_nil());
  EXPECT_FALSE(placed.replayed);
  EXPECT_EQ(placed.accepted_at, now());
  const auto id = Uuid::parse(placed.order.order_id.value);
  ASSERT_TRUE(id);
  EXPECT_EQ(std::to_integer<int>(id->bytes[6]) >> 4, 7) << "the version of the UUID";
}

TEST_P(OrderStoreConformance, AnOrderHasOneEventWithItsContent) {
  SeededRandom random(7);
  auto traced = new_order();
  traced.trace = TraceContext::start(random);
  const auto trace = traced.trace;
  const auto first = append(std::move(traced));
  const auto second = append(new_order("another", 9));
  const auto page = feed();
  EXPECT_EQ(page.epoch, first.epoch);
  ASSERT_THAT(page.events, SizeIs(2));
  EXPECT_EQ(page.events[0].data, first.order);
  EXPECT_EQ(page.events[0].accepted_at, first.accepted_at);
  EXPECT_EQ(page.events[0].trace, trace);
  EXPECT_EQ(page.events[1].data, second.order);
  EXPECT_TRUE(page.events[1].trace.empty());
  EXPECT_NE(page.events[0].event_id, Uuid::parse(first.order.order_id.value));
  expect_sound(page);
}

TEST_P(OrderStoreConformance, TheDateDefaultsToTheUtcDateOfAcceptance) {
  world_->set_clock(24h - 1ms);
  EXPECT_EQ(append(new_order()).order.order_date, *parse_date("2021-01-18"));
  world_->set_clock(1ms);
  EXPECT_EQ(append(new_order()).order.order_date, *parse_date("2021-01-19"));
  auto dated = new_order();
  dated.command.order_date = parse_date("1999-12-31");
  EXPECT_EQ(append(std::move(dated)).order.order_date, *parse_date("1999-12-31"));
  EXPECT_EQ(feed().events[2].data.order_date, *parse_date("1999-12-31"));
}

TEST_P(OrderStoreConformance, IdsComeBackAsTheyWereWritten) {
  const std::string uuid = "0193e2a0-7b00-7c00-8000-0123456789ab";
  const std::string ids[] = {uuid,         "0193E2A0-7B00-7C00-8000-0123456789AB",
                             "a",          "12",
                             "1.0",        "NULL",
                             "naïve 日本", std::string(128, 'x')};
  for (const auto& id : ids)
    EXPECT_EQ(append(new_order(id)).order.customer_id.value, id);
  const auto page = feed();
  for (std::size_t i = 0; i < std::size(ids); ++i)
    EXPECT_EQ(page.events.at(i).data.customer_id.value, ids[i]);
}

TEST_P(OrderStoreConformance, OrdersPlacedAtOnceGetPositionsWithoutGaps) {
  std::vector<NewOrder> orders;
  for (int i = 0; i < 200; ++i)
    orders.push_back(new_order("customer" + std::to_string(i)));
  const auto placed = append_at_once(std::move(orders));
  const auto page = feed();
  ASSERT_THAT(page.events, SizeIs(200));
  expect_sound(page);
  for (std::size_t i = 0; i < placed.size(); ++i) {
    ASSERT_TRUE(placed[i]);
    EXPECT_EQ(page.events.at(static_cast<std::size_t>(placed[i]->position) - 1).data,
              placed[i]->order);
    EXPECT_EQ(placed[i]->order.customer_id.value, "customer" + std::to_string(i));
  }
}

TEST_P(OrderStoreConformance, WhatWasAnsweredIsThereAfterACrash) {
  const auto first = append(new_order());
  world_->crash();
  const auto second = append(new_order());
  world_->restart();
  const auto page = feed();
  ASSERT_THAT(page.events, SizeIs(2));
  EXPECT_EQ(page.epoch, first.epoch);
  EXPECT_EQ(page.events[0].data, first.order);
  EXPECT_EQ(page.events[1].data, second.order);
  expect_sound(page);
}

TEST_P(OrderStoreConformance, TimesAndIdsAscendThoughTheClockIsSetBack) {
  append(new_order());
  world_->set_clock(-1h);
  append(new_order());
  append(new_order());
  world_->restart();
  append(new_order());
  world_->set_clock(2h);
  const auto last = append(new_order());
  EXPECT_EQ(last.accepted_at, now());
  expect_sound(feed());
}

TEST_P(OrderStoreConformance, AKeyGivesTheFirstAnswerAgain) {
  const auto first = append(keyed_order("key"));
  world_->set_clock(25h / 2);  // the date would be another one
  auto again = append(keyed_order("key"));
  EXPECT_TRUE(again.replayed);
  again.replayed = false;
  EXPECT_EQ(again, first);
  world_->crash();
  again = append(keyed_order("key"));
  EXPECT_TRUE(again.replayed);
  EXPECT_EQ(again.order, first.order);
  EXPECT_THAT(feed().events, SizeIs(1));
}

TEST_P(OrderStoreConformance, AKeyOfAnotherCommandIsRefusedAndHarmsNoOther) {
  const auto placed =
      append_at_once({keyed_order("key", 1), keyed_order("key", 2), new_order("third")});
  ASSERT_TRUE(placed[0]);
  ASSERT_FALSE(placed[1]);
  EXPECT_EQ(placed[1].error().kind, ErrorKind::kIdempotencyKeyReused);
  ASSERT_TRUE(placed[2]);
  EXPECT_THAT(feed().events, SizeIs(2));
  EXPECT_FALSE(try_append(keyed_order("key", 2)));
}

TEST_P(OrderStoreConformance, OneKeyAtOnceManyTimesPlacesOneOrder) {
  std::vector<NewOrder> orders;
  for (int i = 0; i < 50; ++i)
    orders.push_back(keyed_order("key"));
  for (const auto& placed : append_at_once(std::move(orders))) {
    ASSERT_TRUE(placed);
    EXPECT_EQ(placed->position, 1);
  }
  EXPECT_THAT(feed().events, SizeIs(1));
}

TEST_P(OrderStoreConformance, AKeyIsKeptForADay) {
  append(keyed_order("key"));
  world_->set_clock(24h - 1s);
  append(new_order());  // lets the store clear up
  EXPECT_TRUE(append(keyed_order("key")).replayed);
}

TEST_P(OrderStoreConformance, TheFeedGoesPageByPage) {
  for (int i = 0; i < 5; ++i)
    append(new_order());
  Cursor cursor;
  std::vector<Position> seen;
  for (;;) {
    const auto page = world_->store().read_events(cursor, 2);
    ASSERT_TRUE(page);
    EXPECT_EQ(page->head, 5);
    if (page->events.empty()) break;
    EXPECT_LE(page->events.size(), 2U);
    for (const auto& event : page->events)
      seen.push_back(event.position);
    cursor = events::cursor_after(*page);
  }
  EXPECT_THAT(seen, ::testing::ElementsAre(1, 2, 3, 4, 5));
}

TEST_P(OrderStoreConformance, AReaderOfAnotherHistoryGetsAConflict) {
  append(new_order());
  const auto page = feed();
  const auto read = [&](Cursor cursor) { return world_->store().read_events(cursor, 1); };
  const auto here = events::cursor_after(page);
  EXPECT_TRUE(read(here));
  EXPECT_TRUE(read({.epoch = {}, .position = 1, .event_id = {}}));

  auto other_epoch = here;
  other_epoch.epoch.bytes[0] ^= std::byte{1};
  auto beyond = here;
  beyond.position = 2;
  auto other_event = here;
  other_event.event_id.bytes[0] ^= std::byte{1};
  for (const auto& cursor : {other_epoch, beyond, other_event}) {
    const auto refused = read(cursor);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::kConflict);
    EXPECT_EQ(refused.error().code, events::kPositionConflict);
  }
}

TEST_P(OrderStoreConformance, ANewStoreHasAnEmptyFeed) {
  const auto page = feed();
  EXPECT_EQ(page.head, 0);
  EXPECT_THAT(page.events, IsEmpty());
  EXPECT_FALSE(page.epoch.is_nil());
  EXPECT_NE(page.epoch, GetParam().fresh_world()->store().read_events({}, 1)->epoch);
}

TEST_P(OrderStoreConformance, ACommitWakesReaders) {
  events::LocalFeed<events::OrderPlaced> local(world_->loop(), world_->store());
  const auto reading = orderly::testing::start(world_->loop(), local.read({}, 10, 30s));
  EXPECT_FALSE(world_->run_until([&] { return reading->value.has_value(); }, 10ms));
  append(new_order());
  EXPECT_TRUE(world_->run_until([&] { return reading->value.has_value(); }, 1s));
  EXPECT_THAT(reading->get()->events, SizeIs(1));
}

TEST_P(OrderStoreConformance, AnOrderIsFoundByItsId) {
  std::vector<PlacedOrder> placed;
  for (int i = 0; i < 20; ++i)
    placed.push_back(append(new_order("customer" + std::to_string(i))));
  for (const auto& order : placed) {
    const auto found = world_->store().find(order.order.order_id);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->data, order.order);
    EXPECT_EQ(found->position, order.position);
  }
  EXPECT_FALSE(world_->store().find({"0193e2a0-7b00-7c00-8000-0123456789ab"}));
  EXPECT_FALSE(world_->store().find({"no uuid"}));
}

}  // namespace
}  // namespace orderly::order::testing
