#include "conformance/read_model_conformance.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace orderly::orderinfo::testing {

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(ReadModelConformance);

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

const DateRange kYear{*parse_date("2021-01-01"), *parse_date("2021-12-31")};

OrderEvent dated(Position position, const char* date, int second) {
  auto event = order_event(position);
  event.data.order_date = *parse_date(date);
  event.accepted_at = at(second);
  return event;
}

OrderId id(Position position) { return order_event(position).data.order_id; }

std::vector<OrderId> ids(const OrderPage& page) {
  std::vector<OrderId> found;
  found.reserve(page.orders.size());
  for (const auto& info : page.orders)
    found.push_back(info.order_id);
  return found;
}

TEST_P(ReadModelConformance, AnEmptyOneHasNothing) {
  EXPECT_EQ(store_->progress(), Progress{});
  EXPECT_FALSE(store_->epoch().is_nil());
  EXPECT_EQ(store_->find({"c1"}, {"o1"}), std::nullopt);
  EXPECT_EQ(store_->list({"c1"}, kYear, std::nullopt, 10), OrderPage{});
  EXPECT_EQ(store_->standing({"o1"}), Standing::kUnknown);
  EXPECT_THAT(changes().events, IsEmpty());
  EXPECT_EQ(changes().head, 0);
}

TEST_P(ReadModelConformance, ARowIsVisibleWithAllItsFields) {
  auto event = order_event(1);
  event.trace.trace_id[0] = std::byte{7};
  event.trace.span_id[7] = std::byte{9};
  event.trace.flags = std::byte{1};
  EXPECT_EQ(apply_rows({priced(event)}).projected, 1);

  const events::OrderInfo expected = joined(event.data, kPrice);
  EXPECT_EQ(expected.total_price, 1000);
  EXPECT_EQ(store_->find({"c1"}, event.data.order_id), expected);
  EXPECT_EQ(store_->standing(event.data.order_id), Standing::kVisible);
  const auto page = changes();
  EXPECT_EQ(page.epoch, store_->epoch());
  EXPECT_EQ(page.head, 1);
  ASSERT_EQ(page.events.size(), 1);
  EXPECT_EQ(page.events[0].position, 1);
  EXPECT_EQ(page.events[0].event_id, event.event_id);
  EXPECT_EQ(page.events[0].trace, event.trace);
  EXPECT_EQ(page.events[0].accepted_at, at(1000)) << "the time of projection";
  EXPECT_EQ(page.events[0].data, (events::OrderInfoPut{expected, false}));
}

TEST_P(ReadModelConformance, AnotherCustomersOrderIsNotFound) {
  apply_rows({priced(order_event(1))});
  EXPECT_EQ(store_->find({"c2"}, order_event(1).data.order_id), std::nullopt);
}

TEST_P(ReadModelConformance, IdsThatAreNoUuidsAreKeptAsTheyAre) {
  auto event = order_event(1, "Produkt Nr. ß", "0000000000000000");  // 16 bytes, as a UUID has
  event.data.order_id = {"EFC25040-34BE-445B-B789-B21D24326D84"};    // not canonical: a text
  apply_rows({priced(event)});
  EXPECT_EQ(store_->find(event.data.customer_id, event.data.order_id), joined(event.data, kPrice));
  EXPECT_EQ(store_->find(event.data.customer_id, {"efc25040-34be-445b-b789-b21d24326d84"}),
            std::nullopt);
}

TEST_P(ReadModelConformance, TheSameOrderAgainIsADuplicate) {
  apply_rows({priced(order_event(1))});
  EXPECT_EQ(apply_rows({priced(order_event(1))}), (Applied{.duplicates = 1}));
  PricedOrder other_price = priced(order_event(1));
  other_price.price.unit_price = 1;
  EXPECT_EQ(apply_rows({other_price}).duplicates, 1) << "a price once given stays";
  EXPECT_EQ(store_->find({"c1"}, order_event(1).data.order_id)->unit_price, 500);
  EXPECT_EQ(changes().head, 1);
}

