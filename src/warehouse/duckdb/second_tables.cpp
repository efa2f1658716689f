#include "warehouse/duckdb/second_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/check.hpp"
#include "warehouse/duckdb/target.hpp"
#include "warehouse/duckdb/transaction.hpp"
#include "warehouse/duckdb/value_reader.hpp"

namespace orderly::warehouse::duckdb {
namespace {

using Action = SecondCommand::Action;

/// All rows of one of our own statements.
std::vector<Row> read_all(duckdb_connection connection, const std::string& sql) {
  ResultSet result;
  execute(connection, sql.c_str(), result);
  std::vector<ValueReader> readers;
  const idx_t columns = duckdb_column_count(result.get());
  readers.reserve(columns);
  for (idx_t i = 0; i < columns; ++i) {
    const LogicalType type(duckdb_column_logical_type(result.get(), i));
    readers.emplace_back(type.get());
  }
  std::vector<Row> rows;
  for (Chunk chunk = result.fetch(); chunk.get() != nullptr; chunk = result.fetch()) {
    for (idx_t at = 0; at < duckdb_data_chunk_get_size(chunk.get()); ++at) {
      Row& row = rows.emplace_back();
      for (idx_t column = 0; column < readers.size(); ++column) {
        row.push_back(readers[column].read(duckdb_data_chunk_get_vector(chunk.get(), column), at));
      }
    }
  }
  return rows;
}

std::int64_t integer(const Cell& cell) {
  const auto* const value = std::get_if<std::int64_t>(&cell);
  return value == nullptr ? 0 : *value;
}

SecondTables look(duckdb_connection connection, const Catalog& catalog) {
  SecondTables found;
  for (const TableSpec& table : catalog.tables) {
    const auto second = find_position(connection, {table, Place::kSecond});
    if (!second) continue;
    const auto live = find_position(connection, {table});
    found.tables.push_back({table.name, live.value_or(Cursor{}), *second});
  }
  const auto kept = read_all(connection, "SELECT epoch_us(until) FROM orderly.second_kept");
  if (kept.empty()) return found;
  const Cell& until = kept.front().front();
  found.swapped = std::holds_alternative<std::monostate>(until);
  if (!found.swapped) found.kept_until = UtcTime(std::chrono::microseconds(integer(until)));
  return found;
}

const TableSpec& spec_of(const Catalog& catalog, const std::string& name) {
  const TableSpec* const table = catalog.find_table(name);
  ORDERLY_CHECK(table != nullptr, "only tables of the catalog are rebuilt");
  return *table;
}

/// `until`: SQL; empty: nothing is kept.
void note_kept(duckdb_connection connection, const std::string& until) {
  run(connection, "DELETE FROM orderly.second_kept");
  if (until.empty()) return;
  run(connection, fmt::format("INSERT INTO orderly.second_kept VALUES ({})", until));
}

void remove(duckdb_connection connection, const Catalog& catalog) {
  for (const TableSpec& table : catalog.tables)
    drop_target(connection, {table, Place::kSecond});
  note_kept(connection, "");
}

/// Names change, positions stay: a query sees all of it or nothing.
void change_places(duckdb_connection connection, const TableSpec& table) {
  const Target live{table};
  const Target second{table, Place::kSecond};
  const std::string aside = second.name() + "_aside";
  const auto rename = [&](const std::string& from, const std::string& to) {
    run(connection, fmt::format("ALTER TABLE {}.{} RENAME TO {}", kSchema, from, to));
  };
  rename(live.name(), aside);
  rename(second.name(), live.name());
  rename(aside, second.name());
}

/// False: they do not stand alike.
bool swap(duckdb_connection connection, const Catalog& catalog, bool list_lost) {
  const SecondTables there = look(connection, catalog);
  if (there.tables.empty() || !std::ranges::all_of(there.tables, &SecondTable::stand_alike)) {
    return false;
  }
  for (const SecondTable& each : there.tables) {
    const TableSpec& table = spec_of(catalog, each.name);
    if (list_lost) list_taken_out(connection, {table}, {table, Place::kSecond}, each.live);
    change_places(connection, table);
  }
  note_kept(connection, "NULL");
  return true;
}

std::string column_list(const TableSpec& table) {
  std::string list;
  for (const ColumnSpec& column : table.columns)
    list += (list.empty() ? "" : ", ") + column.name;
  return list;
}

std::string part_of(const TableSpec& table) {
  const std::string key = table.key.empty() ? column_list(table) : table.key;
  return fmt::format("(hash({}) % {})::UINTEGER", key, kSecondParts);
}

std::string sums_of(const Target& target) {
  return fmt::format(
      "(SELECT {} AS part, count(*) AS n, sum(hash({})::HUGEINT) AS s FROM {} GROUP BY ALL)",
      part_of(target.table), column_list(target.table), target.full_name());
}

std::vector<ComparedSecond::Part> differing_parts(duckdb_connection connection,
                                                  const TableSpec& table) {
  const auto rows =
      read_all(connection,
               fmt::format("SELECT coalesce(l.part, r.part)::BIGINT, greatest(l.n, r.n)::BIGINT "
                           "FROM {} AS l FULL JOIN {} AS r ON l.part = r.part "
                           "WHERE l.n IS DISTINCT FROM r.n OR l.s IS DISTINCT FROM r.s ORDER BY 1",
                           sums_of({table}), sums_of({table, Place::kSecond})));
  std::vector<ComparedSecond::Part> parts;
  parts.reserve(rows.size());
  for (const Row& row : rows)
    parts.push_back({static_cast<std::uint32_t>(integer(row.at(0))), integer(row.at(1))});
  return parts;
}

/// What a side has in the parts and the other has not; a row that stands there twice counts twice.
std::string surplus(const Target& side, const Target& other,
                    const std::vector<std::uint32_t>& parts) {
  const auto rows_of = [&](const Target& target) {
    return fmt::format("SELECT {} FROM {} WHERE {} IN ({})", column_list(target.table),
                       target.full_name(), part_of(target.table), fmt::join(parts, ", "));
  };
  return fmt::format("SELECT true AS there, * FROM ({} EXCEPT ALL {})", rows_of(side),
                     rows_of(other));
}

/// The two sides next to each other: a flag and the columns of the live one, then of the second.
std::string pairs(const TableSpec& table) {
  if (!table.key.empty()) {
    return fmt::format(
        "SELECT l.*, r.* FROM l FULL JOIN r ON l.{0} = r.{0} "
        "ORDER BY coalesce(l.{0}, r.{0})",
        table.key);
  }
  std::string nothing = "NULL";
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    nothing += ", NULL";
  return fmt::format("SELECT *, {0} FROM l UNION ALL SELECT {0}, * FROM r", nothing);
}

std::optional<Row> side_of(const Row& row, std::size_t first, std::size_t columns) {
  if (std::holds_alternative<std::monostate>(row.at(first))) return std::nullopt;
  const auto begin = row.begin() + static_cast<std::ptrdiff_t>(first + 1);
  return Row(begin, begin + static_cast<std::ptrdiff_t>(columns));
}

void look_at_parts(duckdb_connection connection, const TableSpec& table,
                   const CompareSecond& request, ComparedSecond& compared) {
  const std::string sides = fmt::format("WITH l AS ({}), r AS ({})",
                                        surplus({table}, {table, Place::kSecond}, request.parts),
                                        surplus({table, Place::kSecond}, {table}, request.parts));
  // The names of columns are on both sides, so the pairs are counted from outside.
  const auto count = read_all(
      connection, fmt::format("{} SELECT count(*)::BIGINT FROM ({}) AS pair", sides, pairs(table)));
  compared.differences = static_cast<std::size_t>(integer(count.at(0).at(0)));
  if (compared.differences == 0 || request.limit == 0) return;
  const std::size_t columns = table.columns.size();
  for (const Row& row :
       read_all(connection, fmt::format("{} {} LIMIT {}", sides, pairs(table), request.limit))) {
    compared.first.push_back(
        {.live = side_of(row, 0, columns), .second = side_of(row, columns + 1, columns)});
  }
}

}  // namespace

SecondTables run_second(duckdb_connection connection, const Catalog& catalog,
                        const SecondCommand& command) {
  if (command.action == Action::kLook) return look(connection, catalog);
  Transaction transaction(connection);
  bool swapped = false;
  switch (command.action) {
    case Action::kLook:
      break;
    case Action::kCreate:
      remove(connection, catalog);
      for (const std::string& name : command.tables)
        begin_target(connection, {spec_of(catalog, name), Place::kSecond});
      break;
    case Action::kRemove:
      remove(connection, catalog);
      break;
    case Action::kSwap:
      swapped = swap(connection, catalog, command.list_lost);
      break;
    case Action::kKeep:
      note_kept(connection,
                fmt::format("make_timestamp({})", command.until.time_since_epoch().count()));
      break;
  }
  SecondTables after = look(connection, catalog);
  transaction.commit();
  if (command.action == Action::kSwap) after.swapped = swapped;
  return after;
}

ComparedSecond compare_second(duckdb_connection connection, const TableSpec& table,
                              const CompareSecond& request) {
  const Transaction one_moment(connection);  // which is never committed: it writes nothing
  const auto live = find_position(connection, {table});
  const auto second = find_position(connection, {table, Place::kSecond});
  ComparedSecond compared{.stood_alike = live && second && *live == *second};
  if (!compared.stood_alike) return compared;
  if (request.parts.empty()) {
    compared.differing = differing_parts(connection, table);
  } else {
    look_at_parts(connection, table, request, compared);
  }
  return compared;
}

}  // namespace orderly::warehouse::duckdb
