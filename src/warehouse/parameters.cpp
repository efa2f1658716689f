#include "warehouse/parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "base/dates.hpp"
#include "base/text.hpp"

namespace orderly::warehouse {
namespace {

constexpr std::size_t kMaxNameBytes = 128;
constexpr std::size_t kMaxDecimalDigits = 38;

struct TypeName {
  std::string_view name;
  ParameterType type;
};
/// The first name of each type is the one that is written.
constexpr std::array<TypeName, 16> kTypeNames = {{{"BOOLEAN", ParameterType::kBoolean},
                                                  {"BOOL", ParameterType::kBoolean},
                                                  {"BIGINT", ParameterType::kInteger},
                                                  {"INT64", ParameterType::kInteger},
                                                  {"INTEGER", ParameterType::kInteger},
                                                  {"DOUBLE", ParameterType::kReal},
                                                  {"FLOAT64", ParameterType::kReal},
                                                  {"FLOAT", ParameterType::kReal},
                                                  {"VARCHAR", ParameterType::kText},
                                                  {"STRING", ParameterType::kText},
                                                  {"DATE", ParameterType::kDate},
                                                  {"TIMESTAMP", ParameterType::kTimestamp},
                                                  {"DATETIME", ParameterType::kTimestamp},
                                                  {"DECIMAL", ParameterType::kDecimal},
                                                  {"NUMERIC", ParameterType::kDecimal},
                                                  {"NULL", ParameterType::kNull}}};

std::optional<ParameterType> type_of(std::string_view name) {
  for (const TypeName& known : kTypeNames) {
    if (equals_ignoring_case(known.name, name)) return known.type;
  }
  return std::nullopt;
}

std::string_view name_of(ParameterType type) {
  return std::ranges::find(kTypeNames, type, &TypeName::type)->name;
}

bool is_name(std::string_view name) {
  const auto allowed = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
  };
  return !name.empty() && name.size() <= kMaxNameBytes &&
         std::isdigit(static_cast<unsigned char>(name[0])) == 0 &&
         std::ranges::all_of(name, allowed);
}

bool is_decimal(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const auto digits = static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return c >= '0' && c <= '9'; }));
  const bool one_point = text.size() - digits <= 1 && (text.size() == digits || text.contains('.'));
  return digits >= 1 && digits <= kMaxDecimalDigits && one_point && text.front() != '.' &&
         text.back() != '.';
}

/// `text` as a value of `type`; nothing where it is none.
std::optional<Cell> value_of(ParameterType type, std::string_view text) {
  const std::string kept(text);
  switch (type) {
    case ParameterType::kNull:
      return text.empty() ? std::optional(Cell{}) : std::nullopt;
    case ParameterType::kBoolean:
      if (equals_ignoring_case(text, "true")) return Cell(true);
      if (equals_ignoring_case(text, "false")) return Cell(false);
      return std::nullopt;
    case ParameterType::kInteger: {
      const auto value = parse_int64(text);
      return value ? std::optional(Cell(*value)) : std::nullopt;
    }
    case ParameterType::kReal: {
      double value = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      const bool all = error == std::errc() && end == text.data() + text.size();
      return all && !text.empty() && std::isfinite(value) ? std::optional(Cell(value))
                                                          : std::nullopt;
    }
    case ParameterType::kText:
      return Cell(kept);
    case ParameterType::kDate:
      return parse_date(text) ? std::optional(Cell(kept)) : std::nullopt;
    case ParameterType::kTimestamp:
      return parse_rfc3339(text) ? std::optional(Cell(kept)) : std::nullopt;
    case ParameterType::kDecimal:
      return is_decimal(text) ? std::optional(Cell(kept)) : std::nullopt;
  }
  return std::nullopt;
}

std::unexpected<Error> wrong(std::string_view which, std::string_view what) {
  return invalid("parameters", fmt::format("the parameter {} {}", which, what));
}

Result<Parameter> parse_typed(std::string name, const json::Value& object, std::string_view which) {
  bool known_members = true;
  object.for_each_member([&](std::string_view key, const json::Value&) {
    known_members = known_members && (key == "type" || key == "value");
  });
  const auto type_name = object.string_at("type");
  const auto value = object.find("value");
  if (!type_name || !value || !known_members) {
    return wrong(which, "must be a value, or an object of a type and a value");
  }
  const auto type = type_of(*type_name);
  if (!type) return wrong(which, fmt::format("has the unknown type {}", *type_name));
  Parameter made{std::move(name), *type, {}};
  if (value->is_null()) {
    made.type = ParameterType::kNull;
    return made;
  }
  // A string may stand for any type; a number or boolean for what it is.
  const auto text = value->as_string();
  const auto cell = value_of(*type, text ? *text : value->to_json());
  if (!cell || (!text && *type == ParameterType::kText)) {
    return wrong(which, fmt::format("is no {}", name_of(*type)));
  }
  made.value = *cell;
  return made;
}

