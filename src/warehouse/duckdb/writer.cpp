#include "warehouse/duckdb/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/check.hpp"
#include "warehouse/duckdb/target.hpp"
#include "warehouse/duckdb/transaction.hpp"

namespace orderly::warehouse::duckdb {
namespace {

void require(duckdb_state state, const std::string& what, const char* message) {
  if (state == DuckDBError) raise(what, message);
}

/// Which rows of a batch are in force after it: of a key that is replaced, the last one.
struct Plan {
  std::vector<bool> skipped;               ///< by row
  std::vector<std::string_view> replaced;  ///< keys whose earlier rows go
  std::deque<std::string> numbers;         ///< what `replaced` views where keys are integers
};

Plan plan_load(const TableSpec& table, const RowBatch& rows) {
  const auto key_column = static_cast<std::size_t>(
      std::ranges::find(table.columns, table.key, &ColumnSpec::name) - table.columns.begin());
  ORDERLY_CHECK(key_column < table.columns.size(), "rows are replaced in tables with a key");
  struct Row {
    std::string_view key;
    bool replaces = false;
    bool removes = false;
  };
  std::vector<Row> keys;
  std::deque<std::string> numbers;
  for (RowReader reader(rows); reader.next_row();) {
    RowReader::Value value;
    for (std::size_t i = 0; i <= key_column; ++i)
      value = reader.next_value();
    std::string_view key = value.text;
    if (value.type == ColumnType::kInteger) {
      key = numbers.emplace_back(std::to_string(value.integer));
    }
    keys.push_back({key, reader.replaces(), reader.removes()});
  }
  Plan plan{
      .skipped = std::vector<bool>(keys.size()), .replaced = {}, .numbers = std::move(numbers)};
  std::unordered_set<std::string_view> replaced;
  for (std::size_t i = keys.size(); i-- > 0;) {
    plan.skipped[i] = keys[i].removes || replaced.contains(keys[i].key);
    if (keys[i].replaces) replaced.insert(keys[i].key);
  }
  plan.replaced.assign(replaced.begin(), replaced.end());
  return plan;
}

void delete_rows(duckdb_connection connection, const Target& target,
                 const std::vector<std::string_view>& keys) {
  if (keys.empty()) return;
  const TableSpec& table = target.table;
  const auto key_column = std::ranges::find(table.columns, table.key, &ColumnSpec::name);
  Prepared statement;
  const std::string sql =
      fmt::format("DELETE FROM {} WHERE {} IN (SELECT unnest($1::VARCHAR[])::{})",
                  target.full_name(), table.key, sql_name(key_column->type));
  require(duckdb_prepare(connection, sql.c_str(), statement.out()),
          "the warehouse cannot prepare a delete", duckdb_prepare_error(statement.get()));
  std::vector<Value> owned;
  std::vector<duckdb_value> values;
  for (const std::string_view key : keys) {
    owned.emplace_back(duckdb_create_varchar_length(key.data(), key.size()));
    values.push_back(owned.back().get());
  }
  const LogicalType text(duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR));
  const Value list(duckdb_create_list_value(text.get(), values.data(), values.size()));
  require(duckdb_bind_value(statement.get(), 1, list.get()), "the warehouse cannot bind a list",
          "");
  ResultSet result;
  require(duckdb_execute_prepared(statement.get(), result.get()), "the warehouse cannot delete",
          result.error());
}

duckdb_type duckdb_type_of(ColumnType type) {
  switch (type) {
    case ColumnType::kText:
      return DUCKDB_TYPE_VARCHAR;
    case ColumnType::kInteger:
      return DUCKDB_TYPE_BIGINT;
    case ColumnType::kReal:
      return DUCKDB_TYPE_DOUBLE;
    case ColumnType::kBoolean:
      return DUCKDB_TYPE_BOOLEAN;
    case ColumnType::kDate:
      return DUCKDB_TYPE_DATE;
    case ColumnType::kTimestamp:
      return DUCKDB_TYPE_TIMESTAMP;
  }
  return DUCKDB_TYPE_INVALID;
}

Chunk make_chunk(const std::vector<ColumnType>& types) {
  std::vector<LogicalType> owned;
  std::vector<duckdb_logical_type> handles;
  for (const ColumnType type : types) {
    owned.emplace_back(duckdb_create_logical_type(duckdb_type_of(type)));
    handles.push_back(owned.back().get());
  }
  return Chunk(duckdb_create_data_chunk(handles.data(), handles.size()));
}

/// Puts rows into a table within the connection's transaction, a chunk of columns at a time: value
/// by value costs a third more.
class Appender {
 public:
  Appender(duckdb_connection connection, const Target& target, const std::vector<ColumnType>& types)
      : chunk_(make_chunk(types)), capacity_(duckdb_vector_size()), columns_(types.size()) {
    check(duckdb_appender_create(connection, target.schema().c_str(), target.name().c_str(),
                                 &appender_));
    find_columns();
  }
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;
  ~Appender() { duckdb_appender_destroy(&appender_); }

