#include "warehouse/table.hpp"

#include <algorithm>
#include <set>

#include "base/check.hpp"
#include "warehouse/second.hpp"

namespace orderly::warehouse {
namespace {

bool is_identifier(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !name.empty() && name.size() <= 63 && (name[0] < '0' || name[0] > '9') &&
         std::ranges::all_of(name, allowed);
}

const ColumnSpec* find_column(const TableSpec& table, std::string_view name) {
  const auto found = std::ranges::find(table.columns, name, &ColumnSpec::name);
  return found == table.columns.end() ? nullptr : &*found;
}

void check_table(const TableSpec& table) {
  ORDERLY_CHECK(is_identifier(table.name), "a table's name is a plain identifier");
  ORDERLY_CHECK(!table.name.ends_with(kSecondSuffix), "a rebuild's tables have such names");
  ORDERLY_CHECK(!table.columns.empty() && table.columns.size() <= kMaxColumns,
                "a table has 1 to kMaxColumns columns");
  std::set<std::string> names;
  for (const ColumnSpec& column : table.columns) {
    ORDERLY_CHECK(is_identifier(column.name), "a column's name is a plain identifier");
    ORDERLY_CHECK(names.insert(column.name).second, "a column's name is used once");
  }
  if (!table.key.empty()) {
    const ColumnSpec* const key = find_column(table, table.key);
    ORDERLY_CHECK(
        key != nullptr && (key->type == ColumnType::kText || key->type == ColumnType::kInteger),
        "a key is a column of texts or integers");
  }
  if (!table.date_column.empty()) {
    const ColumnSpec* const date = find_column(table, table.date_column);
    ORDERLY_CHECK(date != nullptr &&
                      (date->type == ColumnType::kDate || date->type == ColumnType::kTimestamp),
                  "a date column holds dates or timestamps");
  }
}

}  // namespace

std::string_view sql_name(ColumnType type) {
  switch (type) {
    case ColumnType::kText:
      return "VARCHAR";
    case ColumnType::kInteger:
      return "BIGINT";
    case ColumnType::kReal:
      return "DOUBLE";
    case ColumnType::kBoolean:
      return "BOOLEAN";
    case ColumnType::kDate:
      return "DATE";
    case ColumnType::kTimestamp:
      return "TIMESTAMP";
  }
  return "VARCHAR";
}

const TableSpec* Catalog::find_table(std::string_view name) const {
  const auto found = std::ranges::find(tables, name, &TableSpec::name);
  return found == tables.end() ? nullptr : &*found;
}

const ViewSpec* Catalog::find_view(std::string_view name) const {
  const auto found = std::ranges::find(views, name, &ViewSpec::name);
  return found == views.end() ? nullptr : &*found;
}

void check_catalog(const Catalog& catalog) {
  std::set<std::string> names;
  for (const TableSpec& table : catalog.tables) {
    check_table(table);
    ORDERLY_CHECK(names.insert(table.name).second, "a table's name is used once");
  }
  for (const ViewSpec& view : catalog.views) {
    ORDERLY_CHECK(is_identifier(view.name), "a view's name is a plain identifier");
    ORDERLY_CHECK(names.insert(view.name).second, "a view's name is used once");
  }
}

}  // namespace orderly::warehouse
