#include "app/peers.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "unit/orderinfo/pipeline.hpp"

namespace orderly::app {
namespace {

using namespace orderinfo::testing;
using events::ConsistencyToken;

class SettledOrdersTest : public ::testing::Test, protected Pipeline {
 protected:
  SettledOrdersTest() {
    products.put("p1", 500, at(1));
    settle();
  }
  ~SettledOrdersTest() override { run(loop, watch_.stop()); }

  Position settled_before(const OrderEvent& order) {
    const ConsistencyToken token{ConsistencyToken::Service::kOrder, kOrderEpoch, order.position,
                                 order.data.order_id.value};
    const auto cursor = run(loop, orders_.settled(token, std::chrono::seconds(0)));
    EXPECT_TRUE(cursor);
    return cursor ? cursor->position : -1;
  }

  orderinfo::ChangeWatch watch_{loop, *store, projector->news()};
  orderinfo::Visibility visibility_{loop, *store, watch_, *metrics};
  LocalSettledOrders orders_{visibility_, *store};
};

TEST_F(SettledOrdersTest, GiveTheHeadOfTheChangeLog) {
  const auto order = place("p1", 10);
  settle();
  place("p1", 11);
  settle();
  EXPECT_EQ(settled_before(order), 2);
}

/// Else the warehouse would be asked before it can have the row.
TEST_F(SettledOrdersTest, GiveThePlaceOfARowThatIsNotInTheLogYet) {
  place("p1", 10);
  settle();
  const auto order = place("p1", 11);
  disk.fail_next({.op = orderly::testing::DiskOp::kSync,
                  .code = SQLITE_IOERR_FSYNC,
                  .suffix = "orderinfo.db-wal"});
  EXPECT_THROW(settle(), Unavailable);
  EXPECT_EQ(store->progress().head, 1);
  EXPECT_EQ(settled_before(order), 2);
}

}  // namespace
}  // namespace orderly::app
