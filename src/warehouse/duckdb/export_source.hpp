#pragma once

#include <optional>
#include <string>

#include "base/result.hpp"
#include "warehouse/export.hpp"
#include "warehouse/table.hpp"

namespace orderly::warehouse::duckdb {

/// The rows of an export as SQL: names of the catalog alone, no word of the caller's. Its
/// parameters are the dates, in this order, each where it was given.
struct ExportSource {
  std::string sql;
  std::optional<Date> first = {};   ///< inclusive
  std::optional<Date> behind = {};  ///< exclusive
};

/// kInvalid as Warehouse::export_to.
Result<ExportSource> export_source(const Catalog& catalog, const ExportRequest& request);

}  // namespace orderly::warehouse::duckdb
