#include <gmock/gmock.h>

#include "conformance/read_model_conformance.hpp"
#include "orderinfo/projection.hpp"

/// Dead letters that are redriven, rehearsed or dropped. Every adapter keeps to it.
namespace orderly::orderinfo::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Kind = LetterOutcome::Kind;

DeadLetter letter(const std::string& key, const std::string& order_id = "") {
  return {key, order_id, "unreadable", "nobody could read it", "{}"};
}

ProjectionBatch keeping(std::vector<DeadLetter> letters) {
  ProjectionBatch batch;
  batch.dead_letters = std::move(letters);
  return batch;
}

ProjectionBatch redriving(std::int64_t number, decltype(RedrivenLetter::becomes) becomes) {
  ProjectionBatch batch;
  batch.redriven.push_back({.number = number, .becomes = std::move(becomes)});
  return batch;
}

std::vector<std::int64_t> numbers(const std::vector<KeptDeadLetter>& letters) {
  std::vector<std::int64_t> found;
  for (const auto& each : letters)
    found.push_back(each.number);
  return found;
}

TEST_P(ReadModelConformance, ARedrivenLetterBecomesARowAndIsNoLetterAnyMore) {
  apply(keeping({letter("a")}));
  const auto applied = apply(redriving(1, priced(order_event(1))));
  ASSERT_THAT(applied.redriven, SizeIs(1));
  EXPECT_EQ(applied.redriven[0].kind, Kind::kProjected);
  EXPECT_EQ(applied.redriven[0].row, joined(order_event(1).data, kPrice));
  EXPECT_EQ(store_->progress().dead_letters, 0);
  EXPECT_EQ(store_->standing(order_event(1).data.order_id), Standing::kVisible);
  EXPECT_FALSE(store_->dead_letter(1));
  EXPECT_EQ(apply(redriving(1, priced(order_event(2)))).redriven[0].kind, Kind::kGone)
      << "it is redriven once";
  EXPECT_EQ(changes().head, 1);
  apply(keeping({letter("a")}));
  EXPECT_EQ(numbers(store_->dead_letters({.limit = 10})), (std::vector<std::int64_t>{2}))
      << "the same event may fail again";
  reopen();
  EXPECT_EQ(store_->progress().dead_letters, 1);
}

TEST_P(ReadModelConformance, ALetterThatFailsAgainStaysWithItsErrors) {
  apply(keeping({letter("a")}));
  clock_.jump(std::chrono::seconds(5));
  auto again = letter("a");
  again.code = "order_conflict";
  again.reason = "still";
  EXPECT_EQ(apply(redriving(1, again)).redriven[0].kind, Kind::kFailed);
  reopen();
  const auto detail = store_->dead_letter(1);
  ASSERT_TRUE(detail);
  EXPECT_EQ(detail->kept.attempts, 2);
  EXPECT_EQ(detail->kept.kept_at, at(1000));
  EXPECT_EQ(detail->kept.attempted_at, at(1005));
  EXPECT_EQ(detail->kept.letter.code, "order_conflict");
  EXPECT_EQ(detail->kept.letter.message, "{}");
  EXPECT_THAT(detail->errors,
              ElementsAre(LetterError{1, at(1000), "unreadable", "nobody could read it"},
                          LetterError{2, at(1005), "order_conflict", "still"}));
  EXPECT_EQ(store_->progress().dead_letters, 1);
  for (int i = 0; i < 40; ++i)
    apply(redriving(1, again));
  EXPECT_LE(store_->dead_letter(1)->errors.size(), kMaxKeptErrors + 1);
}

TEST_P(ReadModelConformance, AConflictOfARedrivenLetterIsItsNextError) {
  apply_rows({priced(order_event(1))});
  auto other = priced(order_event(1));
  other.order.event.data.number = 99;
  apply_rows({other});
  const auto outcome = apply(redriving(1, other)).redriven[0];
  EXPECT_EQ(outcome.kind, Kind::kFailed);
  EXPECT_EQ(outcome.code, "order_conflict");
  EXPECT_EQ(store_->progress().dead_letters, 1) << "it is not doubled";
  EXPECT_EQ(apply(redriving(1, priced(order_event(1)))).redriven[0].kind, Kind::kDuplicate);
  EXPECT_EQ(store_->progress().dead_letters, 0);
}