Result<Parameter> parse_value(std::string name, const json::Value& value, std::string_view which) {
  switch (value.kind()) {
    case json::Value::Kind::kNull:
      return Parameter{std::move(name), ParameterType::kNull, {}};
    case json::Value::Kind::kBool:
      return Parameter{std::move(name), ParameterType::kBoolean, Cell(*value.as_bool())};
    case json::Value::Kind::kInt:
      return Parameter{std::move(name), ParameterType::kInteger, Cell(*value.as_int())};
    case json::Value::Kind::kReal:
      if (!std::isfinite(*value.as_real())) return wrong(which, "is beyond the range of DOUBLE");
      return Parameter{std::move(name), ParameterType::kReal, Cell(*value.as_real())};
    case json::Value::Kind::kString:
      return Parameter{std::move(name), ParameterType::kText,
                       Cell(std::string(*value.as_string()))};
    case json::Value::Kind::kObject:
      return parse_typed(std::move(name), value, which);
    default:
      return wrong(which, "must not be a list");
  }
}

void append_value(json::Writer& out, const Parameter& parameter) {
  if (parameter.type == ParameterType::kNull) {
    out.null();
    return;
  }
  out.begin_object().member("type", name_of(parameter.type)).key("value");
  if (const auto* const text = std::get_if<std::string>(&parameter.value)) out.string(*text);
  if (const auto* const integer = std::get_if<std::int64_t>(&parameter.value)) {
    out.integer(*integer);
  }
  if (const auto* const real = std::get_if<double>(&parameter.value)) out.real(*real);
  if (const auto* const flag = std::get_if<bool>(&parameter.value)) out.boolean(*flag);
  out.end_object();
}

}  // namespace

Result<Parameters> parse_parameters(const json::Value& value) {
  Parameters parameters;
  std::optional<Error> error;
  std::set<std::string, std::less<>> names;
  const auto add = [&](std::string name, const json::Value& each, const std::string& which) {
    if (error) return;
    auto parameter = parse_value(std::move(name), each, which);
    if (parameter) {
      parameters.push_back(std::move(*parameter));
    } else {
      error = parameter.error();
    }
  };
  if (!value.is_array() && !value.is_object()) {
    return invalid("parameters", "parameters must be a list or an object", "wrong_type");
  }
  if (value.size() > kMaxParameters) {
    return invalid("parameters", fmt::format("there may be {} parameters", kMaxParameters));
  }
  for (std::size_t i = 0; value.is_array() && i < value.size(); ++i)
    add("", value.at(i), fmt::format("{}", i + 1));
  value.for_each_member([&](std::string_view name, const json::Value& each) {
    if (error) return;
    if (!is_name(name) || !names.emplace(name).second) {
      error = wrong(name, "must have a name of letters, digits and _ that is used once").error();
      return;
    }
    add(std::string(name), each, std::string(name));
  });
  if (error) return std::unexpected(*error);
  return parameters;
}

void append_json(json::Writer& out, const Parameters& parameters) {
  const bool named = !parameters.empty() && !parameters.front().name.empty();
  named ? out.begin_object() : out.begin_array();
  for (const Parameter& parameter : parameters) {
    if (named) out.key(parameter.name);
    append_value(out, parameter);
  }
  named ? out.end_object() : out.end_array();
}

Result<Parameter> parse_parameter(std::string_view flag) {
  const auto first = flag.find(':');
  const auto second = first == std::string_view::npos ? first : flag.find(':', first + 1);
  if (second == std::string_view::npos) {
    return invalid("--parameter", fmt::format("expected name:type:value, got '{}'", flag));
  }
  const std::string_view name = flag.substr(0, first);
  const std::string_view type_name = flag.substr(first + 1, second - first - 1);
  const std::string_view text = flag.substr(second + 1);
  if (!name.empty() && !is_name(name)) {
    return invalid("--parameter", fmt::format("'{}' is no name for a parameter", name));
  }
  const auto type = type_name.empty() ? std::optional(ParameterType::kText) : type_of(type_name);
  if (!type) return invalid("--parameter", fmt::format("the type {} is not known", type_name));
  Parameter made{std::string(name), *type, {}};
  if (text == "NULL") {
    made.type = ParameterType::kNull;
    return made;
  }
  const auto cell = value_of(*type, text);
  if (!cell) {
    return invalid("--parameter", fmt::format("'{}' is no {}", text, name_of(*type)));
  }
  made.value = *cell;
  return made;
}

}  // namespace orderly::warehouse
