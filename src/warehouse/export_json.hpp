#pragma once

#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "warehouse/export.hpp"

/// The wire form of exports.
namespace orderly::warehouse {

/// What a caller asks for, with the name that the export gets.
struct ExportOrder {
  ExportRequest request;  ///< without its file
  std::string name;

  bool operator==(const ExportOrder&) const = default;
};

/// 1–64 of a-z, 0-9, `-`, `_`.
bool is_export_name(std::string_view name);

/// The body of POST /api/v1/warehouse/export. Strict; kInvalid names the field. `last` becomes the
/// day or the month before the one of `now`, in UTC; a name that is not given is made of table,
/// range and `now`.
Result<ExportOrder> parse_export_order(std::string_view json, UtcTime now);

}  // namespace orderly::warehouse