TEST_P(ReadModelConformance, TheSameOrderTwiceInABatchIsADuplicate) {
  EXPECT_EQ(apply_rows({priced(order_event(1)), priced(order_event(1))}),
            (Applied{.projected = 1, .duplicates = 1}));
}

TEST_P(ReadModelConformance, AnotherContentUnderAKnownIdIsADeadLetter) {
  apply_rows({priced(order_event(1))});
  auto other = priced(order_event(1));
  other.order.event.data.number = 99;
  EXPECT_EQ(apply_rows({other}), (Applied{.dead_lettered = 1}));
  EXPECT_EQ(apply_rows({other}), (Applied{.duplicates = 1})) << "it is kept once";

  EXPECT_EQ(store_->find({"c1"}, order_event(1).data.order_id)->number, 2);
  EXPECT_EQ(store_->progress().dead_letters, 1);
  const auto letters = store_->dead_letters({.limit = 10});
  ASSERT_EQ(letters.size(), 1);
  EXPECT_EQ(letters[0].letter.code, "order_conflict");
  EXPECT_EQ(letters[0].letter.order_id, order_event(1).data.order_id.value);
  EXPECT_EQ(letters[0].kept_at, at(1000));
  EXPECT_THAT(store_->dead_letters({.after = letters[0].number, .limit = 10}), IsEmpty());
}

TEST_P(ReadModelConformance, TheFeedCorrectsTheTimeThatAMessageClaimed) {
  auto claimed = order_event(1);
  claimed.accepted_at = at(500);
  apply_rows({{from_push(claimed), {"later version", 900}}});
  apply_rows({priced(order_event(2))});

  EXPECT_EQ(apply_rows({priced(order_event(1))}), (Applied{.projected = 1, .replaced = 1}));
  EXPECT_EQ(store_->find({"c1"}, order_event(1).data.order_id)->unit_price, 500);
  const auto page = changes();
  EXPECT_THAT(positions(page), ElementsAre(2, 3)) << "the old position is gone";
  EXPECT_EQ(page.head, 3);
  EXPECT_TRUE(page.events[1].data.replaces);
  EXPECT_EQ(apply_rows({priced(order_event(1))}).duplicates, 1) << "corrected once";
}

TEST_P(ReadModelConformance, APushDoesNotCorrectTheFeed) {
  apply_rows({priced(order_event(1))});
  auto forged = order_event(1);
  forged.accepted_at = at(-500);
  EXPECT_EQ(apply_rows({{from_push(forged), {"cheap", 1}}}).duplicates, 1);
  EXPECT_EQ(store_->find({"c1"}, order_event(1).data.order_id)->unit_price, 500);
}

TEST_P(ReadModelConformance, ACorrectionStandsInThePlaceOfWhateverStoodThere) {
  apply_rows({priced(order_event(1)), priced(order_event(2))});
  apply_parked({from_feed(order_event(3))});
  auto other = priced(order_event(1));
  other.price.unit_price = 1;
  ProjectionBatch batch;
  batch.corrections = {other, priced(order_event(3)), priced(order_event(4))};
  EXPECT_EQ(apply(batch), (Applied{.projected = 3, .replaced = 1, .released = 1}));

  EXPECT_EQ(store_->row(id(1))->unit_price, 1);
  EXPECT_EQ(store_->standing(id(3)), Standing::kVisible);
  EXPECT_EQ(store_->progress().parked, 0);
  const auto page = changes();
  EXPECT_THAT(positions(page), ElementsAre(2, 3, 4, 5));
  EXPECT_TRUE(page.events[3].data.replaces) << "the warehouse may have a row that we have lost";
  reopen();
  EXPECT_EQ(store_->row(id(1))->unit_price, 1);
}

