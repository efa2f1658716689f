#include "orderinfo/visibility.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "runtime/task_group.hpp"
#include "unit/orderinfo/pipeline.hpp"

namespace orderly::orderinfo::testing {
namespace {

using events::ConsistencyToken;
using std::chrono::seconds;

ConsistencyToken order_token(const OrderEvent& event, Uuid epoch = kOrderEpoch) {
  return {ConsistencyToken::Service::kOrder, epoch, event.position, event.data.order_id.value};
}
ConsistencyToken product_token(Position position, Uuid epoch = kProductEpoch) {
  return {ConsistencyToken::Service::kProduct, epoch, position, "p1"};
}

class VisibilityTest : public ::testing::Test, protected Pipeline {
 protected:
  VisibilityTest() { products.put("p1", 500, at(1)); }
  ~VisibilityTest() override { run(loop, watch_.stop()); }

  std::string outcome_of(const ConsistencyToken& token, http::Preferences prefer) {
    const auto result = run(loop, visibility_.wait_for(token, prefer));
    return result ? "seen" : result.error().code;
  }
  /// Starts to wait; the outcome appears in `outcome_`.
  void begin(const ConsistencyToken& token, http::Preferences prefer) {
    waits_.spawn("wait", await(token, prefer));
  }
  runtime::Task<void> await(ConsistencyToken token, http::Preferences prefer) {
    const auto result = co_await visibility_.wait_for(std::move(token), prefer);
    outcome_ = result ? "seen" : result.error().code;
  }
  bool reached(const std::function<bool()>& condition, seconds within = seconds(1)) {
    return loop.run_until(condition, loop.steady_now() + within);
  }

