#pragma once

#include "warehouse/duckdb/handles.hpp"
#include "warehouse/table.hpp"
#include "warehouse/warehouse.hpp"

namespace orderly::warehouse::duckdb {

/// Warehouse::second, on the connection of the writing lane, which is of no more use after a throw.
SecondTables run_second(duckdb_connection connection, const Catalog& catalog,
                        const SecondCommand& command);

/// Warehouse::compare_second, on a connection of its own.
ComparedSecond compare_second(duckdb_connection connection, const TableSpec& table,
                              const CompareSecond& request);

}  // namespace orderly::warehouse::duckdb
