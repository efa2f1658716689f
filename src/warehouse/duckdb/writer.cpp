#include "warehouse/duckdb/writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>
#include <string>
#include <string_view>
#include <unordered_set>

namespace orderly::warehouse::duckdb {
namespace {

void require(duckdb_state state, const std::string& what, const char* message) {
  if (state == DuckDBError) raise(what, message);
}

std::string_view text_at(duckdb_data_chunk chunk, idx_t column, idx_t row) {
  auto* const texts = static_cast<duckdb_string_t*>(
      duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, column)));
  return {duckdb_string_t_data(&texts[row]), duckdb_string_t_length(texts[row])};
}

/// The changes that are in force after the batch: of an order that is replaced, the last one.
struct Plan {
  std::vector<const Change*> rows;
  std::vector<std::string_view> replaced;  ///< order ids whose earlier rows go
};

Plan plan_load(const std::vector<Change>& changes) {
  Plan plan;
  std::unordered_set<std::string_view> replaced;
  for (const Change& change : std::views::reverse(changes)) {
    const std::string_view order_id = change.data.info.order_id.value;
    if (replaced.contains(order_id)) continue;
    plan.rows.push_back(&change);
    if (change.data.replaces) replaced.insert(order_id);
  }
  std::ranges::reverse(plan.rows);
  plan.replaced.assign(replaced.begin(), replaced.end());
  return plan;
}

void delete_orders(duckdb_connection connection, const std::vector<std::string_view>& order_ids) {
  if (order_ids.empty()) return;
  Prepared statement;
  require(duckdb_prepare(connection,
                         "DELETE FROM cqrs_example.order_information WHERE order_id IN "
                         "(SELECT unnest($1::VARCHAR[]))",
                         statement.out()),
          "the warehouse cannot prepare a delete", duckdb_prepare_error(statement.get()));
  std::vector<Value> owned;
  std::vector<duckdb_value> values;
  for (const std::string_view id : order_ids) {
    owned.emplace_back(duckdb_create_varchar_length(id.data(), id.size()));
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

/// Puts rows into the table within the connection's transaction.
class Appender {
 public:
  explicit Appender(duckdb_connection connection) {
    check(duckdb_appender_create(connection, "cqrs_example", "order_information", &appender_));
  }
  Appender(const Appender&) = delete;
  Appender& operator=(const Appender&) = delete;
  ~Appender() { duckdb_appender_destroy(&appender_); }

  void add(const events::OrderInfo& row) {
    text(row.customer_id.value);
    text(row.order_id.value);
    text(row.product_id.value);
    text(row.product_name);
    check(duckdb_append_int64(appender_, row.number));
    check(duckdb_append_int64(appender_, row.unit_price));
    check(duckdb_append_int64(appender_, row.total_price));
    const auto days = static_cast<std::int32_t>(row.order_date.time_since_epoch().count());
    check(duckdb_append_date(appender_, duckdb_date{days}));
    check(duckdb_appender_end_row(appender_));
  }
  void close() { check(duckdb_appender_close(appender_)); }

 private:
  void text(const std::string& value) {
    check(duckdb_append_varchar_length(appender_, value.data(), value.size()));
  }
  void check(duckdb_state state) {
    if (state == DuckDBError) {
      raise("the warehouse cannot append", duckdb_appender_error(appender_));
    }
  }

  duckdb_appender appender_ = nullptr;
};

void append_rows(duckdb_connection connection, const std::vector<const Change*>& rows) {
  if (rows.empty()) return;
  Appender appender(connection);
  for (const Change* change : rows)
    appender.add(change->data.info);
  appender.close();
}

}  // namespace

Cursor read_position(duckdb_connection connection) {
  ResultSet result;
  execute(connection, "SELECT epoch, event_id, position FROM orderly.load_position", result);
  const Chunk chunk = result.fetch();
  if (chunk.get() == nullptr || duckdb_data_chunk_get_size(chunk.get()) != 1) {
    throw Unavailable("the warehouse has lost its position");
  }
  const auto epoch = Uuid::parse(text_at(chunk.get(), 0, 0));
  const auto event_id = Uuid::parse(text_at(chunk.get(), 1, 0));
  if (!epoch || !event_id) throw Unavailable("the warehouse has lost its position");
  const auto* position = static_cast<const std::int64_t*>(
      duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk.get(), 2)));
  return {*epoch, *position, *event_id};
}

bool load_changes(duckdb_connection connection, const std::vector<Change>& changes,
                  const Cursor& from, const Cursor& to) {
  execute(connection, "BEGIN TRANSACTION");
  if (read_position(connection) != from) {
    execute(connection, "ROLLBACK");
    return false;
  }
  const Plan plan = plan_load(changes);
  delete_orders(connection, plan.replaced);
  append_rows(connection, plan.rows);
  execute(
      connection,
      fmt::format("UPDATE orderly.load_position SET epoch = '{}', position = {}, event_id = '{}'",
                  to.epoch.to_string(), to.position, to.event_id.to_string())
          .c_str());
  execute(connection, "COMMIT");
  return true;
}

bool has_order(duckdb_connection connection, const OrderId& order_id) {
  Prepared statement;
  require(duckdb_prepare(connection,
                         "SELECT 1 FROM cqrs_example.order_information WHERE order_id = $1 LIMIT 1",
                         statement.out()),
          "the warehouse cannot prepare a look-up", duckdb_prepare_error(statement.get()));
  require(
      duckdb_bind_varchar_length(statement.get(), 1, order_id.value.data(), order_id.value.size()),
      "the warehouse cannot bind an order_id", "");
  ResultSet result;
  require(duckdb_execute_prepared(statement.get(), result.get()), "the warehouse cannot look up",
          result.error());
  const Chunk chunk = result.fetch();
  return chunk.get() != nullptr && duckdb_data_chunk_get_size(chunk.get()) > 0;
}

}  // namespace orderly::warehouse::duckdb
