#include "warehouse/duckdb/schema.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "warehouse/duckdb/target.hpp"
#include "warehouse/duckdb/transaction.hpp"

namespace orderly::warehouse::duckdb {
namespace {

/// Forward migrations: the schema's version is how many of them have run. Once released, one never
/// changes.
constexpr std::array<const char*, 4> kMigrations = {
    // The lab's table, in the lab's order of columns. No primary key: it would cost a third of the
    // loading rate and three times the space, and the position already keeps doubles out.
    R"sql(
    CREATE SCHEMA cqrs_example;
    CREATE TABLE cqrs_example.order_information (
      customer_id VARCHAR, order_id VARCHAR, product_id VARCHAR, product_name VARCHAR,
      number BIGINT, unit_price BIGINT, total_price BIGINT, order_date DATE);
    CREATE TABLE orderly.load_position (epoch VARCHAR, position BIGINT, event_id VARCHAR);
    INSERT INTO orderly.load_position VALUES
      ('00000000-0000-0000-0000-000000000000', 0, '00000000-0000-0000-0000-000000000000');
    )sql",
    // Several tables, a position each.
    R"sql(
    CREATE TABLE orderly.source_position (
      table_name VARCHAR, epoch VARCHAR, position BIGINT, event_id VARCHAR);
    INSERT INTO orderly.source_position
      SELECT 'order_information', epoch, position, event_id FROM orderly.load_position;
    DROP TABLE orderly.load_position;
    )sql",
    // Rows that their source has no longer, since it has another history; `content` is the row.
    R"sql(
    CREATE TABLE orderly.taken_out (
      table_name VARCHAR, row_key VARCHAR, content VARCHAR, epoch VARCHAR, position BIGINT,
      taken_out_at TIMESTAMP);
    )sql",
    // Second tables that have changed places with the live ones: a row, with the time until which
    // they are kept (none: nobody has said). Whether there are any is told by their positions.
    R"sql(
    CREATE TABLE orderly.second_kept (until TIMESTAMP);
    )sql",
};

/// All rows of a statement whose columns are text.
std::vector<std::vector<std::string>> read_texts(duckdb_connection connection,
                                                 const std::string& sql) {
  ResultSet result;
  execute(connection, sql.c_str(), result);
  std::vector<std::vector<std::string>> rows;
  for (Chunk chunk = result.fetch(); chunk.get() != nullptr; chunk = result.fetch()) {
    for (idx_t row = 0; row < duckdb_data_chunk_get_size(chunk.get()); ++row) {
      auto& texts = rows.emplace_back();
      for (idx_t column = 0; column < duckdb_data_chunk_get_column_count(chunk.get()); ++column) {
        auto* const values = static_cast<duckdb_string_t*>(
            duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk.get(), column)));
        texts.emplace_back(duckdb_string_t_data(&values[row]), duckdb_string_t_length(values[row]));
      }
    }
  }
  return rows;
}

void migrate(duckdb_connection connection) {
  execute(connection, "CREATE SCHEMA IF NOT EXISTS orderly");
  execute(connection,
          "CREATE TABLE IF NOT EXISTS orderly.schema_version (version BIGINT, "
          "applied_at TIMESTAMP DEFAULT current_timestamp)");
  const auto newest = read_texts(
      connection, "SELECT coalesce(max(version), 0)::VARCHAR FROM orderly.schema_version");
  const auto version = static_cast<std::size_t>(std::stoul(newest.at(0).at(0)));
  if (version > kMigrations.size()) {
    throw Unavailable("the warehouse was written by a newer version of orderly");
  }
  for (std::size_t next = version; next < kMigrations.size(); ++next) {
    Transaction transaction(connection);
    run(connection, kMigrations[next]);
    run(connection,
        fmt::format("INSERT INTO orderly.schema_version (version) VALUES ({})", next + 1));
    transaction.commit();
  }
}

std::string column_list(const TableSpec& table) {
  std::string list;
  for (const ColumnSpec& column : table.columns) {
    list += fmt::format("{}{} {}", list.empty() ? "" : ", ", column.name, sql_name(column.type));
  }
  return list;
}

void create_table(duckdb_connection connection, const TableSpec& table) {
  Transaction transaction(connection);
  run(connection, fmt::format("CREATE TABLE {}.{} ({})", kSchema, table.name, column_list(table)));
  transaction.commit();
}

[[noreturn]] void refuse_table(const TableSpec& table, const std::string& why) {
  throw Unavailable(
      fmt::format("the warehouse's table {}.{} cannot be used: {}", kSchema, table.name, why));
}

/// Adds the columns that the table does not have yet; those it has must be the catalog's first.
void extend_table(duckdb_connection connection, const TableSpec& table,
                  const std::vector<std::vector<std::string>>& present) {
  if (present.size() > table.columns.size()) {
    refuse_table(table, fmt::format("it has a column {} that this version does not know",
                                    present[table.columns.size()][0]));
  }
  Transaction transaction(connection);
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const ColumnSpec& column = table.columns[i];
    const std::string_view type = sql_name(column.type);
    if (i >= present.size()) {
      // What was begun beside the table has not got the column; it is begun again.
      drop_target(connection, {table, Place::kBeside});
      drop_target(connection, {table, Place::kSecond});
      run(connection, fmt::format("ALTER TABLE {}.{} ADD COLUMN {} {}", kSchema, table.name,
                                  column.name, type));
    } else if (present[i][0] != column.name || present[i][1] != type) {
      refuse_table(table, fmt::format("its column {} is {} {} and not {} {}", i + 1, present[i][0],
                                      present[i][1], column.name, type));
    }
  }
  transaction.commit();
}

void bring_up_table(duckdb_connection connection, const TableSpec& table) {
  const auto present = read_texts(
      connection, fmt::format("SELECT column_name, data_type FROM duckdb_columns() WHERE "
                              "schema_name = '{}' AND table_name = '{}' ORDER BY column_index",
                              kSchema, table.name));
  if (present.empty()) {
    create_table(connection, table);
  } else {
    extend_table(connection, table, present);
  }
  // A table that is not fed any more keeps its position, so it goes on where it was.
  execute(connection, fmt::format("INSERT INTO orderly.source_position SELECT '{0}', "
                                  "'00000000-0000-0000-0000-000000000000', 0, "
                                  "'00000000-0000-0000-0000-000000000000' WHERE NOT EXISTS "
                                  "(FROM orderly.source_position WHERE table_name = '{0}')",
                                  table.name)
                          .c_str());
}

void replace_views(duckdb_connection connection, const std::vector<ViewSpec>& views) {
  Transaction transaction(connection);
  for (const ViewSpec& view : views) {
    run(connection,
        fmt::format("CREATE OR REPLACE VIEW {}.{} AS {}", kSchema, view.name, view.query));
  }
  transaction.commit();
}

}  // namespace

void bring_up_schema(duckdb_connection connection, const Catalog& catalog) {
  check_catalog(catalog);
  migrate(connection);
  for (const TableSpec& table : catalog.tables)
    bring_up_table(connection, table);
  replace_views(connection, catalog.views);
}

}  // namespace orderly::warehouse::duckdb
