#include "support/memory_warehouse.hpp"

#include <algorithm>

namespace orderly::testing {

runtime::Task<Cursor> MemoryWarehouse::loaded() { co_return storage_->position; }

runtime::Task<bool> MemoryWarehouse::load(std::vector<warehouse::Change> changes, Cursor from,
                                          Cursor to) {
  if (storage_->position != from) co_return false;
  fail_at(FaultPoint::kBeforeCommit);
  for (warehouse::Change& change : changes) {
    if (change.data.replaces) {
      std::erase_if(storage_->rows, [&](const events::OrderInfo& row) {
        return row.order_id == change.data.info.order_id;
      });
    }
    storage_->rows.push_back(std::move(change.data.info));
  }
  storage_->position = to;
  fail_at(FaultPoint::kAfterCommit);
  changed_.notify();
  co_return true;
}

runtime::Task<Result<warehouse::QueryResult>> MemoryWarehouse::query(warehouse::QueryRequest) {
  co_return invalid("query", "this warehouse does not understand SQL", "sql_unsupported");
}

runtime::Task<bool> MemoryWarehouse::has_order(OrderId order_id) {
  co_return std::ranges::any_of(
      storage_->rows, [&](const events::OrderInfo& row) { return row.order_id == order_id; });
}

void MemoryWarehouse::fail_at(FaultPoint point) const {
  if (hook_ && hook_(point)) throw Unavailable("the warehouse failed, as it was told to");
}

}  // namespace orderly::testing
