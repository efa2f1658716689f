#include "app/audit_sides.hpp"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "base/text.hpp"
#include "runtime/on_loop.hpp"
#include "warehouse/query_json.hpp"
#include "warehouse/tables.hpp"

namespace orderly::app {
namespace {

/// audit::hash_of(audit::text_of(row)) in SQL.
constexpr const char* kHash =
    "md5_number_lower(concat_ws(chr(31), order_id, customer_id, product_id, number, "
    "strftime(order_date, '%Y-%m-%d'), unit_price, total_price, product_name))";
constexpr const char* kTable = "cqrs_example.order_information";
/// A whole table is read.
constexpr std::chrono::milliseconds kPatience = warehouse::kMaxQueryTimeout;

/// A text that SQL takes as a value.
std::string quoted(std::string_view text) {
  std::string sql = "'";
  for (const char c : text) {
    sql += c;
    if (c == '\'') sql += c;
  }
  return sql += '\'';
}

std::int64_t integer(const warehouse::Cell& cell) {
  if (const auto* number = std::get_if<std::int64_t>(&cell)) return *number;
  throw Unavailable("the warehouse answered with something else than a number");
}

std::string text(const warehouse::Cell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  throw Unavailable("the warehouse answered with something else than a text");
}

/// Hashes travel as text: they may exceed a signed integer.
std::uint64_t hash(const warehouse::Cell& cell) {
  const std::string digits = text(cell);
  std::uint64_t value = 0;
  for (const char digit : digits)
    value = value * 10 + static_cast<std::uint64_t>(digit - '0');
  return value;
}

std::vector<audit::WarehouseRow> rows_in(const warehouse::ResultTable& table) {
  std::vector<audit::WarehouseRow> rows;
  rows.reserve(table.rows.size());
  for (const auto& row : table.rows)
    rows.push_back({text(row.at(0)), hash(row.at(1))});
  return rows;
}

}  // namespace

audit::Standing LocalReadModelSide::standing(const OrderId& order) {
  switch (store_.standing(order)) {
    case orderinfo::Standing::kUnknown:
      return audit::Standing::kUnknown;
    case orderinfo::Standing::kVisible:
      return audit::Standing::kVisible;
    case orderinfo::Standing::kParked:
      return audit::Standing::kParked;
    case orderinfo::Standing::kDead:
      return audit::Standing::kDead;
  }
  std::unreachable();
}

runtime::Task<std::size_t> LocalReadModelSide::project_again(
    std::vector<events::Recorded<events::OrderPlaced>> events, Uuid epoch) {
  co_return co_await runtime::on_loop(projector_loop_,
                                      projector_.project_again(std::move(events), epoch));
}

runtime::Task<Position> SqlWarehouseSide::loaded() {
  const Cursor loaded = co_await warehouse_.loaded(warehouse::order_information().name);
  co_return loaded.epoch == source_.epoch() ? loaded.position : 0;
}

runtime::Task<warehouse::ResultTable> SqlWarehouseSide::ask(std::string sql) {
  auto result = co_await warehouse_.query(
      {.sql = std::move(sql), .max_rows = warehouse::kMaxQueryRows, .timeout = kPatience});
  if (!result) throw Unavailable("the warehouse: " + result.error().message);
  auto answer = warehouse::parse_query_answer(warehouse::finish_answer(std::move(*result), {}));
  if (!answer) throw Unavailable("the warehouse: " + answer.error().message);
  co_return std::move(answer->result);
}

runtime::Task<audit::WarehouseSide::Summed> SqlWarehouseSide::digest() {
  const auto table = co_await ask(
      fmt::format("SELECT (md5_number_lower(order_id) % {})::BIGINT, count(*), "
                  "(sum({}) % 18446744073709551616::HUGEINT)::VARCHAR FROM {} GROUP BY 1",
                  audit::kBuckets, kHash, kTable));
  Summed summed{.digest = {}, .position = table.position};
  for (const auto& row : table.rows) {
    summed.digest.set(static_cast<std::size_t>(integer(row.at(0))),
                      {.rows = integer(row.at(1)), .sum = hash(row.at(2))});
  }
  co_return summed;
}

runtime::Task<std::optional<std::vector<audit::WarehouseRow>>> SqlWarehouseSide::rows_of(
    std::vector<std::size_t> buckets, std::size_t limit) {
  const auto table = co_await ask(fmt::format(
      "SELECT order_id, {}::VARCHAR FROM {} WHERE md5_number_lower(order_id) % {} IN ({}) "
      "LIMIT {}",
      kHash, kTable, audit::kBuckets, fmt::join(buckets, ","), limit + 1));
  if (table.truncated || table.rows.size() > limit) co_return std::nullopt;
  co_return rows_in(table);
}

runtime::Task<std::vector<audit::WarehouseRow>> SqlWarehouseSide::rows_of_orders(
    std::vector<std::string> orders) {
  for (std::string& order : orders)
    order = quoted(order);
  co_return rows_in(
      co_await ask(fmt::format("SELECT order_id, {}::VARCHAR FROM {} WHERE order_id IN ({})", kHash,
                               kTable, fmt::join(orders, ","))));
}

}  // namespace orderly::app
