#include "warehouse/duckdb/export_source.hpp"

#include <fmt/format.h>

#include <chrono>

namespace orderly::warehouse::duckdb {

Result<ExportSource> export_source(const Catalog& catalog, const ExportRequest& request) {
  const TableSpec* const table = catalog.find_table(request.table);
  const ViewSpec* const view = catalog.find_view(request.table);
  if (table == nullptr && view == nullptr) {
    return invalid("table", "table must be a table or view of the warehouse", "unknown_table");
  }
  const std::string& date_column = table != nullptr ? table->date_column : view->date_column;
  if ((request.from || request.to) && date_column.empty()) {
    const std::string field = request.from ? "from" : "to";
    return invalid(field,
                   fmt::format("{} cannot be given: {} has no date column and is exported whole",
                               field, request.table),
                   "no_date_column");
  }
  // Names of the catalog are plain identifiers (check_catalog).
  ExportSource source{.sql = fmt::format(R"(SELECT * FROM {}."{}")", kSchema,
                                         table != nullptr ? table->name : view->name)};
  std::string_view joint = " WHERE ";
  if (request.from) {
    source.first = request.from;
    source.sql += fmt::format(R"({}"{}" >= ?)", joint, date_column);
    joint = " AND ";
  }
  if (request.to) {
    // The day after, so that a timestamp within the last day belongs to it.
    source.behind = *request.to + std::chrono::days(1);
    source.sql += fmt::format(R"({}"{}" < ?)", joint, date_column);
  }
  return source;
}

}  // namespace orderly::warehouse::duckdb