TEST_P(ReadModelConformance, ARedrivenLetterMayWaitForItsProduct) {
  apply(keeping({letter("a")}));
  EXPECT_EQ(apply(redriving(1, from_feed(order_event(1)))).redriven[0].kind, Kind::kParked);
  EXPECT_EQ(store_->progress().parked, 1);
  EXPECT_EQ(store_->progress().dead_letters, 0);
  apply(keeping({letter("b")}));
  EXPECT_EQ(apply(redriving(2, RedrivenLetter::Ignore{})).redriven[0].kind, Kind::kIgnored);
  EXPECT_EQ(store_->progress().dead_letters, 0);
}

TEST_P(ReadModelConformance, ARehearsalChangesNothing) {
  apply(keeping({letter("a"), letter("b")}));
  const auto before = store_->progress();
  auto batch = redriving(1, priced(order_event(1)));
  batch.redriven.push_back({.number = 2, .becomes = letter("b")});
  const auto rehearsed = run(loop_, store_->rehearse(batch));
  ASSERT_TRUE(rehearsed);
  EXPECT_EQ(rehearsed->redriven[0].kind, Kind::kProjected);
  EXPECT_EQ(rehearsed->redriven[0].row, joined(order_event(1).data, kPrice));
  EXPECT_EQ(rehearsed->redriven[1].kind, Kind::kFailed);
  EXPECT_EQ(store_->progress(), before);
  EXPECT_EQ(store_->find({"c1"}, order_event(1).data.order_id), std::nullopt);
  EXPECT_EQ(store_->dead_letter(2)->kept.attempts, 1);
  EXPECT_EQ(apply(batch).redriven, rehearsed->redriven) << "and afterwards it is as rehearsed";
  EXPECT_EQ(changes().head, 1);
}

TEST_P(ReadModelConformance, LettersAreFoundByWhatTheyHaveInCommon) {
  apply(keeping({letter("a", "o1"), letter("b")}));
  clock_.jump(std::chrono::seconds(10));
  auto other = letter("c", "o2");
  other.code = "order_conflict";
  apply(keeping({other}));
  const auto found = [&](LetterQuery query) {
    query.limit = 10;
    return numbers(store_->dead_letters(query));
  };
  EXPECT_THAT(found({}), ElementsAre(1, 2, 3));
  EXPECT_THAT(found({.after = 1}), ElementsAre(2, 3));
  EXPECT_THAT(found({.upto = 2}), ElementsAre(1, 2));
  EXPECT_THAT(found({.code = "order_conflict"}), ElementsAre(3));
  EXPECT_THAT(found({.order_id = "o1"}), ElementsAre(1));
  EXPECT_THAT(found({.since = at(1001)}), ElementsAre(3));
  EXPECT_THAT(found({.until = at(1001)}), ElementsAre(1, 2));
  EXPECT_THAT(numbers(store_->dead_letters({.limit = 2})), ElementsAre(1, 2));
}

TEST_P(ReadModelConformance, ALetterIsInItsFeedOnceItIsDurable) {
  const auto& log = store_->letter_log();
  auto batch = keeping({letter("a", "o1")});
  batch.rows = {priced(order_event(2))};
  const auto look = [&] {  // an adapter may also be quicker than that
    EXPECT_THAT(store_->dead_letters({.limit = 2}), SizeIs(1));
    const auto page = log.read_events({}, 10);
    ASSERT_TRUE(page);
    EXPECT_THAT(page->events, IsEmpty());
    EXPECT_FALSE(log.tells_of(page->head)) << "a page must not lack what can be seen";
  };
  ASSERT_TRUE(run(loop_, store_->apply(batch, look)));
  const auto page = log.read_events({}, 10);
  ASSERT_TRUE(page);
  EXPECT_THAT(page->events, SizeIs(1));
  EXPECT_TRUE(log.tells_of(page->head));
}

