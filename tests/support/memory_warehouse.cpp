#include "support/memory_warehouse.hpp"

#include <algorithm>

namespace orderly::testing {

events::OrderInfo read_order(warehouse::RowReader& reader) {
  const auto text = [&] { return std::string(reader.next_value().text); };
  const auto integer = [&] { return reader.next_value().integer; };
  events::OrderInfo row;
  row.customer_id = CustomerId{text()};
  row.order_id = OrderId{text()};
  row.product_id = ProductId{text()};
  row.product_name = text();
  row.number = integer();
  row.unit_price = integer();
  row.total_price = integer();
  row.order_date = Date{std::chrono::days(integer())};
  return row;
}

Cursor& MemoryWarehouse::position_of(const std::string& table) {
  if (table == warehouse::order_information().name) return storage_->position;
  return storage_->others[table].position;
}

runtime::Task<Cursor> MemoryWarehouse::loaded(std::string table) { co_return position_of(table); }

runtime::Task<bool> MemoryWarehouse::load(warehouse::Load load) {
  Cursor& position = position_of(load.table);
  if (position != load.from) co_return false;
  fail_at(FaultPoint::kBeforeCommit);
  if (load.table == warehouse::order_information().name) {
    store_orders(load.rows);
  } else {
    storage_->others[load.table].rows += load.rows.size();
  }
  position = load.to;
  fail_at(FaultPoint::kAfterCommit);
  co_return true;
}

void MemoryWarehouse::store_orders(const warehouse::RowBatch& rows) {
  for (warehouse::RowReader reader(rows); reader.next_row();) {
    const bool replaces = reader.replaces();
    events::OrderInfo order = read_order(reader);
    if (replaces) {
      std::erase_if(storage_->rows,
                    [&](const events::OrderInfo& row) { return row.order_id == order.order_id; });
    }
    storage_->rows.push_back(std::move(order));
  }
}

runtime::Task<Result<warehouse::QueryResult>> MemoryWarehouse::query(warehouse::QueryRequest) {
  co_return invalid("query", "this warehouse does not understand SQL", "sql_unsupported");
}

runtime::Task<Result<warehouse::Exported>> MemoryWarehouse::export_to(warehouse::ExportRequest) {
  throw Unavailable("this warehouse writes no files");
  co_return warehouse::Exported{};
}

void MemoryWarehouse::fail_at(FaultPoint point) const {
  if (hook_ && hook_(point)) throw Unavailable("the warehouse failed, as it was told to");
}

}  // namespace orderly::testing
