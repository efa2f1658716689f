#include "orderinfo/projector.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "orderinfo/hops.hpp"
#include "runtime/task_group.hpp"
#include "unit/orderinfo/pipeline.hpp"

namespace orderly::orderinfo::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kDiskFull = 13;  // SQLITE_FULL

class ProjectorTest : public ::testing::Test, protected Pipeline {};

TEST_F(ProjectorTest, ADeliveredBatchIsVisibleAndSettled) {
  products.put("p1", 500, at(1));
  const auto order = place("p1", 10);
  settle();  // learns the epoch, as every start does
  const auto next = place("p1", 11);
  deliver({next});
  EXPECT_EQ(price_of(order), 500);
  EXPECT_EQ(price_of(next), 500);
  EXPECT_EQ(store->progress().orders, (Cursor{kOrderEpoch, 2, next.event_id}));
}

TEST_F(ProjectorTest, TheFirstDeliveryOfANewReadModelLearnsTheEpochFromTheFeed) {
  products.put("p1", 500, at(1));
  deliver({place("p1", 10)});
  EXPECT_EQ(settled(), 1);
  EXPECT_EQ(store->progress().orders.epoch, kOrderEpoch);
}

TEST_F(ProjectorTest, AMessageThatComesTwiceHasOneEffect) {
  products.put("p1", 500, at(1));
  const auto order = place("p1", 10);
  deliver({order, order});
  deliver({order});
  push(order);
  settle();
  EXPECT_EQ(store->progress().head, 1);
  EXPECT_EQ(settled(), 1);
}

TEST_F(ProjectorTest, AnOrderIsProjectedAgainAtThePriceOfItsTime) {
  products.put("p1", 500, at(1));
  const auto order = place("p1", 10);
  settle();
  products.put("p1", 900, at(20));
  follow_products();
  const auto unknown = place("p2", 30);  // its product is not there, nor is it settled
  EXPECT_EQ(run(loop, projector->project_again({order, unknown}, kOrderEpoch)), 1);
  EXPECT_EQ(price_of(order), 500);
  EXPECT_EQ(store->progress().head, 2) << "a change of its own, for the warehouse";
  EXPECT_EQ(store->progress().parked, 1);
  EXPECT_EQ(settled(), 1) << "a repair does not move it";
}

TEST_F(ProjectorTest, MessagesOutOfOrderAreSettledInOrder) {
  products.put("p1", 500, at(1));
  const auto first = place("p1", 10);
  const auto second = place("p1", 11);
  deliver({second, first});
  EXPECT_EQ(settled(), 2);
  EXPECT_EQ(store->progress().head, 2);
}

TEST_F(ProjectorTest, AGapIsReadFromTheFeed) {
  products.put("p1", 500, at(1));
  settle();
  const auto lost = place("p1", 10);
  const auto also_lost = place("p1", 11);
  const auto delivered = place("p1", 12);
  deliver({delivered});
  EXPECT_EQ(settled(), 3);
  EXPECT_EQ(price_of(lost), 500);
  EXPECT_EQ(price_of(also_lost), 500);
  EXPECT_EQ(price_of(delivered), 500);
}

TEST_F(ProjectorTest, AGapInsideABatchIsReadFromTheFeed) {
  products.put("p1", 500, at(1));
  settle();
  const auto first = place("p1", 10);
  const auto lost = place("p1", 11);
  const auto third = place("p1", 12);
  deliver({first, third});
  EXPECT_EQ(settled(), 3);
  EXPECT_EQ(price_of(lost), 500);
}

TEST_F(ProjectorTest, PushesThatWaitTogetherShareATransaction) {
  products.put("p1", 500, at(1));
  std::vector<OrderEvent> events;
  events.reserve(40);
  for (int i = 0; i < 20; ++i)
    events.push_back(place("p1", 10 + i));
  settle();
  for (int i = 0; i < 20; ++i)
    events.push_back(place("p1", 40 + i));
  const auto before = products.closes;
  runtime::TaskGroup pushes(loop);
  int answered = 0;
  const auto push_one = [](Pipeline& pipeline, OrderEvent event, int& count) -> runtime::Task<> {
    co_await pipeline.projector->push(pipeline.message(event));
    ++count;
  };
  for (std::size_t i = 20; i < 40; ++i) {
    pushes.spawn("push", push_one(*this, events[i], answered));
  }
  ASSERT_TRUE(
      loop.run_until([&] { return answered == 20; }, loop.steady_now() + std::chrono::minutes(1)));
  run(loop, pushes.join());
  EXPECT_LE(products.closes - before, 2) << "once for the first, once for all that gathered";
  EXPECT_EQ(store->progress().head, 40);
}