TEST_P(ReadModelConformance, ARowIsFoundWhoseverItIs) {
  apply_rows({priced(order_event(1, "p1", "c1")), priced(order_event(2, "p1", "c2"))});
  EXPECT_EQ(store_->row(id(2)), store_->find({"c2"}, id(2)));
  EXPECT_EQ(store_->row(id(3)), std::nullopt);
}

TEST_P(ReadModelConformance, AParkedOrderWaitsForItsProduct) {
  EXPECT_EQ(apply_parked({from_feed(order_event(1)), from_feed(order_event(2, "p2"))}).parked, 2);
  EXPECT_EQ(store_->progress().parked, 2);
  EXPECT_EQ(store_->standing(order_event(1).data.order_id), Standing::kParked);
  EXPECT_EQ(store_->find({"c1"}, order_event(1).data.order_id), std::nullopt);
  EXPECT_THAT(store_->parked_for({"p1"}, 10), ElementsAre(from_feed(order_event(1))));
  EXPECT_THAT(store_->parked_for({"p3"}, 10), IsEmpty());
  EXPECT_EQ(apply_parked({from_feed(order_event(1))}), (Applied{.duplicates = 1}));
  EXPECT_EQ(store_->progress().parked, 2);
}

TEST_P(ReadModelConformance, AnOrderThatBecomesARowIsNoLongerParked) {
  apply_parked({from_feed(order_event(1))});
  EXPECT_EQ(apply_rows({priced(order_event(1))}), (Applied{.projected = 1, .released = 1}));
  EXPECT_EQ(store_->progress().parked, 0);
  EXPECT_EQ(store_->standing(order_event(1).data.order_id), Standing::kVisible);
  EXPECT_EQ(apply_parked({from_feed(order_event(1))}).duplicates, 1) << "nor ever again";
  EXPECT_EQ(store_->progress().parked, 0);
}

TEST_P(ReadModelConformance, AParkedOrderIsComparedToo) {
  apply_parked({from_feed(order_event(1))});
  auto other = order_event(1, "p2");
  EXPECT_EQ(apply_parked({from_feed(other)}), (Applied{.dead_lettered = 1}));
  EXPECT_EQ(apply_rows({priced(other)}), (Applied{.duplicates = 1})) << "the letter is known";
  EXPECT_EQ(store_->parked_for({"p1"}, 10).size(), 1);
}

TEST_P(ReadModelConformance, ReleasableAreThoseWhoseProductIsThere) {
  apply_parked({from_feed(order_event(1)), from_feed(order_event(2, "p2"))});
  EXPECT_THAT(store_->releasable_products(10), IsEmpty());
  ProjectionBatch batch;
  batch.products = {product_event(1, "p2", 100, at(0)), product_event(2, "p3", 100, at(1))};
  apply(batch);
  EXPECT_THAT(store_->releasable_products(10), ElementsAre(ProductId{"p2"}));
  reopen();
  EXPECT_THAT(store_->releasable_products(10), ElementsAre(ProductId{"p2"})) << "a crash forgets";
}

TEST_P(ReadModelConformance, ReleasableProductsAreNamedOnceAndUpToTheLimit) {
  const std::string uuid_product = "2b752e27-77cd-46e5-b496-6bda77dc5fb8";
  apply_parked({from_feed(order_event(1, "p1")), from_feed(order_event(2, "p3")),
                from_feed(order_event(3, "p3")), from_feed(order_event(4, "p4")),
                from_feed(order_event(5, uuid_product)), from_feed(order_event(6, "p5"))});
  ProjectionBatch batch;
  batch.products = {product_event(1, "p3", 100, at(0)), product_event(2, "p3", 200, at(1)),
                    product_event(3, "p5", 100, at(2)), product_event(4, uuid_product, 100, at(3))};
  apply(batch);
  EXPECT_THAT(store_->releasable_products(10),
              UnorderedElementsAre(ProductId{"p3"}, ProductId{"p5"}, ProductId{uuid_product}));
  EXPECT_EQ(store_->releasable_products(2).size(), 2);
}

