#include "warehouse/duckdb/target.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <string_view>

namespace orderly::warehouse::duckdb {
namespace {

std::string_view text_at(duckdb_data_chunk chunk, idx_t column, idx_t row) {
  auto* const texts = static_cast<duckdb_string_t*>(
      duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, column)));
  return {duckdb_string_t_data(&texts[row]), duckdb_string_t_length(texts[row])};
}

}  // namespace

std::string Target::schema() const {
  // A second one changes names with the table, which DuckDB does within a schema only.
  return place == Place::kBeside ? "orderly" : std::string(kSchema);
}

std::string Target::name() const {
  switch (place) {
    case Place::kBeside:
      return "beside_" + table.name;
    case Place::kSecond:
      return table.name + std::string(kSecondSuffix);
    case Place::kTable:
      break;
  }
  return table.name;
}

std::string Target::position_name() const {
  switch (place) {
    case Place::kBeside:
      return "beside:" + table.name;
    case Place::kSecond:
      return "second:" + table.name;
    case Place::kTable:
      break;
  }
  return table.name;
}

void run(duckdb_connection connection, const std::string& sql) { execute(connection, sql.c_str()); }

std::optional<Cursor> find_position(duckdb_connection connection, const Target& target) {
  ResultSet result;
  execute(connection,
          fmt::format("SELECT epoch, event_id, position FROM orderly.source_position WHERE "
                      "table_name = '{}'",
                      target.position_name())
              .c_str(),
          result);
  const Chunk chunk = result.fetch();
  if (chunk.get() == nullptr || duckdb_data_chunk_get_size(chunk.get()) == 0) return std::nullopt;
  const auto epoch = Uuid::parse(text_at(chunk.get(), 0, 0));
  const auto event_id = Uuid::parse(text_at(chunk.get(), 1, 0));
  if (!epoch || !event_id || duckdb_data_chunk_get_size(chunk.get()) != 1) {
    throw Unavailable("the warehouse has lost its position");
  }
  const auto* position = static_cast<const std::int64_t*>(
      duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk.get(), 2)));
  return Cursor{*epoch, *position, *event_id};
}

void set_position(duckdb_connection connection, const Target& target, const Cursor& to) {
  run(connection, fmt::format("UPDATE orderly.source_position SET epoch = '{}', position = {}, "
                              "event_id = '{}' WHERE table_name = '{}'",
                              to.epoch.to_string(), to.position, to.event_id.to_string(),
                              target.position_name()));
}

void begin_target(duckdb_connection connection, const Target& target) {
  drop_target(connection, target);
  run(connection, fmt::format("CREATE TABLE {} AS FROM {} LIMIT 0", target.full_name(),
                              Target{target.table}.full_name()));
  run(connection, fmt::format("INSERT INTO orderly.source_position VALUES ('{}', '{}', 0, '{}')",
                              target.position_name(), Uuid{}.to_string(), Uuid{}.to_string()));
}

void drop_target(duckdb_connection connection, const Target& target) {
  run(connection, fmt::format("DROP TABLE IF EXISTS {}", target.full_name()));
  run(connection, fmt::format("DELETE FROM orderly.source_position WHERE table_name = '{}'",
                              target.position_name()));
}

void list_taken_out(duckdb_connection connection, const Target& old, const Target& fresh,
                    const Cursor& at) {
  const TableSpec& table = old.table;
  const std::string lost = table.key.empty()
                               ? fmt::format("(SELECT * FROM {} EXCEPT ALL SELECT * FROM {})",
                                             old.full_name(), fresh.full_name())
                               : fmt::format("(SELECT * FROM {0} ANTI JOIN {1} USING ({2}))",
                                             old.full_name(), fresh.full_name(), table.key);
  const std::string key = table.key.empty() ? "NULL" : "lost." + table.key + "::VARCHAR";
  run(connection, fmt::format("INSERT INTO orderly.taken_out SELECT '{}', {}, lost::VARCHAR, '{}', "
                              "{}, current_timestamp::TIMESTAMP FROM {} AS lost",
                              table.name, key, at.epoch.to_string(), at.position, lost));
  if (table.key.empty()) return;
  run(connection,
      fmt::format("DELETE FROM orderly.taken_out WHERE table_name = '{}' AND row_key IN "
                  "(SELECT {}::VARCHAR FROM {})",
                  table.name, table.key, fresh.full_name()));
}

}  // namespace orderly::warehouse::duckdb