TEST_F(ProjectorTest, AnOrderIsPricedByTheVersionInForceWhenItWasAccepted) {
  products.put("p1", 500, at(1));
  const auto before = place("p1", 10);
  products.put("p1", 900, at(11));
  const auto after = place("p1", 12);
  settle();
  EXPECT_EQ(price_of(before), 500) << "the price was changed between order and projection";
  EXPECT_EQ(find(before)->product_name, "v1");
  EXPECT_EQ(price_of(after), 900);
}

TEST_F(ProjectorTest, APriceThatIsUsedIsFinal) {
  products.put("p1", 500, at(1));
  const auto order = place("p1", 10);
  settle();
  products.put("p1", 900, at(5));  // its clock is late, but that time is closed
  EXPECT_GT(products.log.all().back().accepted_at, order.accepted_at);
  restart();
  const auto second = place("p1", 11);
  settle();
  EXPECT_EQ(price_of(order), 500);
  EXPECT_EQ(price_of(second), 900);
}

TEST_F(ProjectorTest, TheBarrierIsPassedOncePerBatchAndNotForTimesAlreadyClosed) {
  products.put("p1", 500, at(1));
  std::vector<OrderEvent> batch;
  batch.reserve(100);
  for (int i = 0; i < 100; ++i)
    batch.push_back(place("p1", 10 + i));
  settle();
  EXPECT_EQ(products.closes, 1);
  push(batch[50]);
  EXPECT_EQ(products.closes, 1);
}

TEST_F(ProjectorTest, AnOrderOfAnUnknownProductWaitsAndHoldsUpNothing) {
  products.put("p1", 500, at(1));
  const auto early = place("late product", 10);
  const auto other = place("p1", 11);
  settle();
  EXPECT_EQ(price_of(other), 500);
  EXPECT_EQ(store->standing(early.data.order_id), Standing::kParked);
  EXPECT_EQ(settled(), 2);

  products.put("late product", 70, at(60));
  EXPECT_EQ(follow_products(), 1);
  EXPECT_EQ(price_of(early), 70) << "the first version after, where none was before";
  EXPECT_EQ(store->progress().parked, 0);
}

TEST_F(ProjectorTest, AParkedOrderIsReleasedByWhateverCopiesItsProduct) {
  const auto early = place("late product", 10);
  settle();
  products.put("late product", 70, at(20));
  products.put("late product", 80, at(21));
  const auto next = place("late product", 30);
  settle();
  EXPECT_EQ(price_of(early), 70) << "its own price, not the newest";
  EXPECT_EQ(price_of(next), 80);
}

TEST_F(ProjectorTest, ParkedOrdersAreReleasedInBoundedStepsThatACrashMayPart) {
  const auto orders_waiting = kMaxReleasedPerStep + 500;
  for (std::size_t i = 0; i < orders_waiting; ++i)
    place("late product", 10);
  while (settle() > 0) {
  }
  EXPECT_EQ(store->progress().parked, orders_waiting);
  products.put("late product", 70, at(20));
  settle();
  push(place("late product", 30));  // copies the product, with a first step
  EXPECT_EQ(store->progress().parked, 500);
  restart();
  follow_products();
  EXPECT_EQ(store->progress().parked, 0);
  EXPECT_EQ(store->progress().head, orders_waiting + 1);
}

TEST_F(ProjectorTest, WhileTheProductServiceIsAwayOrdersWaitAndNoneIsLost) {
  products.put("p1", 500, at(1));
  const auto order = place("p1", 10);
  products.log.available = false;
  EXPECT_THROW(settle(), Unavailable);
  EXPECT_THROW(push(order), Unavailable);
  EXPECT_THROW(deliver({order}), Unavailable);
  EXPECT_EQ(settled(), 0);
  EXPECT_EQ(store->standing(order.data.order_id), Standing::kUnknown);
  products.log.available = true;
  settle();
  EXPECT_EQ(price_of(order), 500);
}

TEST_F(ProjectorTest, AClockTooFarAheadRaisesAnAlarmUntilItIsRight) {
  products.put("p1", 500, at(1));
  const auto order = place("p1", 900);
  products.latest_allowed = at(800);
  EXPECT_THROW(settle(), Unavailable);
  EXPECT_THAT(projector->problems(), SizeIs(1));
  EXPECT_THAT(metrics->expose(),
              ::testing::HasSubstr("orderly_projector_alarm{alarm=\"clock_skew\"} 1"));
  products.latest_allowed = UtcTime::max();
  settle();
  EXPECT_THAT(projector->problems(), IsEmpty());
  EXPECT_EQ(price_of(order), 500);
}

