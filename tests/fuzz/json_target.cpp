#include "fuzz/target.hpp"
#include "json/reader.hpp"
#include "json/value.hpp"

namespace orderly::fuzz {
namespace {

/// Boost.JSON 1.81 may read a real number as one beside it, and has no JSON for what is infinite.
bool has_real_number(const json::Value& value) {
  bool found = value.kind() == json::Value::Kind::kReal;
  for (std::size_t i = 0; value.is_array() && i < value.size(); ++i)
    found = found || has_real_number(value.at(i));
  value.for_each_member([&](std::string_view, const json::Value& member) {
    found = found || has_real_number(member);
  });
  return found;
}

void json(std::string_view input) {
  const auto value = json::Value::parse(input);
  const auto flat = json::FlatObject::parse(input);
  if (flat) expect(value && value->is_object(), "both readers take the same JSON");
  if (value && value->is_object() && !flat) {
    const auto& code = flat.error().code;
    expect(code == json::kRepeatedField || code == json::kTooManyFields,
           "an object is only refused for its fields");
  }
  if (!value || has_real_number(*value)) return;
  const std::string written = value->to_json();
  const auto again = json::Value::parse(written);
  expect(again.has_value(), "what is written can be read");
  expect(again->to_json() == written, "and says the same");
}

const Registered kJson("json", json);

}  // namespace
}  // namespace orderly::fuzz
