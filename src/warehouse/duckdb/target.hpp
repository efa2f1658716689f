#pragma once

#include <optional>
#include <string>

#include "warehouse/duckdb/handles.hpp"
#include "warehouse/warehouse.hpp"

/// Private to this folder: where the rows of a table go, and up to where they are there. Names of
/// tables are those of a checked catalog.
namespace orderly::warehouse::duckdb {

struct Target {
  const TableSpec& table;
  Place place = Place::kTable;

  [[nodiscard]] std::string schema() const;
  [[nodiscard]] std::string name() const;
  [[nodiscard]] std::string full_name() const { return schema() + "." + name(); }
  /// In orderly.source_position.
  [[nodiscard]] std::string position_name() const;
};

/// Nothing where there is no such position.
std::optional<Cursor> find_position(duckdb_connection connection, const Target& target);
void set_position(duckdb_connection connection, const Target& target, const Cursor& to);

/// An empty one in the place of whatever was there, at the default Cursor; not of kTable.
void begin_target(duckdb_connection connection, const Target& target);
/// Removes it with its position, if it is there; not of kTable.
void drop_target(duckdb_connection connection, const Target& target);

/// What `old` has and `fresh`, another place of its table, has not goes into orderly.taken_out;
/// what `fresh` has leaves it. `at` is where `old` stands.
void list_taken_out(duckdb_connection connection, const Target& old, const Target& fresh,
                    const Cursor& at);

void run(duckdb_connection connection, const std::string& sql);

}  // namespace orderly::warehouse::duckdb
