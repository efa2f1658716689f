#include "warehouse/duckdb/handles.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace orderly::warehouse::duckdb {

std::string take_text(char* text) {
  if (text == nullptr) return {};
  std::string out(text);
  duckdb_free(text);
  return out;
}

namespace {

/// In the words of the system, which DuckDB passes on (strerror(3)): ENOSPC, EDQUOT, EFBIG.
bool tells_of_a_full_disk(std::string_view text) {
  constexpr std::array kWords{"No space left", "Disk quota exceeded", "File too large"};
  return std::ranges::any_of(
      kWords, [&](const char* words) { return text.find(words) != std::string_view::npos; });
}

}  // namespace

void raise(const std::string& what, const char* message) {
  const std::string_view text = message == nullptr ? "unknown error" : message;
  const std::string full = what + ": " + std::string(text);
  if (text.starts_with("FATAL Error") ||
      text.find("database has been invalidated") != std::string_view::npos) {
    throw DatabaseBroken(full, tells_of_a_full_disk(text));
  }
  if (tells_of_a_full_disk(text)) throw StorageFull(full);
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
