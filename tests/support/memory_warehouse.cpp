#include "support/memory_warehouse.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

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

Cursor& MemoryWarehouse::position_of(const std::string& table, bool beside) {
  const bool of_orders = table == warehouse::order_information().name;
  if (beside)
    return of_orders ? storage_->beside.position : storage_->beside.others[table].position;
  return of_orders ? storage_->position : storage_->others[table].position;
}

runtime::Task<Cursor> MemoryWarehouse::loaded(std::string table) { co_return position_of(table); }

runtime::Task<Cursor> MemoryWarehouse::loaded_beside(std::string table) {
  co_return position_of(table, true);
}

runtime::Task<bool> MemoryWarehouse::load(warehouse::Load load) {
  Cursor& position = position_of(load.table, load.beside);
  const bool of_orders = load.table == warehouse::order_information().name;
  const bool begins = load.beside && load.from == Cursor{};
  if (position != load.from && !begins) co_return false;
  fail_at(FaultPoint::kBeforeCommit);
  auto& rows = load.beside ? storage_->beside.rows : storage_->rows;
  auto& others = load.beside ? storage_->beside.others : storage_->others;
  if (begins && of_orders) rows.clear();
  if (begins && !of_orders) others[load.table].rows = 0;
  if (of_orders) {
    store_orders(load.rows, rows);
  } else {
    others[load.table].rows += load.rows.size();
  }
  position = load.to;
  fail_at(FaultPoint::kAfterCommit);
  co_return true;
}

runtime::Task<bool> MemoryWarehouse::put_in_place(std::string table, Cursor from, Cursor to) {
  if (position_of(table) != from || position_of(table, true) != to) co_return false;
  fail_at(FaultPoint::kBeforeCommit);
  if (table == warehouse::order_information().name) {
    const auto& fresh = storage_->beside.rows;
    const auto is_there = [&](const events::OrderInfo& row) {
      return std::ranges::find(fresh, row.order_id, &events::OrderInfo::order_id) != fresh.end();
    };
    std::erase_if(storage_->taken_out, is_there);
    std::ranges::copy_if(storage_->rows, std::back_inserter(storage_->taken_out),
                         [&](const events::OrderInfo& row) { return !is_there(row); });
    storage_->rows = std::exchange(storage_->beside.rows, {});
  } else {
    storage_->others[table].rows = storage_->beside.others[table].rows;
  }
  position_of(table) = to;
  position_of(table, true) = Cursor{};
  fail_at(FaultPoint::kAfterCommit);
  co_return true;
}

void MemoryWarehouse::store_orders(const warehouse::RowBatch& rows,
                                   std::vector<events::OrderInfo>& into) {
  for (warehouse::RowReader reader(rows); reader.next_row();) {
    const bool replaces = reader.replaces();
    const bool removes = reader.removes();
    events::OrderInfo order = read_order(reader);
    if (replaces) {
      std::erase_if(into,
                    [&](const events::OrderInfo& row) { return row.order_id == order.order_id; });
    }
    if (!removes) into.push_back(std::move(order));
  }
}

runtime::Task<Result<warehouse::QueryResult>> MemoryWarehouse::query(warehouse::QueryRequest) {
  co_return invalid("query", "this warehouse does not understand SQL", "sql_unsupported");
}

runtime::Task<Result<warehouse::Exported>> MemoryWarehouse::export_to(warehouse::ExportRequest) {
  throw Unavailable("this warehouse writes no files");
  co_return warehouse::Exported{};
}

runtime::Task<warehouse::Saved> MemoryWarehouse::save_to(std::string /*file*/) {
  throw Unavailable("this warehouse writes no files");
  co_return warehouse::Saved{};
}

void MemoryWarehouse::fail_at(FaultPoint point) const {
  if (hook_ && hook_(point)) throw Unavailable("the warehouse failed, as it was told to");
}

}  // namespace orderly::testing
