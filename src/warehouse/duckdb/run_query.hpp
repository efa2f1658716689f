#pragma once

#include <string>

#include "base/result.hpp"
#include "warehouse/duckdb/database.hpp"
#include "warehouse/warehouse.hpp"

namespace orderly::warehouse::duckdb {

/// Passes `request` through the gate and runs it in a READ ONLY transaction on a connection of its
/// own, which is of no more use afterwards. Rows are streamed: what lies beyond max_rows and
/// max_bytes is never computed. Errors as Warehouse::query; an interrupted one is kInvalid with
/// code "query_interrupted". `hidden` is taken out of messages.
Result<QueryResult> run_query(const Session& session, const QueryRequest& request,
                              const std::string& hidden);

}  // namespace orderly::warehouse::duckdb