TEST_P(ReadModelConformance, ProductVersionsAreCopied) {
  ProjectionBatch batch;
  batch.products = {product_event(1, "p1", 100, at(0)), product_event(2, "p1", 200, at(1)),
                    product_event(3, "p2", 300, at(2))};
  batch.product_cursor = CursorMove{{}, {kProductEpoch, 3, uuid(0xe1, 3)}};
  apply(batch);
  reopen();
  EXPECT_EQ(store_->product_versions(0, 10), batch.products);
  EXPECT_THAT(store_->product_versions(2, 10), ElementsAre(batch.products[2]));
  EXPECT_EQ(store_->product_versions(0, 2).size(), 2);
  EXPECT_EQ(store_->progress().products, batch.product_cursor->to);
}

TEST_P(ReadModelConformance, ForeignEventsAreArchivedOnce) {
  auto parked = order_event(3);
  parked.event_id = {};
  ProjectionBatch batch;
  batch.rows = {{foreign(order_event(1)), kPrice}, priced(order_event(2))};
  batch.parked = {foreign(parked)};
  apply(batch);
  apply(batch);
  apply_rows({{foreign(parked), kPrice}});  // released

  auto first = order_event(1);
  first.position = 1;
  parked.position = 2;
  EXPECT_THAT(store_->foreign_events(0, 10), ElementsAre(first, parked));
  EXPECT_THAT(store_->foreign_events(1, 10), ElementsAre(parked));
  EXPECT_TRUE(store_->is_foreign(id(1)));
  EXPECT_FALSE(store_->is_foreign(id(2)));
  EXPECT_FALSE(changes().events.back().event_id.is_nil()) << "the log's events have ids";
}

TEST_P(ReadModelConformance, TheArchiveKeepsNothingThatTheFeedBrings) {
  ProjectionBatch batch;
  batch.rows = {{foreign(order_event(1)), kPrice}, {foreign(order_event(2)), kPrice}};
  batch.parked = {foreign(order_event(3)), foreign(order_event(4))};
  apply(batch);
  reopen();
  auto corrected = order_event(2);
  corrected.accepted_at += std::chrono::seconds(1);
  auto other = order_event(4);
  other.data.number = 7;
  apply_rows({priced(order_event(1)), priced(corrected), priced(order_event(3)), priced(other)});
  EXPECT_FALSE(store_->is_foreign(id(1))) << "a duplicate";
  EXPECT_FALSE(store_->is_foreign(id(2))) << "replaced";
  EXPECT_FALSE(store_->is_foreign(id(3))) << "released";
  EXPECT_TRUE(store_->is_foreign(id(4))) << "another order under its id";
}

TEST_P(ReadModelConformance, DeadLettersAreKept) {
  const DeadLetter letter{"message:7", "", "invalid_value", "number must be a number", "{}"};
  ProjectionBatch batch;
  batch.dead_letters = {letter};
  EXPECT_EQ(apply(batch), (Applied{.dead_lettered = 1}));
  EXPECT_EQ(apply(batch), (Applied{.duplicates = 1}));
  batch.dead_letters = {{"order:9", "o9", "order_conflict", "why", "{}"}};
  apply(batch);
  reopen();
  EXPECT_EQ(store_->progress().dead_letters, 2);
  const auto kept = store_->dead_letters({.limit = 10});
  EXPECT_EQ(store_->dead_letter(kept.at(0).number)->kept.letter, letter);
  EXPECT_EQ(store_->standing({"o9"}), Standing::kDead);
}