TEST_F(ProjectorTest, APushFromTheFutureIsRefusedAloneAndClosesNoTime) {
  products.put("p1", 500, at(1));
  settle();
  auto order = order_event(1);
  order.accepted_at = clock.utc_now() + kMaxAheadOfClock + std::chrono::microseconds(1);
  EXPECT_THROW(push(order), Unavailable);
  EXPECT_EQ(products.closes, 0);
  order.accepted_at = clock.utc_now() + kMaxAheadOfClock;
  EXPECT_NO_THROW(push(order));
}

TEST_F(ProjectorTest, AnOrderIdWithAnotherContentIsADeadLetterAndHoldsUpNothing) {
  products.put("p1", 500, at(1));
  const auto order = place("p1", 10);
  settle();
  auto other = order;
  other.data.number = 77;
  push(other);
  EXPECT_EQ(find(order)->number, 2);
  const auto letters = store->dead_letters({.limit = 10});
  ASSERT_THAT(letters, SizeIs(1));
  EXPECT_EQ(letters[0].letter.code, "order_conflict");
  const auto detail = store->dead_letter(letters[0].number);
  ASSERT_TRUE(detail);
  const auto kept = events::parse_push(detail->kept.letter.message);
  ASSERT_TRUE(kept);
  const auto again = receive(kept->message);
  EXPECT_EQ(std::get<OrderEvent>(again.content).data, other.data) << "it can be sent again";
}

TEST_F(ProjectorTest, AMessageThatCanNeverBeAppliedIsADeadLetterAndSettled) {
  products.put("p1", 500, at(1));
  settle();
  auto message = events::to_message(kOrderEpoch, order_event(1));
  message.data = R"({"order_id":"o","number":"many"})";
  run(loop, projector->push(receive(message)));
  EXPECT_EQ(store->progress().dead_letters, 1);
  EXPECT_EQ(settled(), 0);
  place("p1", 10);
  std::vector<ReceivedMessage> batch;
  batch.push_back(receive(message));
  batch.push_back(this->message(place("p1", 11)));
  run(loop, projector->deliver(std::move(batch)));
  EXPECT_EQ(store->progress().dead_letters, 1) << "the same one";
  EXPECT_EQ(settled(), 2);
}

TEST_F(ProjectorTest, AnUnknownEventTypeIsCountedAndAcknowledged) {
  auto message = events::to_message(kOrderEpoch, order_event(1));
  message.attributes.set("event_type", "order_cancelled");
  EXPECT_NO_THROW(push(receive(message)));
  EXPECT_EQ(store->progress(), Progress{});
  EXPECT_THAT(metrics->expose(), ::testing::HasSubstr("orderly_projector_unknown_events_total 1"));
}

TEST_F(ProjectorTest, APushOfNoFeedIsArchived) {
  products.put("p1", 500, at(1));
  settle();
  events::Message message;
  message.data = R"({"order_id":"efc25040-34be-445b-b789-b21d24326d84","customer_id":"c1",)"
                 R"("product_id":"p1","number":1,"order_date":"2021-01-18"})";
  message.attributes.set("event_type", "order_create");
  message.publish_time = at(20);
  push(receive(message));
  push(receive(message));
  auto other_epoch = events::to_message(uuid(0xdd, 1), order_event(3));
  push(receive(other_epoch));
  const auto archive = store->foreign_events(0, 10);
  ASSERT_THAT(archive, SizeIs(2));
  EXPECT_EQ(archive[0].accepted_at, at(20));
  EXPECT_EQ(archive[1].data, order_event(3).data);
  push(place("p1", 30));
  EXPECT_THAT(store->foreign_events(0, 10), SizeIs(2)) << "a push of the feed is not";
}

TEST_F(ProjectorTest, WhatAForkedFeedHasNoLongerIsTakenOut) {
  products.put("p1", 500, at(1));
  place("p1", 10);
  settle();
  MemoryLog<events::OrderPlaced> restored(uuid(0xa0, 2));
  events::LocalFeed<events::OrderPlaced> feed(loop, restored);
  projector.reset();
  telemetry::Metrics fresh;
  projector = std::make_unique<Projector>(ProjectorParts{.loop = loop,
                                                         .store = *store,
                                                         .orders = feed,
                                                         .products = product_feed,
                                                         .barrier = products,
                                                         .metrics = fresh});
  settle();
  EXPECT_THAT(projector->problems(), SizeIs(0));
  EXPECT_THAT(fresh.expose(), ::testing::HasSubstr("orderly_projector_taken_out_total 1"));
  EXPECT_EQ(settled(), 0);
  EXPECT_EQ(store->progress().orders.epoch, uuid(0xa0, 2));
  ASSERT_THAT(store->taken_out_orders(0, 10), SizeIs(1));
  EXPECT_EQ(store->taken_out_orders(0, 10)[0].epoch, kOrderEpoch);
  projector.reset();
}

