#include "support/memory_warehouse.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace orderly::testing {

namespace {

using warehouse::Place;
using warehouse::SecondCommand;
using warehouse::SecondTables;

bool is_of_orders(const std::string& table) { return table == warehouse::order_information().name; }

/// As SQL shows them.
warehouse::Row cells_of(const events::OrderInfo& row) {
  return {row.customer_id.value,
          row.order_id.value,
          row.product_id.value,
          row.product_name,
          row.number,
          row.unit_price,
          row.total_price,
          format_date(row.order_date)};
}

}  // namespace

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

MemoryWarehouse::Storage::Side& MemoryWarehouse::side(Place place) {
  switch (place) {
    case Place::kBeside:
      return storage_->beside;
    case Place::kSecond:
      return storage_->second;
    case Place::kTable:
      break;
  }
  return storage_->live;
}

Cursor& MemoryWarehouse::position_of(const std::string& table, Place place) {
  auto& tables = side(place);
  return is_of_orders(table) ? tables.position : tables.others[table].position;
}

runtime::Task<Cursor> MemoryWarehouse::loaded(std::string table) { co_return position_of(table); }

runtime::Task<Cursor> MemoryWarehouse::loaded_beside(std::string table) {
  co_return position_of(table, Place::kBeside);
}

runtime::Task<bool> MemoryWarehouse::load(warehouse::Load load) {
  const bool begins = load.place == Place::kBeside && load.from == Cursor{};
  const bool has_second = storage_->seconds.contains(load.table);
  if (load.place == Place::kSecond && !has_second) co_return false;
  if (position_of(load.table, load.place) != load.from && !begins) co_return false;
  fail_at(FaultPoint::kBeforeCommit);
  if (begins) begin(load.table, Place::kBeside);
  store(load, load.place);
  if (load.place == Place::kTable && has_second &&
      position_of(load.table, Place::kSecond) == load.from) {
    store(load, Place::kSecond);
  }
  fail_at(FaultPoint::kAfterCommit);
  co_return true;
}

void MemoryWarehouse::begin(const std::string& table, Place place) {
  if (is_of_orders(table)) {
    side(place).rows.clear();
  } else {
    side(place).others[table].rows = 0;
  }
  position_of(table, place) = Cursor{};
}

void MemoryWarehouse::store(const warehouse::Load& load, Place place) {
  if (is_of_orders(load.table)) {
    store_orders(load.rows, side(place).rows);
  } else {
    side(place).others[load.table].rows += load.rows.size();
  }
  position_of(load.table, place) = load.to;
}

runtime::Task<bool> MemoryWarehouse::put_in_place(std::string table, Cursor from, Cursor to) {
  if (position_of(table) != from || position_of(table, Place::kBeside) != to) co_return false;
  fail_at(FaultPoint::kBeforeCommit);
  auto& live = storage_->live;
  auto& beside = storage_->beside;
  if (is_of_orders(table)) {
    list_lost(live, beside);
    live.rows = std::exchange(beside.rows, {});
  } else {
    live.others[table].rows = beside.others[table].rows;
  }
  position_of(table) = to;
  position_of(table, Place::kBeside) = Cursor{};
  storage_->seconds.erase(table);
  fail_at(FaultPoint::kAfterCommit);
  co_return true;
}

/// Of order_information.
void MemoryWarehouse::list_lost(const Storage::Side& old, const Storage::Side& fresh) {
  std::set<std::string> ids;
  for (const auto& row : fresh.rows)
    ids.insert(row.order_id.value);
  const auto is_there = [&](const events::OrderInfo& row) {
    return ids.contains(row.order_id.value);
  };
  std::erase_if(storage_->taken_out, is_there);
  std::ranges::copy_if(old.rows, std::back_inserter(storage_->taken_out),
                       [&](const events::OrderInfo& row) { return !is_there(row); });
}

SecondTables MemoryWarehouse::look() {
  SecondTables there{.swapped = storage_->swapped, .kept_until = storage_->kept_until};
  for (const std::string& table : storage_->seconds)
    there.tables.push_back({table, position_of(table), position_of(table, Place::kSecond)});
  return there;
}

bool MemoryWarehouse::swap(bool list_rows) {
  const auto tables = look().tables;
  if (tables.empty() || !std::ranges::all_of(tables, &warehouse::SecondTable::stand_alike)) {
    return false;
  }
  auto& live = storage_->live;
  auto& second = storage_->second;
  if (list_rows) list_lost(live, second);
  for (const std::string& table : storage_->seconds) {
    if (is_of_orders(table)) {
      std::swap(live.rows, second.rows);
    } else {
      std::swap(live.others[table], second.others[table]);
    }
  }
  storage_->swapped = true;
  storage_->kept_until.reset();
  return true;
}

runtime::Task<SecondTables> MemoryWarehouse::second(SecondCommand command) {
  using Action = SecondCommand::Action;
  if (command.action == Action::kLook) co_return look();
  fail_at(FaultPoint::kBeforeCommit);
  bool swapped = false;
  switch (command.action) {
    case Action::kLook:
      break;
    case Action::kCreate:
    case Action::kRemove:
      storage_->seconds = {command.tables.begin(), command.tables.end()};
      storage_->swapped = false;
      storage_->kept_until.reset();
      for (const std::string& table : storage_->seconds)
        begin(table, Place::kSecond);
      break;
    case Action::kSwap:
      swapped = swap(command.list_lost);
      break;
    case Action::kKeep:
      storage_->swapped = false;
      storage_->kept_until = command.until;
      break;
  }
  fail_at(FaultPoint::kAfterCommit);
  SecondTables after = look();
  if (command.action == Action::kSwap) after.swapped = swapped;
  co_return after;
}

std::vector<warehouse::ComparedSecond::Pair> MemoryWarehouse::pairs() const {
  const auto sides = [](const std::vector<events::OrderInfo>& rows) {
    std::map<std::string, events::OrderInfo> by_key;
    for (const auto& row : rows)
      by_key.emplace(row.order_id.value, row);
    return by_key;
  };
  const auto live = sides(storage_->live.rows);
  const auto second = sides(storage_->second.rows);
  std::vector<warehouse::ComparedSecond::Pair> found;
  for (const auto& [key, row] : live) {
    const auto other = second.find(key);
    if (other == second.end()) {
      found.push_back({cells_of(row), std::nullopt});
    } else if (other->second != row) {
      found.push_back({cells_of(row), cells_of(other->second)});
    }
  }
  for (const auto& [key, row] : second) {
    if (!live.contains(key)) found.push_back({std::nullopt, cells_of(row)});
  }
  return found;
}

runtime::Task<warehouse::ComparedSecond> MemoryWarehouse::compare_second(
    warehouse::CompareSecond request) {
  const std::string& table = request.table;
  if (!storage_->seconds.contains(table) ||
      position_of(table) != position_of(table, Place::kSecond)) {
    co_return warehouse::ComparedSecond{};
  }
  warehouse::ComparedSecond compared{.stood_alike = true};
  auto differing = is_of_orders(table) ? pairs() : std::vector<warehouse::ComparedSecond::Pair>();
  if (request.parts.empty()) {
    const auto rows = std::max(storage_->live.rows.size(), storage_->second.rows.size());
    if (!differing.empty()) compared.differing.push_back({0, static_cast<std::int64_t>(rows)});
    co_return compared;
  }
  compared.differences = differing.size();
  if (differing.size() > request.limit) differing.resize(request.limit);
  compared.first = std::move(differing);
  co_return compared;
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
