#pragma once

#include <string>

#include "warehouse/duckdb/handles.hpp"
#include "warehouse/warehouse.hpp"

namespace orderly::warehouse::duckdb {

/// Warehouse::save_to of the database file `path`, on the writing lane's connection.
Saved save_database(duckdb_connection connection, const std::string& path, const std::string& file);

}  // namespace orderly::warehouse::duckdb