/// The store of the orders was put back by a bare copy, and has gone on: the epoch is the same.
TEST_F(ProjectorTest, ADeliveryWithAnotherEventWhereWeHaveSettledMakesUsReadTheFeed) {
  products.put("p1", 500, at(1));
  const auto gone = place("p1", 10);
  settle();
  orders.replace_all({order_event(7, "p1"), order_event(8, "p1")});
  deliver(orders.all());
  EXPECT_EQ(price_of(gone), -1);
  EXPECT_EQ(price_of(orders.all().front()), 500);
  EXPECT_EQ(price_of(orders.all().back()), 500);
  EXPECT_EQ(settled(), 2);
}

TEST_F(ProjectorTest, ARestartGoesOnWhereTheStoreStands) {
  products.put("p1", 500, at(1));
  const auto first = place("p1", 10);
  settle();
  const auto second = place("p1", 11);
  push(second);
  restart();
  const auto third = place("p1", 12);
  settle();
  EXPECT_EQ(settled(), 3);
  EXPECT_EQ(store->progress().head, 3);
  EXPECT_EQ(price_of(third), 500);
}

TEST_F(ProjectorTest, WhatAPushWasAnsweredForSurvivesAPowerFailure) {
  products.put("p1", 500, at(1));
  for (int i = 0; i < 20; ++i) {
    const auto order = place("p1", 10 + i);
    push(order);
    lose_power();
    EXPECT_EQ(price_of(order), 500);
  }
}

TEST_F(ProjectorTest, AFailingDiskLosesAndDoublesNothing) {
  settle();
  for (int nth = 0; nth < 12; ++nth) {
    const std::string product = "p" + std::to_string(nth / 2);
    const auto order = place(product, 10 + nth);  // every other one before its product
    products.put(product, 500 + nth, at(10 + nth));
    disk.fail_next({.op = orderly::testing::DiskOp::kWrite,
                    .code = kDiskFull,
                    .after = static_cast<std::uint64_t>(nth)});
    int failures = 0;
    for (bool at_rest = false; !at_rest;) {
      try {
        at_rest = settle() + follow_products() == 0;
      } catch (const Unavailable&) {
        ++failures;
        disk.clear_faults();
      }
    }
    disk.clear_faults();
    if (nth < 3) {
      EXPECT_EQ(failures, 1) << nth;
    }
    EXPECT_EQ(price_of(order), 500 + nth) << nth;
  }
  EXPECT_EQ(settled(), 12);
  EXPECT_EQ(store->progress().head, 12);
}

TEST_F(ProjectorTest, TheLagIsUnknownUntilTheHeadIs) {
  EXPECT_FALSE(projector->freshness().lag(0, clock.utc_now()));
  settle();
  EXPECT_EQ(projector->freshness().lag(0, clock.utc_now()), std::chrono::milliseconds(0));
}

TEST_F(ProjectorTest, TheHopsMoveOrdersAndProductsByThemselves) {
  runtime::TaskGroup hops(loop);
  SettleHop settle_hop(loop, *projector, SettleHop::Mode::kFollow);
  ProductHop product_hop(*projector);
  hops.spawn("settle", runtime::pump(loop, settle_hop, random, {.name = "settle"}));
  hops.spawn("products", runtime::pump(loop, product_hop, random, {.name = "products"}));
  const auto eventually = [&](const std::function<bool()>& condition) {
    return loop.run_until(condition, loop.steady_now() + std::chrono::seconds(5));
  };
  const auto early = place("p1", 10);
  EXPECT_TRUE(eventually([&] { return store->progress().parked == 1; }));
  products.put("p1", 500, at(20));
  EXPECT_TRUE(eventually([&] { return price_of(early) == 500; }));
  const auto order = place("p1", 30);
  EXPECT_TRUE(eventually([&] { return price_of(order) == 500; }));
  EXPECT_EQ(settled(), 2);
  hops.stop();
  run(loop, hops.join());
}

TEST_F(ProjectorTest, TheHopBehindPushesSettlesWithinItsInterval) {
  runtime::TaskGroup hops(loop);
  SettleHop hop(loop, *projector, SettleHop::Mode::kBehindPushes);
  hops.spawn("settle", runtime::pump(loop, hop, random, {.name = "settle"}));
  products.put("p1", 500, at(1));
  push(place("p1", 10));
  const auto lost = place("p1", 11);
  EXPECT_TRUE(
      loop.run_until([&] { return settled() == 2; }, loop.steady_now() + 2 * kSettleInterval));
  EXPECT_EQ(price_of(lost), 500) << "a lost push is made up for";
  hops.stop();
  run(loop, hops.join());
}

}  // namespace
}  // namespace orderly::orderinfo::testing
