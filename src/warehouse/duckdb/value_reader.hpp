#pragma once

#include <memory>
#include <string>
#include <vector>

#include "json/writer.hpp"
#include "warehouse/duckdb/handles.hpp"
#include "warehouse/result_table.hpp"

namespace orderly::warehouse::duckdb {

/// Turns the values of one column into cells. Made once a result; for one thread at a time.
///
/// Integers that fit 64 bits, booleans and floating-point numbers keep their type; decimals, larger
/// integers, dates and times become text as DuckDB prints it; lists, structs and maps become
/// compact JSON, as Google's tools print them.
class ValueReader {
 public:
  /// Keeps nothing of `type`.
  explicit ValueReader(duckdb_logical_type type);

  /// As DuckDB writes the type, e.g. `DECIMAL(18,3)`, `STRUCT(a INTEGER, b VARCHAR[])`.
  [[nodiscard]] const std::string& type_name() const { return name_; }
  /// False for types that this version does not know; they must be cast to be shown.
  [[nodiscard]] bool readable() const;
  [[nodiscard]] Cell read(duckdb_vector vector, idx_t row) const;

 private:
  void describe_children(duckdb_logical_type type);
  void name_type(duckdb_logical_type type);
  void add_child(std::string name, duckdb_logical_type type);

  [[nodiscard]] Cell read_scalar(duckdb_vector vector, idx_t row) const;
  [[nodiscard]] std::string read_text(duckdb_vector vector, idx_t row) const;
  void append_json(json::Writer& out, duckdb_vector vector, idx_t row) const;
  void append_list(json::Writer& out, duckdb_vector vector, idx_t row) const;
  void append_struct(json::Writer& out, duckdb_vector vector, idx_t row) const;
  void append_map(json::Writer& out, duckdb_vector vector, idx_t row) const;

  duckdb_type id_;
  duckdb_type storage_;  ///< of decimals and enums: the integer that holds them
  unsigned scale_ = 0;   ///< of decimals
  idx_t array_size_ = 0;
  std::string name_;
  std::vector<std::string> labels_;    ///< of an enum
  std::vector<std::string> names_;     ///< of the children
  std::vector<ValueReader> children_;  ///< of nested types
};

}  // namespace orderly::warehouse::duckdb
