#include "warehouse/tables.hpp"

namespace orderly::warehouse {
namespace {

std::vector<ViewSpec> standard_views() {
  return {
      {.name = "product_prices",
       .query = "SELECT product_id, product_name, unit_price, valid_from, lead(valid_from) OVER "
                "(PARTITION BY product_id ORDER BY valid_from) AS valid_to "
                "FROM cqrs_example.product_versions",
       .date_column = "valid_from"},
      {.name = "products",
       .query = "SELECT product_id, product_name, unit_price, valid_from AS changed_at "
                "FROM cqrs_example.product_prices WHERE valid_to IS NULL"},
      {.name = "orders_by_day",
       .query = "SELECT order_date AS day, product_id, count(*) AS orders, "
                "sum(number)::BIGINT AS number, sum(total_price)::HUGEINT AS revenue "
                "FROM cqrs_example.order_information GROUP BY ALL",
       .date_column = "day"},
      {.name = "orders_by_month",
       .query = "SELECT date_trunc('month', day)::DATE AS month, product_id, "
                "sum(orders)::BIGINT AS orders, sum(number)::BIGINT AS number, "
                "sum(revenue)::HUGEINT AS revenue FROM cqrs_example.orders_by_day GROUP BY ALL",
       .date_column = "month"},
  };
}

}  // namespace

const TableSpec& order_information() {
  static const TableSpec table{.name = "order_information",
                               .columns = {{"customer_id", ColumnType::kText},
                                           {"order_id", ColumnType::kText},
                                           {"product_id", ColumnType::kText},
                                           {"product_name", ColumnType::kText},
                                           {"number", ColumnType::kInteger},
                                           {"unit_price", ColumnType::kInteger},
                                           {"total_price", ColumnType::kInteger},
                                           {"order_date", ColumnType::kDate}},
                               .key = "order_id",
                               .date_column = "order_date"};
  return table;
}

void append_order(const Change& change, RowBatch& rows) {
  const events::OrderInfo& info = change.data.info;
  auto& row = change.data.removed ? rows.begin_removal() : rows.begin_row(change.data.replaces);
  row.text(info.customer_id.value)
      .text(info.order_id.value)
      .text(info.product_id.value)
      .text(info.product_name)
      .integer(info.number)
      .integer(info.unit_price)
      .integer(info.total_price)
      .date(info.order_date);
}

const TableSpec& product_versions() {
  static const TableSpec table{.name = "product_versions",
                               .columns = {{"product_id", ColumnType::kText},
                                           {"product_name", ColumnType::kText},
                                           {"unit_price", ColumnType::kInteger},
                                           {"valid_from", ColumnType::kTimestamp}},
                               .date_column = "valid_from"};
  return table;
}

void append_product(const events::Recorded<events::ProductPut>& version, RowBatch& rows) {
  rows.begin_row()
      .text(version.data.product_id.value)
      .text(version.data.product_name)
      .integer(version.data.unit_price)
      .timestamp(version.accepted_at);
}

const TableSpec& dead_letters() {
  static const TableSpec table{.name = "dead_letters",
                               .columns = {{"number", ColumnType::kInteger},
                                           {"kept_at", ColumnType::kTimestamp},
                                           {"order_id", ColumnType::kText},
                                           {"code", ColumnType::kText},
                                           {"reason", ColumnType::kText},
                                           {"message", ColumnType::kText},
                                           {"attempts", ColumnType::kInteger},
                                           {"attempted_at", ColumnType::kTimestamp},
                                           {"redriven_at", ColumnType::kTimestamp},
                                           {"dropped_at", ColumnType::kTimestamp}},
                               .key = "number",
                               .date_column = "kept_at"};
  return table;
}

void append_dead_letter(const events::Recorded<events::DeadLetterPut>& letter, RowBatch& rows) {
  const events::DeadLetterPut& data = letter.data;
  const auto text = [&](const std::string& value) {
    value.empty() ? rows.null() : rows.text(value);
  };
  const auto time = [&](const std::optional<UtcTime>& value) {
    value ? rows.timestamp(*value) : rows.null();
  };
  const bool again = data.attempts > 1 || data.redriven_at || data.dropped_at;
  rows.begin_row(again).integer(data.number).timestamp(data.kept_at);
  text(data.order_id);
  rows.text(data.code).text(data.reason);
  text(data.message);
  rows.integer(data.attempts).timestamp(data.attempted_at);
  time(data.redriven_at);
  time(data.dropped_at);
}

const Catalog& standard_catalog() {
  static const Catalog catalog{.tables = {order_information(), product_versions(), dead_letters()},
                               .views = standard_views()};
  return catalog;
}

}  // namespace orderly::warehouse
