#pragma once

#include "base/result.hpp"
#include "warehouse/duckdb/database.hpp"
#include "warehouse/duckdb/export_source.hpp"
#include "warehouse/export.hpp"

namespace orderly::warehouse::duckdb {

/// Streams the rows of `source` into `request.file`, as Warehouse::export_to says.
///
/// The file is written by a second DuckDB, in memory, that has no data and that no owner's SQL ever
/// reaches: the warehouse itself goes on without access to any file but its own, so nothing has to
/// be kept away from what it exports. Rows pass between the two chunk by chunk.
///
/// An interrupt of the session's connection ends it: kInvalid with code "query_interrupted".
Result<Exported> write_export(const Session& session, const ExportSource& source,
                              const ExportRequest& request);

}  // namespace orderly::warehouse::duckdb
