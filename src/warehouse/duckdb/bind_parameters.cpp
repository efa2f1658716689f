#include "warehouse/duckdb/bind_parameters.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "base/dates.hpp"

namespace orderly::warehouse::duckdb {
namespace {

__extension__ using Wide = __int128;

constexpr std::uint8_t kMaxWidth = 38;

/// `text` has been checked: digits, perhaps a minus and a point, at most 38 of them.
Value decimal_value(std::string_view text) {
  const bool negative = text.starts_with('-');
  Wide digits = 0;
  std::uint8_t scale = 0;
  bool behind_point = false;
  for (const char c : text.substr(negative ? 1 : 0)) {
    if (c == '.') {
      behind_point = true;
      continue;
    }
    digits = digits * 10 + (c - '0');
    if (behind_point) ++scale;
  }
  if (negative) digits = -digits;
  const duckdb_hugeint stored{static_cast<std::uint64_t>(digits),
                              static_cast<std::int64_t>(digits >> 64)};
  return Value(duckdb_create_decimal({kMaxWidth, scale, stored}));
}

Value value_of(const Parameter& parameter) {
  const auto text = [&] { return std::get<std::string>(parameter.value); };
  switch (parameter.type) {
    case ParameterType::kNull:
      break;
    case ParameterType::kBoolean:
      return Value(duckdb_create_bool(std::get<bool>(parameter.value)));
    case ParameterType::kInteger:
      return Value(duckdb_create_int64(std::get<std::int64_t>(parameter.value)));
    case ParameterType::kReal:
      return Value(duckdb_create_double(std::get<double>(parameter.value)));
    case ParameterType::kText: {
      const std::string value = text();
      return Value(duckdb_create_varchar_length(value.data(), value.size()));
    }
    case ParameterType::kDate: {
      const auto days = parse_date(text()).value().time_since_epoch().count();
      return Value(duckdb_create_date({static_cast<std::int32_t>(days)}));
    }
    case ParameterType::kTimestamp: {
      const auto micros = parse_rfc3339(text()).value().time_since_epoch().count();
      return Value(duckdb_create_timestamp({micros}));
    }
    case ParameterType::kDecimal:
      return decimal_value(text());
  }
  return Value(duckdb_create_null_value());
}

std::unexpected<Error> wrong(std::string message) {
  return invalid("parameters", std::move(message));
}

}  // namespace

Result<void> bind_parameters(duckdb_prepared_statement statement, const Parameters& parameters) {
  const idx_t wanted = duckdb_nparams(statement);
  if (parameters.size() != wanted) {
    return wrong(
        fmt::format("the query has {} parameters, and {} were given", wanted, parameters.size()));
  }
  for (idx_t i = 0; i < wanted; ++i) {
    const Parameter& parameter = parameters[i];
    idx_t index = i + 1;
    if (!parameter.name.empty() &&
        duckdb_bind_parameter_index(statement, &index, parameter.name.c_str()) == DuckDBError) {
      return wrong(fmt::format("the query has no parameter ${}", parameter.name));
    }
    if (duckdb_bind_value(statement, index, value_of(parameter).get()) == DuckDBError) {
      return wrong(fmt::format("the parameter {} cannot be used here",
                               parameter.name.empty() ? std::to_string(index) : parameter.name));
    }
  }
  return {};
}

}  // namespace orderly::warehouse::duckdb
