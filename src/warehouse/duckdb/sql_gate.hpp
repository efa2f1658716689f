#pragma once

#include <set>
#include <string>
#include <string_view>

#include "base/result.hpp"

/// What of an owner's SQL may reach DuckDB at all. The hardened settings (database.hpp) close the
/// machine, a READ ONLY transaction closes writing, and the statement's type is checked after it is
/// prepared (run_query.cpp); this gate closes what all three let through: functions and views that
/// show paths and settings, functions that run SQL given as text, functions that read the
/// database's own files, and statements that are typed SELECT but are none (PRAGMA). Time and
/// memory are no concern of it: a process of its own bounds them (process/).
namespace orderly::warehouse::duckdb {

/// DuckDB's own function names that the gate refuses, lower case: its table functions, other than
/// a few that are known to be harmless (so that a new version's are refused until looked at).
using RefusedFunctions = std::set<std::string, std::less<>>;
/// True for the table functions that are allowed in spite of being table functions.
bool is_harmless_table_function(std::string_view name);

/// kInvalid with code "sql_too_long" or "forbidden_sql", the message saying what is refused and
/// what to write instead.
Result<void> check_sql(std::string_view sql, const RefusedFunctions& refused);

}  // namespace orderly::warehouse::duckdb
