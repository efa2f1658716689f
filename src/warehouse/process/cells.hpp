#pragma once

#include "warehouse/process/frames.hpp"
#include "warehouse/result_table.hpp"

/// Private to this folder: a value of a row or of a parameter in a payload.
namespace orderly::warehouse::process {

inline void put_cell(PayloadWriter& out, const Cell& cell) {
  out.number(static_cast<std::uint8_t>(cell.index()));
  if (const auto* const flag = std::get_if<bool>(&cell)) out.number(*flag);
  if (const auto* const integer = std::get_if<std::int64_t>(&cell)) out.number(*integer);
  if (const auto* const real = std::get_if<double>(&cell)) out.number(*real);
  if (const auto* const text = std::get_if<std::string>(&cell)) out.text(*text);
}

inline Cell take_cell(PayloadReader& in) {
  switch (in.number<std::uint8_t>()) {
    case 1:
      return in.flag();
    case 2:
      return in.number<std::int64_t>();
    case 3:
      return in.number<double>();
    case 4:
      return in.text();
    default:
      return {};
  }
}

}  // namespace orderly::warehouse::process
