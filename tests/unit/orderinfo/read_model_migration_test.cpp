#include <gtest/gtest.h>

#include "orderinfo/sqlite/columns.hpp"
#include "orderinfo/sqlite/schema.hpp"
#include "orderinfo/sqlite/sqlite_read_model.hpp"
#include "sqlite/migrations.hpp"
#include "unit/orderinfo/builders.hpp"

namespace orderly::orderinfo::testing {
namespace {

/// The read model of the first release, with orders of two customers.
void make_first_release(const std::string& path, int orders) {
  sqlite::Connection connection({.path = path});
  auto first = read_model_schema();
  first.migrations = first.migrations.first(1);
  sqlite::migrate(connection, first, uuid(0xc0, 1));
  auto insert = connection.prepare(
      "INSERT INTO order_info(order_id, customer_id, product_id, number, order_date, accepted_at, "
      "event_id, trace, product_name, unit_price, projected_at, replaces, position) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'Gaming Display', 500, 0, 0, ?9)");
  for (int i = 1; i <= orders; ++i) {
    const auto event = order_event(i, "p1", i % 2 == 0 ? "c2" : "c1");
    const StoredOrder order(event);
    auto use = insert.use();
    order.bind_to(use, 1);
    use.bind(9, i);
    use.finish();
  }
}

TEST(ReadModelMigration, ListsOfTheFirstReleaseStay) {
  TempDirectory directory;
  const auto path = directory.file("orderinfo.db");
  make_first_release(path, 9);
  SimClock clock(at(1000));
  SimLoop loop(clock);
  SeededRandom random(1);
  SqliteReadModel store(loop, {.database = {.path = path}, .merge_at = 2}, random);
  ProjectionBatch batch;
  batch.rows = {{from_feed(order_event(10, "p1", "c1")), {"Gaming Display", 500}}};
  ASSERT_TRUE(run(loop, store.apply(batch)));
  const DateRange ever{date_of(kDay), date_of(kDay)};
  EXPECT_EQ(store.list({"c1"}, ever, std::nullopt, 100).orders.size(), 6);
  EXPECT_EQ(store.list({"c2"}, ever, std::nullopt, 100).orders.size(), 4);
  EXPECT_EQ(store.list({"c1"}, ever, std::nullopt, 5).orders.size(), 5);
}

/// Else the rows would be read back, or merged again, at every start.
TEST(ListIndexTest, KnowsHowFarItIsCompleteAlsoWhereTheLastStepIsAWholeOne) {
  constexpr int kMergeAt = 256;  // rows of a step, where they come one by one
  TempDirectory directory;
  const auto path = directory.file("orderinfo.db");
  SimClock clock(at(1000));
  SimLoop loop(clock);
  SeededRandom random(1);
  SqliteReadModel store(loop, {.database = {.path = path}, .merge_at = kMergeAt}, random);
  for (int i = 1; i <= kMergeAt + 1; ++i) {
    ProjectionBatch batch;
    batch.rows = {{from_feed(order_event(i)), {"Gaming Display", 500}}};
    ASSERT_TRUE(run(loop, store.apply(batch)));
  }
  sqlite::Connection database({.path = path, .read_only = true});
  auto merged_upto = database.prepare("SELECT merged_upto FROM list_index");
  auto row = merged_upto.use();
  ASSERT_TRUE(row.step());
  EXPECT_EQ(row.int64(0), kMergeAt);
}

}  // namespace
}  // namespace orderly::orderinfo::testing
