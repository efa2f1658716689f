#include "conformance/twin_conformance.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <utility>

namespace orderly::orderinfo::testing {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(TwinConformance);

void TwinConformance::settle(const std::vector<OrderEvent>& orders, Price price) {
  ProjectionBatch batch;
  for (const auto& order : orders)
    batch.rows.push_back({from_feed(order), price});
  const Cursor from = model().progress().orders;
  batch.order_cursor = CursorMove{from, order_cursor(orders.back().position)};
  apply(batch);
}

void TwinConformance::put(const IncomingOrder& order, Price price) {
  ProjectionBatch batch;
  batch.rows = {{order, std::move(price)}};
  apply(batch);
}

void TwinConformance::feed(Twin& twin, const std::vector<OrderEvent>& orders, Price price) {
  TwinBatch batch{.products = {}, .rows = {}, .parked = {}, .to = twin.stand()};
  for (const auto& order : orders)
    batch.rows.push_back({from_feed(order), price});
  batch.to.orders = order_cursor(orders.back().position);
  twin.apply(batch);
}

std::vector<OrderId> TwinConformance::feed_archive(Twin& twin) {
  TwinBatch batch{.products = {}, .rows = {}, .parked = {}, .to = twin.stand()};
  std::vector<OrderId> fed;
  for (auto& event : twin.live_foreign(batch.to.foreign, events::kMaxFeedPage)) {
    batch.to.foreign = event.position;
    fed.push_back(event.data.order_id);
    const bool waits = model().standing(fed.back()) == Standing::kParked;
    if (waits) {
      batch.parked.push_back(foreign(event));
    } else {
      batch.rows.push_back({foreign(event), {"Thing", 5}});
    }
  }
  twin.apply(batch);
  return fed;
}

void TwinConformance::follow(Twin& twin) {
  while (twin.stand().log < twin.live_stand().log) {
    const auto tail = twin.follow_log(2);
    TwinBatch batch{.products = {}, .rows = {}, .parked = {}, .to = twin.stand()};
    batch.to.log = tail.to;
    twin.apply(batch);
  }
}

void TwinConformance::compare(Twin& twin) {
  while (!twin.compare(2)) {
  }
  twin.recheck();
}

std::unique_ptr<Twin> TwinConformance::rebuilt(const std::vector<OrderEvent>& orders, Price price) {
  auto twin = world_->host().create();
  feed(*twin, orders, std::move(price));
  twin->finish();
  follow(*twin);
  compare(*twin);
  return twin;
}

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<OrderEvent> orders(Position first, Position last) {
  std::vector<OrderEvent> made;
  for (Position position = first; position <= last; ++position)
    made.push_back(order_event(position));
  return made;
}

OrderId id(Position position) { return order_event(position).data.order_id; }

TEST_P(TwinConformance, AnEmptyOneIsEqualToAnEmptyOne) {
  auto twin = world_->host().create();
  twin->finish();
  EXPECT_EQ(twin->stand(), twin->live_stand());
  EXPECT_TRUE(twin->compare(10) || twin->compare(10) || twin->compare(10));
  EXPECT_EQ(twin->differences(), 0);
  const Uuid epoch = model().epoch();
  swap(std::move(twin));
  EXPECT_EQ(model().epoch(), epoch);
  EXPECT_EQ(model().progress(), Progress{});
}

TEST_P(TwinConformance, EqualRowsStandAtTheSamePlacesOfTheLog) {
  settle({order_event(1)});
  put(foreign(order_event(90)));
  settle(orders(2, 5));
  const auto before = log();
  auto twin = world_->host().create();
  feed(*twin, orders(1, 5));
  feed_archive(*twin);
  twin->finish();
  follow(*twin);
  compare(*twin);
  EXPECT_EQ(twin->differences(), 0);
  EXPECT_EQ(twin->stand(), twin->live_stand());
  const auto woken = model().appended().ticket();
  const auto listed = list();
  EXPECT_THAT(listed, SizeIs(6));
  swap(std::move(twin));
  EXPECT_EQ(log(), before);
  EXPECT_EQ(list(), listed);
  EXPECT_NE(model().appended().ticket(), woken) << "readers of the log look again";
  EXPECT_TRUE(model().is_foreign(id(90)));
  settle({order_event(6)});
  EXPECT_EQ(log().head, before.head + 1) << "and it goes on";
}

TEST_P(TwinConformance, ItFollowsWhileTheLiveOneGoesOn) {
  settle(orders(1, 3));
  auto twin = rebuilt(orders(1, 3));
  settle(orders(4, 6));
  EXPECT_LT(twin->stand().orders.position, twin->live_stand().orders.position);
  const auto tail = twin->follow_log(100);
  EXPECT_EQ(tail.to, 3) << "the events come before what became of them";
  feed(*twin, orders(4, 6));
  follow(*twin);
  twin->recheck();
  EXPECT_EQ(twin->differences(), 0);
  const auto before = log();
  swap(std::move(twin));
  EXPECT_EQ(log(), before);
}

TEST_P(TwinConformance, AnotherPriceIsNamedAndReachesTheReadersOfTheLog) {
  settle(orders(1, 3));
  auto corrected = order_event(2);
  apply({.products = {},
         .rows = {},
         .corrections = {{from_feed(corrected), {"Thing", 99}}},
         .parked = {},
         .dead_letters = {},
         .order_cursor = {},
         .product_cursor = {}});
  const Cursor at_the_head{model().epoch(), 4, corrected.event_id};
  auto twin = rebuilt(orders(1, 3));
  const auto differences = twin->first_differences(10);
  ASSERT_THAT(differences, SizeIs(1));
  EXPECT_EQ(differences[0].order, id(2));
  EXPECT_EQ(differences[0].live.row->unit_price, 99);
  EXPECT_EQ(differences[0].twin.row->unit_price, 5);

  swap(std::move(twin));
  EXPECT_EQ(model().row(id(2))->unit_price, 5);
  const auto page = model().read_events(at_the_head, 10);
  ASSERT_TRUE(page) << "who stood at the row that differed is told of no conflict";
  ASSERT_THAT(page->events, SizeIs(1));
  EXPECT_EQ(page->events[0].position, 5);
  EXPECT_EQ(page->events[0].data.info.order_id, id(2));
  EXPECT_TRUE(page->events[0].data.replaces);
  ASSERT_THAT(list(), SizeIs(3)) << "each once, also where a row has moved";
  EXPECT_EQ(list()[1].unit_price, 5);
}

TEST_P(TwinConformance, WhatOnlyOneOfThemHasIsNamed) {
  settle(orders(1, 2));
  put(from_push(order_event(2)));
  auto unknown = order_event(50);
  unknown.position = 0;
  put(from_feed(unknown));
  auto more = orders(1, 2);
  more.push_back(order_event(3));
  auto twin = world_->host().create();
  feed(*twin, more);
  twin->finish();
  follow(*twin);
  compare(*twin);
  std::map<std::string, std::pair<Standing, Standing>> found;
  for (const auto& one : twin->first_differences(10))
    found[one.order.value] = {one.live.standing, one.twin.standing};
  EXPECT_EQ(found, (std::map<std::string, std::pair<Standing, Standing>>{
                       {id(50).value, {Standing::kVisible, Standing::kUnknown}},
                       {id(3).value, {Standing::kUnknown, Standing::kVisible}}}));
  swap(std::move(twin));
  EXPECT_EQ(model().row(id(50)), std::nullopt);
  EXPECT_NE(model().row(id(3)), std::nullopt);
  EXPECT_EQ(log().head, 5) << "no place is given twice";
  const auto gone = log().events;
  const auto removal = std::ranges::find_if(gone, [](const auto& one) { return one.data.removed; });
  ASSERT_NE(removal, gone.end()) << "readers of the log hear of it";
  EXPECT_EQ(removal->data.info.order_id, id(50));

  put(from_feed(unknown));
  const auto again = log().events.back();
  EXPECT_EQ(again.data.info.order_id, id(50));
  EXPECT_TRUE(again.data.replaces) << "it takes the place of what was removed";
  apply({.products = {},
         .rows = {},
         .corrections = {{from_feed(unknown), {"Thing", 6}}},
         .parked = {},
         .dead_letters = {},
         .order_cursor = {},
         .product_cursor = {}});
  put(from_push(order_event(4)));
  EXPECT_FALSE(log().events.back().data.replaces) << "others are new";
}

TEST_P(TwinConformance, WhatIsGoneStaysSoThroughARestartAndTheNextRebuild) {
  settle(orders(1, 1));
  auto unknown = order_event(50);
  unknown.position = 0;
  put(from_feed(unknown));
  swap(rebuilt(orders(1, 1)));
  restart();
  swap(rebuilt(orders(1, 1)));
  restart();
  put(from_feed(unknown));
  EXPECT_TRUE(log().events.back().data.replaces);
}

TEST_P(TwinConformance, AnOrderThatWasAheadOfItsFeedBeforeTheRebuildIsTakenIn) {
  settle(orders(1, 2));
  put(from_push(order_event(5)));
  settle({order_event(3)});
  auto twin = world_->host().create();
  feed(*twin, orders(1, 3));
  twin->finish();
  std::vector<IncomingOrder> ahead;
  while (twin->stand().log < twin->live_stand().log) {
    const auto tail = twin->follow_log(2);
    TwinBatch batch{.products = {}, .rows = {}, .parked = {}, .to = twin->stand()};
    batch.to.log = tail.to;
    for (const auto& order : tail.ahead) {
      ahead.push_back(order);
      batch.rows.push_back({order, {"Thing", 5}});
    }
    twin->apply(batch);
  }
  ASSERT_THAT(ahead, SizeIs(1));
  EXPECT_EQ(ahead[0].event, order_event(5));
  compare(*twin);
  EXPECT_EQ(twin->differences(), 0);
  const auto before = log();
  swap(std::move(twin));
  EXPECT_EQ(log(), before);
}

TEST_P(TwinConformance, APlaceInTheArchiveIsGivenOnce) {
  settle(orders(1, 1));
  put(foreign(order_event(2)));
  auto twin = world_->host().create();
  feed(*twin, orders(1, 1));
  feed_archive(*twin);
  twin->finish();
  settle(orders(2, 2));  // it was in the feed after all, and leaves the archive
  apply({.products = {},
         .rows = {},
         .corrections = {},
         .parked = {foreign(order_event(90))},
         .dead_letters = {},
         .order_cursor = {},
         .product_cursor = {}});
  EXPECT_LT(twin->stand().foreign, twin->live_stand().foreign);
  feed(*twin, orders(2, 2));
  EXPECT_THAT(feed_archive(*twin), ElementsAre(id(90)));
  follow(*twin);
  compare(*twin);
  EXPECT_EQ(twin->differences(), 0);
  EXPECT_EQ(twin->stand(), twin->live_stand());
  swap(std::move(twin));
  put(foreign(order_event(91)));
  EXPECT_THAT(model().foreign_events(0, 10), SizeIs(2));
  restart();
  EXPECT_EQ(model().foreign_events(0, 10).back().position, 3);
}

TEST_P(TwinConformance, PlacesOfRemovedRowsAreGivenToNobodyElse) {
  settle(orders(1, 3));
  Cursor common = order_cursor(2);
  ASSERT_TRUE(
      run(loop_,
          model().take_back({.feed = SourceFeed::kOrders, .from = order_cursor(3), .to = common})));
  const auto removed = log();
  ASSERT_EQ(removed.head, 4);
  auto twin = rebuilt(orders(1, 2), {"Other", 7});
  EXPECT_EQ(twin->stand(), twin->live_stand());
  EXPECT_EQ(twin->differences(), 2);
  swap(std::move(twin));
  EXPECT_EQ(model().taken_out_orders(0, 10).size(), 1);
  std::map<Position, std::string> places;
  for (const auto& change : log().events)
    places.emplace(change.position, change.data.info.order_id.value);
  EXPECT_EQ(places, (std::map<Position, std::string>{
                        {4, id(3).value}, {5, id(1).value}, {6, id(2).value}}));
  settle({order_event(3)});
  EXPECT_TRUE(model().taken_out_orders(0, 10).empty());
  EXPECT_EQ(log().events.back().position, 7);
  EXPECT_TRUE(log().events.back().data.replaces);
}

TEST_P(TwinConformance, AForkIsToldToOneThatWasMadeBefore) {
  settle(orders(1, 3));
  auto twin = rebuilt(orders(1, 3));
  EXPECT_EQ(twin->stand().forks, twin->live_stand().forks);
  ASSERT_TRUE(run(
      loop_, model().take_back(
                 {.feed = SourceFeed::kOrders, .from = order_cursor(3), .to = order_cursor(2)})));
  // Back where it was, in the same epoch.
  settle({order_event(3)});
  EXPECT_EQ(twin->stand().orders, twin->live_stand().orders);
  EXPECT_LT(twin->stand().forks, twin->live_stand().forks);
  twin.reset();
  auto next = rebuilt(orders(1, 3));
  EXPECT_EQ(next->stand().forks, next->live_stand().forks);
  EXPECT_EQ(next->differences(), 0);
}

TEST_P(TwinConformance, AnOrderOfTheFeedThatCameByPushFirstGoesWithTheFeed) {
  apply({.products = {},
         .rows = {{foreign(order_event(1)), {"Thing", 5}}},
         .parked = {},
         .dead_letters = {},
         .order_cursor = {},
         .product_cursor = {}});
  auto twin = world_->host().create();
  TwinBatch archive{.products = {}, .rows = {}, .parked = {}, .to = twin->stand()};
  for (auto& event : twin->live_foreign(0, 10)) {
    archive.to.foreign = event.position;
    archive.rows.push_back({foreign(event), {"Thing", 5}});
  }
  twin->apply(archive);
  settle(orders(1, 1));
  feed(*twin, orders(1, 1));
  twin->finish();
  follow(*twin);
  compare(*twin);
  EXPECT_EQ(twin->differences(), 0);
  swap(std::move(twin));
  EXPECT_FALSE(model().is_foreign(id(1)));
  ASSERT_TRUE(run(
      loop_, model().take_back({.feed = SourceFeed::kOrders, .from = order_cursor(1), .to = {}})));
  EXPECT_EQ(model().standing(id(1)), Standing::kUnknown) << "as it would without the swap";
}

TEST_P(TwinConformance, ParkedOrdersAreComparedAndKeepTheirTime) {
  ProjectionBatch batch;
  batch.parked = {from_feed(order_event(1)), from_feed(order_event(2))};
  batch.order_cursor = CursorMove{{}, order_cursor(2)};
  apply(batch);
  auto twin = world_->host().create();
  TwinBatch same{.products = {}, .rows = {}, .parked = batch.parked, .to = twin->stand()};
  same.to.orders = order_cursor(2);
  twin->apply(same);
  EXPECT_THAT(twin->parked_for({"p1"}, 10), SizeIs(2));
  twin->finish();
  compare(*twin);
  EXPECT_EQ(twin->differences(), 0);
  swap(std::move(twin));
  EXPECT_EQ(model().progress().parked, 2);
  EXPECT_EQ(model().parked_orders({}, 1).at(0).parked_at, at(1000));
}

TEST_P(TwinConformance, WhatHasNoOtherSourceIsTakenOver) {
  settle(orders(1, 1));
  auto twin = rebuilt(orders(1, 1));
  ProjectionBatch batch;
  batch.dead_letters = {{.key = "k", .order_id = "o", .code = "c", .reason = "r", .message = "m"}};
  apply(batch);
  swap(std::move(twin));
  const auto letters = model().dead_letters({.limit = 10});
  ASSERT_THAT(letters, SizeIs(1));
  EXPECT_EQ(letters[0].letter.key, "k");
  EXPECT_EQ(model().progress().dead_letters, 1);
  EXPECT_EQ(model().standing({"o"}), Standing::kDead);
}

TEST_P(TwinConformance, AnOrderThatALivePushWasQuickerWithIsFollowed) {
  settle(orders(1, 1));
  auto twin = rebuilt(orders(1, 1));
  put(from_push(order_event(2)));
  const auto tail = twin->follow_log(10);
  ASSERT_THAT(tail.ahead, SizeIs(1));
  EXPECT_EQ(tail.ahead[0].event, order_event(2));
  TwinBatch batch{
      .products = {}, .rows = {{tail.ahead[0], {"Thing", 5}}}, .parked = {}, .to = twin->stand()};
  batch.to.log = tail.to;
  twin->apply(batch);
  twin->recheck();
  EXPECT_EQ(twin->differences(), 0);
  const auto before = log();
  swap(std::move(twin));
  EXPECT_EQ(log(), before);
}

TEST_P(TwinConformance, AnUnfinishedOneIsGoneAfterARestart) {
  settle(orders(1, 3));
  auto twin = world_->host().create();
  feed(*twin, orders(1, 2));
  twin.reset();
  const auto before = log();
  restart();
  EXPECT_EQ(log(), before);
  EXPECT_EQ(world_->host().kept().twin, nullptr);
}

TEST_P(TwinConformance, APromotedOneIsLiveAfterARestart) {
  settle(orders(1, 3));
  auto twin = rebuilt(orders(1, 3), {"Other", 7});
  EXPECT_EQ(twin->differences(), 3);
  twin->promote();
  twin.reset();
  restart();
  EXPECT_EQ(model().row(id(1))->product_name, "Other");
  EXPECT_EQ(world_->host().kept().twin, nullptr) << "the other one was not kept yet";
}

TEST_P(TwinConformance, TheOneThatWasLiveIsKeptFedAndComesBack) {
  settle(orders(1, 3));
  swap(rebuilt(orders(1, 3), {"Other", 7}));
  auto kept = world_->host().keep(at(5000));
  EXPECT_EQ(kept->differences(), 3) << "what differs is still known";
  settle({order_event(4)}, {"Same", 1});
  feed(*kept, {order_event(4)}, {"Same", 1});
  follow(*kept);
  kept->recheck();
  EXPECT_EQ(kept->differences(), 3);
  kept.reset();

  restart();
  auto again = world_->host().kept();
  ASSERT_NE(again.twin, nullptr);
  EXPECT_EQ(again.until, at(5000));
  compare(*again.twin);
  EXPECT_EQ(again.twin->differences(), 3);
  const Position head = log().head;
  swap(std::move(again.twin));
  EXPECT_EQ(model().row(id(1))->product_name, "Thing");
  EXPECT_EQ(model().row(id(4))->product_name, "Same");
  EXPECT_EQ(log().head, head + 3) << "readers of the log hear of what came back";
  EXPECT_THAT(list(), SizeIs(4));
}

TEST_P(TwinConformance, ARemovedOneIsGone) {
  settle(orders(1, 1));
  swap(rebuilt(orders(1, 1)));
  world_->host().keep(at(5000)).reset();
  world_->host().remove();
  restart();
  EXPECT_EQ(world_->host().kept().twin, nullptr);
  EXPECT_NE(model().row(id(1)), std::nullopt);
  EXPECT_EQ(rebuilt(orders(1, 1))->differences(), 0) << "and the next one can begin";
}

}  // namespace
}  // namespace orderly::orderinfo::testing
