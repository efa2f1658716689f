#pragma once

#include "base/result.hpp"
#include "warehouse/duckdb/handles.hpp"
#include "warehouse/parameters.hpp"

namespace orderly::warehouse::duckdb {

/// Gives a prepared statement its values: by name where they have names, else by place. kInvalid
/// where they are not those that it asks for.
Result<void> bind_parameters(duckdb_prepared_statement statement, const Parameters& parameters);

}  // namespace orderly::warehouse::duckdb
