#pragma once

#include <string>

#include "base/position.hpp"
#include "warehouse/duckdb/handles.hpp"
#include "warehouse/warehouse.hpp"

/// The transactions of the writing lane, on a connection that nobody else uses meanwhile. Names of
/// tables are those of a checked catalog.
namespace orderly::warehouse::duckdb {

Cursor read_position(duckdb_connection connection, const std::string& table);
Cursor read_position_beside(duckdb_connection connection, const std::string& table);
/// Warehouse::load. Leaves no transaction open; the connection is of no more use after a throw.
bool load_rows(duckdb_connection connection, const TableSpec& table, const Load& load);
/// Warehouse::put_in_place; the same is to be said of it.
bool put_in_place(duckdb_connection connection, const TableSpec& table, const Cursor& from,
                  const Cursor& to);

}  // namespace orderly::warehouse::duckdb
