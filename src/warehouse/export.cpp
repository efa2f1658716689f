#include "warehouse/export.hpp"

namespace orderly::warehouse {

std::string_view to_string(ExportFormat format) {
  return format == ExportFormat::kCsv ? "csv" : "parquet";
}

std::optional<ExportFormat> parse_export_format(std::string_view text) {
  for (const auto format : {ExportFormat::kParquet, ExportFormat::kCsv}) {
    if (text == to_string(format)) return format;
  }
  return std::nullopt;
}

}  // namespace orderly::warehouse
