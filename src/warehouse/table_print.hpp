#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "warehouse/result_table.hpp"

/// Results as Google's `bq query` prints them, byte for byte (bq 2.1: pretty, csv, json).
namespace orderly::warehouse {

enum class TableFormat : std::uint8_t { kTable, kCsv, kJson };

/// `table`, `csv` or `json`.
std::optional<TableFormat> parse_table_format(std::string_view name);

/// The text to print, each line ended; empty where a format prints nothing for a result without
/// rows (table and csv).
///   table  a frame of + - |; headers centred, the odd space to the right; VARCHAR to the left, the
///          rest to the right; NULL; values of several lines take several lines
///   csv    a line of names, then quotes only where needed; NULL is empty
///   json   one line, an array of objects, keys sorted, all values strings, NULL is null
std::string print_result(const ResultTable& result, TableFormat format);

/// Columns that `text` takes on a terminal: 2 for East Asian wide and fullwidth characters and
/// emoji, 0 for combining ones, 1 for the rest (Unicode 14.0, UAX 11 and general categories Mn,
/// Me and Cf).
std::size_t display_width(std::string_view text);

}  // namespace orderly::warehouse