TEST_P(ReadModelConformance, CursorsMoveOnlyFromWhereTheyStand) {
  ProjectionBatch batch;
  batch.rows = {priced(order_event(1))};
  batch.order_cursor = CursorMove{{}, order_cursor(1)};
  apply(batch);
  EXPECT_EQ(store_->progress().orders, order_cursor(1));

  batch.rows = {priced(order_event(2))};
  const auto again = try_apply(batch);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(again.error().code, "cursor_moved");
  EXPECT_EQ(store_->standing(order_event(2).data.order_id), Standing::kUnknown)
      << "nothing was changed";
  batch.order_cursor = CursorMove{order_cursor(1), order_cursor(2)};
  apply(batch);
  EXPECT_EQ(store_->progress().orders, order_cursor(2));
}

TEST_P(ReadModelConformance, EverythingIsThereAfterARestart) {
  ProjectionBatch batch;
  batch.rows = {priced(order_event(1)), priced(order_event(2))};
  batch.parked = {from_feed(order_event(3))};
  batch.order_cursor = CursorMove{{}, order_cursor(3)};
  apply(batch);
  const auto before = changes();
  const Progress progress = store_->progress();
  reopen();
  EXPECT_EQ(changes(), before);
  EXPECT_EQ(store_->progress(), progress);
  EXPECT_EQ(apply(batch = {.rows = {priced(order_event(2)), priced(order_event(4))}}),
            (Applied{.projected = 1, .duplicates = 1}));
  EXPECT_EQ(changes().events.back().position, 3) << "positions go on";
}

TEST_P(ReadModelConformance, PositionsGoOnAfterAReplacedLastRow) {
  auto claimed = order_event(1);
  claimed.accepted_at = at(500);
  apply_rows({{from_push(claimed), kPrice}});
  apply_rows({priced(order_event(1))});
  reopen();
  apply_rows({priced(order_event(2))});
  EXPECT_THAT(positions(changes()), ElementsAre(2, 3));
}

TEST_P(ReadModelConformance, ListsGoByDateThenTimeOfCreation) {
  apply_rows({priced(dated(1, "2021-02-14", 30)), priced(dated(2, "2021-01-18", 20)),
              priced(dated(3, "2021-02-14", 10)), priced(dated(4, "2020-12-31", 40)),
              priced(dated(5, "2021-12-31", 50)), priced(order_event(6, "p1", "c2"))});
  EXPECT_THAT(ids(store_->list({"c1"}, kYear, std::nullopt, 10)),
              ElementsAre(id(2), id(3), id(1), id(5)));
  const DateRange day{*parse_date("2021-02-14"), *parse_date("2021-02-14")};
  EXPECT_THAT(ids(store_->list({"c1"}, day, std::nullopt, 10)), ElementsAre(id(3), id(1)));
  EXPECT_THAT(ids(store_->list({"c2"}, kYear, std::nullopt, 10)), ElementsAre(id(6)));
}

TEST_P(ReadModelConformance, ListsComeInPagesWithoutLossOrRepetition) {
  std::vector<PricedOrder> rows;
  for (int i = 1; i <= 20; ++i) {  // many of the same date and time
    rows.push_back(priced(dated(i, i % 2 == 0 ? "2021-03-01" : "2021-03-02", i % 3)));
  }
  apply_rows(rows);
  const auto all = ids(store_->list({"c1"}, kYear, std::nullopt, 100));
  ASSERT_EQ(all.size(), 20);
  for (const std::size_t size : {1U, 3U, 7U, 10U, 20U, 21U}) {
    std::vector<OrderId> gathered;
    std::optional<ListKey> after;
    do {
      const auto page = store_->list({"c1"}, kYear, after, size);
      EXPECT_LE(page.orders.size(), size);
      std::ranges::move(ids(page), std::back_inserter(gathered));
      after = page.next;
    } while (after);
    EXPECT_EQ(gathered, all) << "pages of " << size;
  }
}

TEST_P(ReadModelConformance, ListsThatEndExactlyAtAPageHaveNoNext) {
  apply_rows({priced(order_event(1)), priced(order_event(2))});
  EXPECT_TRUE(store_->list({"c1"}, kYear, std::nullopt, 1).next);
  EXPECT_FALSE(store_->list({"c1"}, kYear, std::nullopt, 2).next);
}

