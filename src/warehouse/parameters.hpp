#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"
#include "warehouse/result_table.hpp"

/// Values that a statement names by `?`, `$1` or `$name`. They reach the engine as values, never as
/// text of the statement.
namespace orderly::warehouse {

inline constexpr std::size_t kMaxParameters = 100;

enum class ParameterType : std::uint8_t {
  kNull,
  kBoolean,
  kInteger,    ///< BIGINT
  kReal,       ///< DOUBLE
  kText,       ///< VARCHAR
  kDate,       ///< text YYYY-MM-DD
  kTimestamp,  ///< text, RFC 3339; UTC
  kDecimal,    ///< text, up to 38 digits
};

struct Parameter {
  std::string name;  ///< empty: its place in the list says which one it is
  ParameterType type = ParameterType::kNull;
  Cell value;  ///< of kDate and below: the checked text

  bool operator==(const Parameter&) const = default;
};
using Parameters = std::vector<Parameter>;

/// The member `parameters` of a query: a list, or an object of names. A value is JSON's own (an
/// integer, true, null, a string, another number) or `{"type":"DATE","value":"2021-02-14"}` with
/// any type of parse_parameter. kInvalid naming the parameter.
Result<Parameters> parse_parameters(const json::Value& value);
/// Writes what parse_parameters reads.
void append_json(json::Writer& out, const Parameters& parameters);

/// As bq has it: `name:type:value`, `:type:value` for one by its place, `name::value` for text.
/// Types are BOOL, INT64, FLOAT64, STRING, DATE, TIMESTAMP, NUMERIC and DuckDB's names for them;
/// the value NULL is null. kInvalid.
Result<Parameter> parse_parameter(std::string_view flag);

}  // namespace orderly::warehouse
