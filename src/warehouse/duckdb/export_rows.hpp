#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "warehouse/duckdb/export_source.hpp"
#include "warehouse/duckdb/handles.hpp"

/// Private to export_writer.cpp.
namespace orderly::warehouse::duckdb {

struct ExportColumn {
  std::string name;
  LogicalType type;
};

/// The rows of an export, as they are read in one READ ONLY transaction.
class ExportRows {
 public:
  /// `connection` is of no more use afterwards. Throws Unavailable.
  ExportRows(duckdb_connection connection, const ExportSource& source);

  [[nodiscard]] const std::vector<ExportColumn>& columns() const { return columns_; }
  /// Puts the next rows into `out`, none at the end. False: they cannot be read, see failure().
  bool read_into(duckdb_data_chunk out);
  [[nodiscard]] std::uint64_t rows() const { return count_; }
  /// What DuckDB said; empty: nothing has failed.
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  void bind(const ExportSource& source);

  Prepared statement_;
  Pending pending_;
  ResultSet result_;
  std::vector<ExportColumn> columns_;
  Chunk chunk_;  ///< whose memory the chunk that was filled last refers to
  std::uint64_t count_ = 0;
  std::string failure_;
};

}  // namespace orderly::warehouse::duckdb
