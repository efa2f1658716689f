// What only the SQLite adapter can be asked: failures of the disk, bounds, crashes.

#include "product/sqlite/sqlite_product_store.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>
#include <vector>

#include "conformance/product_store_conformance.hpp"

namespace orderly::product {
namespace {

using namespace orderly::product::testing;
using orderly::testing::DiskOp;
using orderly::testing::run;
using orderly::testing::run_all;
using World = orderly::testing::SqliteStoreWorld<ProductStore, SqliteProductStore>;
using Task = runtime::Task<Result<PutOutcome>>;

TEST(SqliteProductStoreTest, AFailedCommitChangesNothingAndLeavesTheWriterUsable) {
  for (const int code : {SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC}) {
    SCOPED_TRACE(code);
    World world;
    const auto first = run(world, world.store().put(new_version("p", 1)));
    ASSERT_TRUE(first);
    const auto op = code == SQLITE_IOERR_FSYNC ? DiskOp::kSync : DiskOp::kWrite;
    world.disk().fail_next({.op = op, .code = code});
    std::vector<Task> tasks;
    for (int i = 0; i < 5; ++i)
      tasks.push_back(world.store().put(keyed_version("key" + std::to_string(i), "p", i)));
    for (const auto& one : run_all(world, std::move(tasks)))
      EXPECT_THROW(one->get(), Unavailable);
    EXPECT_EQ(world.store().get({"p"}), first->product);
    const auto next = run(world, world.store().put(keyed_version("key0", "p", 0)));
    ASSERT_TRUE(next);
    EXPECT_EQ(next->position, 2) << "no gap, and the key was released";
    EXPECT_FALSE(next->replayed);
  }
}

TEST(SqliteProductStoreTest, AListLooksAtABoundedNumberOfProducts) {
  World world;
  constexpr int kProducts = 10'050;
  constexpr int kAtOnce = 1'000;
  for (int i = 0; i < kProducts;) {
    std::vector<Task> tasks;
    for (int j = 0; j < kAtOnce && i < kProducts; ++j, ++i) {
      const auto id = std::to_string(100'000 + i);
      tasks.push_back(world.store().put(new_version(id, 1, i + 1 == kProducts ? "needle" : "hay")));
    }
    run_all(world, std::move(tasks));
  }
  ProductQuery query{.text = "needle", .after = std::nullopt};
  auto page = world.store().list(query);
  EXPECT_TRUE(page.products.empty());
  ASSERT_TRUE(page.next_after);
  query.after = page.next_after;
  page = world.store().list(query);
  ASSERT_EQ(page.products.size(), 1U);
  EXPECT_EQ(page.products[0].product_name, "needle");
  EXPECT_FALSE(page.next_after);
}

}  // namespace
}  // namespace orderly::product
