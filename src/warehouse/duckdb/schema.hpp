#pragma once

#include "warehouse/duckdb/handles.hpp"
#include "warehouse/table.hpp"

/// What a database file looks like inside, and how an older one becomes a current one.
namespace orderly::warehouse::duckdb {

/// Brings the file to the newest version of the project's own schema, then to the catalog: missing
/// tables are made (with a position before the first), columns that are new at a table's end are
/// added, views are replaced. Each step is one transaction, so it may be interrupted anywhere and
/// run again. Throws Unavailable: the file is of a newer version, or a table of it is not what the
/// catalog says.
void bring_up_schema(duckdb_connection connection, const Catalog& catalog);

}  // namespace orderly::warehouse::duckdb
