#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What the warehouse holds, as values: tables that are fed from somewhere, and views over them.
///
/// To add a table, say what it looks like, say where its rows come from (row_source.hpp), and give
/// both to the composition root:
///
///     const TableSpec kCancelled{.name = "order_cancelled",
///                                .columns = {{"order_id", ColumnType::kText},
///                                            {"cancelled_at", ColumnType::kTimestamp}},
///                                .key = "order_id",
///                                .date_column = "cancelled_at"};
///
/// The store makes the table when it is opened next and keeps its position from then on. A later
/// version may add columns at the end (earlier rows have NULL there) and nothing else.
namespace orderly::warehouse {

/// The schema of every fed table and view.
inline constexpr std::string_view kSchema = "cqrs_example";

enum class ColumnType : std::uint8_t {
  kText,       ///< VARCHAR, valid UTF-8
  kInteger,    ///< BIGINT
  kReal,       ///< DOUBLE
  kBoolean,    ///< BOOLEAN
  kDate,       ///< DATE
  kTimestamp,  ///< TIMESTAMP, UTC in microseconds
};
/// As SQL names it.
std::string_view sql_name(ColumnType type);

struct ColumnSpec {
  std::string name;
  ColumnType type = ColumnType::kText;

  bool operator==(const ColumnSpec&) const = default;
};

/// A table with a source of its own. Names are of lower-case letters, digits and `_`; none ends
/// with kSecondSuffix.
struct TableSpec {
  std::string name;
  std::vector<ColumnSpec> columns;  ///< 1…kMaxColumns
  /// The kText or kInteger column by which a row takes the place of an earlier one
  /// (RowBatch::begin_row); empty where rows are only ever added.
  std::string key = {};
  /// The kDate or kTimestamp column that an export's range is about; empty: exported whole only.
  std::string date_column = {};

  bool operator==(const TableSpec&) const = default;
};
inline constexpr std::size_t kMaxColumns = 64;

/// A query with a name.
struct ViewSpec {
  std::string name;
  std::string query;             ///< one SELECT; tables with their schema
  std::string date_column = {};  ///< as of a table

  bool operator==(const ViewSpec&) const = default;
};

struct Catalog {
  std::vector<TableSpec> tables;
  std::vector<ViewSpec> views;  ///< each may use the tables and the views before it

  /// Null where there is none of that name.
  [[nodiscard]] const TableSpec* find_table(std::string_view name) const;
  [[nodiscard]] const ViewSpec* find_view(std::string_view name) const;
  bool operator==(const Catalog&) const = default;
};

/// Ends the process where a catalog breaks a rule above: it is part of the program.
void check_catalog(const Catalog& catalog);

}  // namespace orderly::warehouse