  ChangeWatch watch_{loop, *store, projector->news()};
  Visibility visibility_{loop, *store, watch_, *metrics};
  runtime::TaskGroup waits_{loop};
  std::string outcome_;
};

TEST_F(VisibilityTest, AQueryIsNotHeldUpByTheDiskThatTheRowIsWrittenTo) {
  settle();
  const auto order = place("p1", 10);
  begin(order_token(order), {.wait = seconds(5)});
  EXPECT_FALSE(reached([&] { return !outcome_.empty(); }));
  ProjectionBatch batch;
  batch.rows = {{from_feed(order), {"p1", 500}}};
  disk.fail_next({.op = orderly::testing::DiskOp::kSync,
                  .code = SQLITE_IOERR_FSYNC,
                  .suffix = "orderinfo.db-wal"});
  const auto visible = [&] { projector->news().became_visible(batch.rows); };
  EXPECT_THROW(run(loop, store->apply(batch, visible)), Unavailable);
  EXPECT_TRUE(reached([&] { return outcome_ == "seen"; }));
  EXPECT_EQ(store->progress().head, 0) << "nobody else may build on it";
}

TEST_F(VisibilityTest, AnOrderThatIsVisibleIsNotWaitedFor) {
  const auto order = place("p1", 10);
  settle();
  EXPECT_EQ(outcome_of(order_token(order), {}), "seen");
}

TEST_F(VisibilityTest, AQueryWaitsUntilItsOrderIsThere) {
  settle();
  const auto order = place("p1", 10);
  begin(order_token(order), {.wait = seconds(5)});
  EXPECT_FALSE(reached([&] { return !outcome_.empty(); }));
  push(order);  // quicker than the feed
  EXPECT_TRUE(reached([&] { return outcome_ == "seen"; }));
}

TEST_F(VisibilityTest, ParkedAndDeadOrdersArePassedOver) {
  const auto parked = place("unknown product", 10);
  begin(order_token(parked), {.wait = seconds(5)});
  settle();
  EXPECT_TRUE(reached([&] { return outcome_ == "seen"; }));

  auto dead = events::to_message(kOrderEpoch, place("p1", 11));
  dead.data = "{}";
  std::vector<ReceivedMessage> batch;
  batch.push_back(receive(dead));
  run(loop, projector->deliver(std::move(batch)));
  EXPECT_EQ(outcome_of(order_token(orders.all()[1]), {}), "seen");
}

TEST_F(VisibilityTest, WhenTimeIsUpTheCallerIsToldUnlessItIsLenient) {
  settle();
  const auto order = place("p1", 10);
  EXPECT_EQ(outcome_of(order_token(order), {}), "not_visible_yet");
  const auto began = loop.steady_now();
  EXPECT_EQ(outcome_of(order_token(order), {.wait = seconds(3)}), "not_visible_yet");
  EXPECT_EQ(loop.steady_now() - began, seconds(3));
  EXPECT_EQ(outcome_of(order_token(order), {.wait = seconds(3), .lenient = true}), "seen");
  EXPECT_EQ(outcome_of(order_token(order), {.wait = seconds(3600), .lenient = true}), "seen");
  EXPECT_EQ(loop.steady_now() - began, seconds(3 + 3 + 30)) << "no wait is longer than 30 s";
}

TEST_F(VisibilityTest, ATokenOfAnOlderEpochIsAConflict) {
  const auto order = place("p1", 10);
  settle();
  follow_products();
  EXPECT_EQ(outcome_of(order_token(order, uuid(0x0a, 9)), {.lenient = true}), "epoch_conflict");
  EXPECT_EQ(outcome_of(product_token(1, uuid(0x0b, 9)), {}), "epoch_conflict");
}

TEST_F(VisibilityTest, ATokenOfALaterEpochIsStillToCome) {
  const auto order = place("p1", 10);
  settle();
  follow_products();
  EXPECT_EQ(outcome_of(product_token(1, uuid(0xb0, 9)), {.wait = seconds(1)}), "not_visible_yet");
}

TEST_F(VisibilityTest, BeforeAnyFeedIsReadEverythingIsStillToCome) {
  const auto order = place("p1", 10);
  EXPECT_EQ(outcome_of(order_token(order), {.wait = seconds(1)}), "not_visible_yet");
  EXPECT_EQ(outcome_of(product_token(1), {.wait = seconds(1)}), "not_visible_yet");
}

TEST_F(VisibilityTest, AProductIsVisibleWhenTheCopyHasIt) {
  begin(product_token(1), {.wait = seconds(5)});
  EXPECT_FALSE(reached([&] { return !outcome_.empty(); }));
  follow_products();
  EXPECT_TRUE(reached([&] { return outcome_ == "seen"; }));
  EXPECT_EQ(outcome_of(product_token(2), {}), "not_visible_yet");
}

TEST_F(VisibilityTest, WithoutATokenAnOrderIsWaitedForByItsId) {
  settle();
  const auto order = place("late product", 10);
  bool ended = false;
  const auto wait = [](Visibility& orders, OrderId id, bool& done) -> runtime::Task<void> {
    co_await orders.wait_for_order(std::move(id), seconds(5));
    done = true;
  };
  waits_.spawn("wait", wait(visibility_, order.data.order_id, ended));
  settle();
  EXPECT_FALSE(reached([&] { return ended; })) << "parked is not there";
  products.put("late product", 70, at(20));
  follow_products();
  EXPECT_TRUE(reached([&] { return ended; }));
}

TEST_F(VisibilityTest, TheNumberOfWaitingQueriesIsBounded) {
  settle();
  const auto order = place("p1", 10);
  for (std::size_t i = 0; i < kMaxWaitingQueries; ++i) {
    begin(order_token(order), {.wait = seconds(5)});
  }
  EXPECT_FALSE(reached([&] { return !outcome_.empty(); }));
  EXPECT_THROW(outcome_of(order_token(order), {.wait = seconds(5)}), Unavailable);
  EXPECT_EQ(outcome_of(order_token(order), {}), "not_visible_yet") << "it would not wait";
  settle();
  EXPECT_TRUE(reached([&] { return waits_.size() == 0; }));
  EXPECT_EQ(outcome_of(order_token(order), {.wait = seconds(5)}), "seen");
}

// Each applied batch woke all of 1,024 queries, and each of them asked the store again.
TEST_F(VisibilityTest, ABatchWakesOnlyWhatItConcerns) {
  settle();
  const auto wanted = order_event(21);
  for (int i = 0; i < 100; ++i)
    begin(order_token(wanted), {.wait = seconds(30)});
  EXPECT_FALSE(reached([&] { return !outcome_.empty(); }, seconds(0)));
  const auto& looks =
      metrics->counter("orderly_orderinfo_wait_looks_total",
                       "How often queries that wait looked whether they can see it");
  EXPECT_EQ(looks.value(), 100U);
  for (int i = 1; i <= 21; ++i) {
    EXPECT_TRUE(outcome_.empty()) << "before order " << i;
    (void)place("p1", i);
    settle();
    reached([&] { return !outcome_.empty(); }, seconds(0));
  }
  EXPECT_TRUE(reached([&] { return waits_.size() == 0; }, seconds(0)));
  EXPECT_EQ(looks.value(), 200U);
}

TEST_F(VisibilityTest, TheHistoryBecomingKnownWakesWhoIsOfAnother) {
  const auto order = place("p1", 10);
  auto token = order_token(order, uuid(0x0a, 9));
  token.position = 1'000;
  begin(token, {.wait = seconds(20)});
  EXPECT_FALSE(reached([&] { return !outcome_.empty(); }));
  settle();
  EXPECT_TRUE(reached([&] { return outcome_ == "epoch_conflict"; }));
}

TEST_F(VisibilityTest, ADeadOrderIsNotWaitedFor) {
  settle();
  const auto order = place("p1", 10);
  bool ended = false;
  const auto wait = [](Visibility& orders, OrderId id, bool& done) -> runtime::Task<void> {
    co_await orders.wait_for_order(std::move(id), seconds(20));
    done = true;
  };
  waits_.spawn("wait", wait(visibility_, order.data.order_id, ended));
  EXPECT_FALSE(reached([&] { return ended; }));
  ProjectionBatch batch;
  batch.dead_letters.push_back({.key = "k",
                                .order_id = order.data.order_id.value,
                                .code = "c",
                                .reason = "r",
                                .message = "m"});
  ASSERT_TRUE(run(loop, store->apply(batch)));
  projector->news().changed().notify();
  EXPECT_TRUE(reached([&] { return ended; }));
}

}  // namespace
}  // namespace orderly::orderinfo::testing