TEST_P(ReadModelConformance, TheFeedOfDeadLettersTellsEachByItsNewestChange) {
  const auto& log = store_->letter_log();
  apply(keeping({letter("a", "o1"), letter("b")}));
  const auto first = log.read_events({}, 10);
  ASSERT_TRUE(first);
  ASSERT_THAT(first->events, SizeIs(2));
  EXPECT_EQ(first->head, 2);
  EXPECT_EQ(first->events[0].data.order_id, "o1");
  EXPECT_EQ(first->events[0].data.message, "{}");
  apply(redriving(1, letter("a", "o1")));
  run(loop_, store_->drop_letters({2, 7}));
  const auto next = log.read_events(events::cursor_after(*first), 10);
  ASSERT_TRUE(next);
  ASSERT_THAT(next->events, SizeIs(2));
  EXPECT_EQ(next->events[0].data.number, 1);
  EXPECT_EQ(next->events[0].data.attempts, 2);
  EXPECT_EQ(next->events[1].data.number, 2);
  EXPECT_EQ(next->events[1].data.dropped_at, at(1000));
  EXPECT_EQ(next->events[1].data.message, "");
  EXPECT_EQ(log.read_events({}, 10)->events.size(), 2) << "an earlier change is gone";
  Cursor beyond = events::cursor_after(*next);
  ++beyond.position;
  EXPECT_EQ(log.read_events(beyond, 10).error().code, "position_conflict");
}

TEST_P(ReadModelConformance, DroppedLettersAreGone) {
  apply(keeping({letter("a", "o1"), letter("b")}));
  EXPECT_THAT(run(loop_, store_->drop_letters({1, 9})), ElementsAre(1));
  EXPECT_THAT(run(loop_, store_->drop_letters({1})), IsEmpty());
  EXPECT_EQ(store_->progress().dead_letters, 1);
  EXPECT_EQ(store_->standing({"o1"}), Standing::kUnknown);
  EXPECT_THAT(store_->stations({"o1"}).dead_letters, SizeIs(1)) << "but a trace knows of it";
}

TEST_P(ReadModelConformance, StrangersAreRefusedAtTheLimits) {
  const StrangerLimits limits{.max_dead_letters = 1, .max_foreign_orders = 1};
  auto batch = keeping({letter("a"), letter("b")});
  batch.limits = limits;
  auto applied = apply(batch);
  EXPECT_EQ(applied.dead_lettered, 1);
  EXPECT_EQ(applied.refused_letters, 1);
  batch = keeping({letter("a")});
  batch.limits = limits;
  EXPECT_EQ(apply(batch).duplicates, 1) << "one that is known is no new one";

  const auto foreign = [](Position number) {
    auto order = priced(order_event(number));
    order.order.origin = Origin::kForeign;
    order.order.epoch = {};
    order.order.event.position = 0;
    return order;
  };
  ProjectionBatch orders;
  orders.rows = {foreign(1), foreign(2)};
  orders.limits = limits;
  applied = apply(orders);
  EXPECT_EQ(applied.projected, 1);
  EXPECT_EQ(applied.refused_orders, 1);
  EXPECT_EQ(store_->standing(order_event(2).data.order_id), Standing::kUnknown);
  EXPECT_EQ(store_->progress().foreign_orders, 1);
  orders.rows = {foreign(1)};
  EXPECT_EQ(apply(orders).duplicates, 1);
  reopen();
  EXPECT_EQ(store_->progress().foreign_orders, 1);
}

TEST_P(ReadModelConformance, StationsSayWhenAnOrderWasWhere) {
  const OrderId id = order_event(1).data.order_id;
  EXPECT_FALSE(store_->stations(id).order);
  apply_parked({from_feed(order_event(1))});
  auto known = store_->stations(id);
  EXPECT_TRUE(known.parked);
  EXPECT_EQ(known.parked_at, at(1000));
  clock_.jump(std::chrono::seconds(1));
  apply_rows({priced(order_event(1))});
  known = store_->stations(id);
  EXPECT_FALSE(known.parked);
  EXPECT_EQ(known.parked_at, at(1000));
  EXPECT_EQ(known.projected_at, at(1001));
  EXPECT_EQ(known.change, 1);
  ASSERT_TRUE(known.order);
  EXPECT_EQ(known.order->position, 1);
  clock_.jump(std::chrono::seconds(1));
  ProjectionBatch correction;
  correction.corrections = {priced(order_event(1))};
  apply(correction);
  known = store_->stations(id);
  EXPECT_EQ(known.first_projected_at, at(1001));
  EXPECT_EQ(known.projected_at, at(1002));
  EXPECT_EQ(known.change, 2);
  EXPECT_EQ(known.parked_at, at(1000));
}

}  // namespace
}  // namespace orderly::orderinfo::testing
