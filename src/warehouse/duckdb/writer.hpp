#pragma once

#include <vector>

#include "base/position.hpp"
#include "warehouse/duckdb/handles.hpp"
#include "warehouse/warehouse.hpp"

/// The transactions of the writing lane, on a connection that nobody else uses meanwhile.
namespace orderly::warehouse::duckdb {

Cursor read_position(duckdb_connection connection);
/// Warehouse::load. Leaves no transaction open; the connection is of no more use after a throw.
bool load_changes(duckdb_connection connection, const std::vector<Change>& changes,
                  const Cursor& from, const Cursor& to);
bool has_order(duckdb_connection connection, const OrderId& order_id);

}  // namespace orderly::warehouse::duckdb