TEST_P(ReadModelConformance, AListsVersionChangesWithWhatItSays) {
  const auto version = [this] { return store_->list_version({"c1"}); };
  const auto empty = version();
  ASSERT_TRUE(empty);
  apply_rows({priced(order_event(1))});
  const auto added = version();
  ASSERT_TRUE(added);
  EXPECT_NE(added, empty);
  EXPECT_EQ(version(), added);

  auto correction = priced(order_event(1));
  correction.price.unit_price = 7;
  ProjectionBatch batch;
  batch.corrections = {correction};
  apply(batch);
  EXPECT_TRUE(version());
  EXPECT_NE(version(), added);
}

TEST_P(ReadModelConformance, AListsVersionStaysWhereNothingIsWrittenOfTheCustomer) {
  apply_rows({priced(order_event(1))});
  const auto version = store_->list_version({"c1"});
  apply_rows({priced(order_event(1))});  // a duplicate
  EXPECT_EQ(run(loop_, store_->rehearse({.rows = {priced(order_event(2))}}))->projected, 1);
  auto another = order_event(3);
  another.data.customer_id = {"c2"};
  apply_rows({priced(another)});
  EXPECT_EQ(store_->list_version({"c1"}), version);
}

TEST_P(ReadModelConformance, ListsStayWholeWhateverIsAddedReplacedAndRestarted) {
  std::vector<OrderEvent> events;
  for (int i = 1; i <= 40; ++i) {
    auto event = dated(i, i % 3 == 0 ? "2021-03-01" : "2021-03-02", 10 * (100 - i));
    event.data.customer_id = {i % 4 == 0 ? "c2" : "c1"};
    events.push_back(event);
    apply_rows({priced(event)});
    if (i % 11 == 0) reopen();
    if (i % 7 == 0) {
      auto& earlier = events[static_cast<std::size_t>(i) / 2];
      earlier.accepted_at += std::chrono::seconds(1);
      EXPECT_EQ(apply_rows({priced(earlier)}).replaced, 1);
    }
    std::vector<OrderEvent> expected = events;
    std::erase_if(expected, [](const auto& e) { return e.data.customer_id.value != "c1"; });
    std::ranges::sort(expected, {},
                      [](const auto& e) { return std::pair(e.data.order_date, e.accepted_at); });
    std::vector<OrderId> in_order;
    for (const auto& e : expected)
      in_order.push_back(e.data.order_id);
    std::vector<OrderId> gathered;
    std::optional<ListKey> after;
    do {
      const auto page = store_->list({"c1"}, kYear, after, 3);
      std::ranges::move(ids(page), std::back_inserter(gathered));
      after = page.next;
    } while (after);
    ASSERT_EQ(gathered, in_order) << "after " << i;
  }
  const auto head = store_->progress().head;
  EXPECT_EQ(store_->changes_of({"c2"}, 0, head, 100).size(), 10);
}

TEST_P(ReadModelConformance, ACustomersChangesAreFoundFarBack) {
  std::vector<PricedOrder> rows;
  for (int i = 1; i <= 3'000; ++i)
    rows.push_back(priced(order_event(i, "p1", i % 1'000 == 1 ? "c2" : "c1")));
  apply_rows(rows);
  apply_rows({priced(order_event(3'001, "p1", "c2"))});  // merges, where that comes early
  const auto found = store_->changes_of({"c2"}, 1, store_->progress().head, 2);
  ASSERT_EQ(found.size(), 2);
  EXPECT_EQ(found[0].position, 1'001);
  EXPECT_EQ(found[1].data.info.order_id, id(2'001));
  EXPECT_EQ(store_->changes_of({"c2"}, 1, store_->progress().head, 10).size(), 3);
}

}  // namespace
}  // namespace orderly::orderinfo::testing