  void add(const RowReader::Value& value) {
    const Column& column = columns_[column_++];
    if (value.is_null) {
      set_null(column);
      return;
    }
    switch (value.type) {
      case ColumnType::kText:
        duckdb_vector_assign_string_element_len(column.vector, row_, value.text.data(),
                                                value.text.size());
        return;
      case ColumnType::kReal:
        put(column, value.real);
        return;
      case ColumnType::kBoolean:
        put(column, value.integer != 0);
        return;
      case ColumnType::kDate:
        put(column, static_cast<std::int32_t>(value.integer));
        return;
      case ColumnType::kInteger:
      case ColumnType::kTimestamp:
        put(column, value.integer);
        return;
    }
  }
  void end_row() {
    column_ = 0;
    if (++row_ == capacity_) append_chunk();
  }
  void close() {
    if (row_ > 0) append_chunk();
    check(duckdb_appender_close(appender_));
  }

 private:
  struct Column {
    duckdb_vector vector = nullptr;
    void* data = nullptr;
  };

  template <class T>
  void put(const Column& column, T value) {
    static_cast<T*>(column.data)[row_] = value;
  }
  void set_null(const Column& column) {
    duckdb_vector_ensure_validity_writable(column.vector);
    duckdb_validity_set_row_invalid(duckdb_vector_get_validity(column.vector), row_);
  }
  void append_chunk() {
    duckdb_data_chunk_set_size(chunk_.get(), row_);
    check(duckdb_append_data_chunk(appender_, chunk_.get()));
    duckdb_data_chunk_reset(chunk_.get());
    find_columns();
    row_ = 0;
  }
  void find_columns() {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      columns_[i].vector = duckdb_data_chunk_get_vector(chunk_.get(), i);
      columns_[i].data = duckdb_vector_get_data(columns_[i].vector);
    }
  }
  void check(duckdb_state state) {
    if (state == DuckDBError) {
      raise("the warehouse cannot append", duckdb_appender_error(appender_));
    }
  }

  Chunk chunk_;
  idx_t capacity_;
  idx_t row_ = 0;
  std::size_t column_ = 0;
  std::vector<Column> columns_;
  duckdb_appender appender_ = nullptr;
};

/// `skipped`: by row; empty: none.
void append_rows(duckdb_connection connection, const Target& target, const RowBatch& rows,
                 const std::vector<bool>& skipped) {
  if (rows.empty()) return;
  Appender appender(connection, target, rows.types());
  const std::size_t columns = target.table.columns.size();
  std::size_t row = 0;
  for (RowReader reader(rows); reader.next_row(); ++row) {
    if (!skipped.empty() && skipped[row]) continue;
    for (std::size_t i = 0; i < columns; ++i)
      appender.add(reader.next_value());
    appender.end_row();
  }
  appender.close();
}

void write_rows(duckdb_connection connection, const Target& target, const RowBatch& rows) {
  if (!rows.replaces_some()) {
    append_rows(connection, target, rows, {});
    return;
  }
  const Plan plan = plan_load(target.table, rows);
  delete_rows(connection, target, plan.replaced);
  append_rows(connection, target, rows, plan.skipped);
}

}  // namespace

Cursor read_position(duckdb_connection connection, const std::string& table) {
  const TableSpec named{.name = table, .columns = {}};
  const auto position = find_position(connection, Target{named});
  if (!position) throw Unavailable("the warehouse has lost its position");
  return *position;
}

Cursor read_position_beside(duckdb_connection connection, const std::string& table) {
  const TableSpec named{.name = table, .columns = {}};
  return find_position(connection, Target{named, Place::kBeside}).value_or(Cursor{});
}

bool load_rows(duckdb_connection connection, const TableSpec& table, const Load& load) {
  const Target target{table, load.place};
  const Target second{table, Place::kSecond};
  Transaction transaction(connection);
  if (load.place == Place::kBeside && load.from == Cursor{}) begin_target(connection, target);
  if (find_position(connection, target) != load.from) return false;
  write_rows(connection, target, load.rows);
  set_position(connection, target, load.to);
  if (load.place == Place::kTable && find_position(connection, second) == load.from) {
    write_rows(connection, second, load.rows);
    set_position(connection, second, load.to);
  }
  transaction.commit();
  return true;
}

bool put_in_place(duckdb_connection connection, const TableSpec& table, const Cursor& from,
                  const Cursor& to) {
  const Target live{table};
  const Target beside{table, Place::kBeside};
  Transaction transaction(connection);
  if (find_position(connection, live) != from || find_position(connection, beside) != to) {
    return false;
  }
  list_taken_out(connection, live, beside, from);
  run(connection, fmt::format("DELETE FROM {}", live.full_name()));
  run(connection, fmt::format("INSERT INTO {} FROM {}", live.full_name(), beside.full_name()));
  set_position(connection, live, to);
  drop_target(connection, beside);
  drop_target(connection, {table, Place::kSecond});
  transaction.commit();
  return true;
}

}  // namespace orderly::warehouse::duckdb
