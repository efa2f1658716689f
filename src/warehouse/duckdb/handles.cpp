#include "warehouse/duckdb/handles.hpp"

#include <string_view>

namespace orderly::warehouse::duckdb {

std::string take_text(char* text) {
  if (text == nullptr) return {};
  std::string out(text);
  duckdb_free(text);
  return out;
}

void raise(const std::string& what, const char* message) {
  const std::string_view text = message == nullptr ? "unknown error" : message;
  const std::string full = what + ": " + std::string(text);
  if (text.starts_with("FATAL Error") ||
      text.find("database has been invalidated") != std::string_view::npos) {
    throw DatabaseBroken(full);
  }
  if (text.find("No space left") != std::string_view::npos) throw StorageFull(full);
  throw Unavailable(full);
}

void execute(duckdb_connection connection, const char* sql, ResultSet& result) {
  if (duckdb_query(connection, sql, result.get()) == DuckDBError) {
    raise("the warehouse cannot run its statement", result.error());
  }
}

void execute(duckdb_connection connection, const char* sql) {
  ResultSet result;
  execute(connection, sql, result);
}

}  // namespace orderly::warehouse::duckdb
