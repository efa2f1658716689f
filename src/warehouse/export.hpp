#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/dates.hpp"

namespace orderly::warehouse {

/// An export that takes longer is interrupted.
inline constexpr std::chrono::milliseconds kMaxExportTime{600'000};
/// All exports that are kept, in one folder: the oldest go when there are more …
inline constexpr std::size_t kMaxExports = 100;
/// … or they have more bytes together. A single export does not grow beyond it.
inline constexpr std::uint64_t kMaxExportBytes = std::uint64_t{10} * 1024 * 1024 * 1024;

enum class ExportFormat : std::uint8_t { kParquet, kCsv };
/// "parquet", "csv"; also the suffix of files.
std::string_view to_string(ExportFormat format);
std::optional<ExportFormat> parse_export_format(std::string_view text);

/// A table or view of the catalog, whole or the days of its date column from `from` to `to`, both
/// inclusive (of a timestamp: the days in UTC).
struct ExportRequest {
  std::string table = "order_information";
  std::optional<Date> from = {};
  std::optional<Date> to = {};
  ExportFormat format = ExportFormat::kParquet;
  std::string file = {};  ///< absolute, never a caller's; its folder exists
  std::uint64_t max_bytes = kMaxExportBytes;
  std::chrono::milliseconds timeout = kMaxExportTime;

  bool operator==(const ExportRequest&) const = default;
};

struct Exported {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;

  bool operator==(const Exported&) const = default;
};

/// Behind the name of a file that is not whole yet.
inline constexpr std::string_view kUnfinishedSuffix = ".unfinished";

}  // namespace orderly::warehouse
