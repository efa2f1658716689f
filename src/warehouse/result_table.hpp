#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/position.hpp"

/// A result as values: what an engine's rows are made of, and what a client reads out of an answer.
namespace orderly::warehouse {

/// A value of a result. Integers of any width that fit are std::int64_t; NULL is monostate; what
/// has no type here (decimals, dates, lists, larger integers …) is its text.
using Cell = std::variant<std::monostate, bool, std::int64_t, double, std::string>;
using Row = std::vector<Cell>;

struct Column {
  std::string name;
  std::string type;  ///< as the engine names it, e.g. BIGINT

  bool operator==(const Column&) const = default;
};

struct ResultTable {
  std::vector<Column> columns;
  std::vector<Row> rows;
  bool truncated = false;
  Position position = 0;

  bool operator==(const ResultTable&) const = default;
};

}  // namespace orderly::warehouse
