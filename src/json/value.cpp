#include "json/value.hpp"

#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <utility>

#include "json/parse_options.hpp"

namespace orderly::json {
namespace {

const boost::json::value& of(const std::shared_ptr<const void>& node) {
  return *static_cast<const boost::json::value*>(node.get());
}

std::string_view view(boost::json::string_view text) { return {text.data(), text.size()}; }

/// `inner` as part of the document that `node` keeps alive.
std::shared_ptr<const void> within(const std::shared_ptr<const void>& node,
                                   const boost::json::value& inner) {
  return {node, &inner};
}

}  // namespace

Result<Value> Value::parse(std::string_view text) {
  boost::json::parser parser({}, strict_options());
  boost::json::error_code error;
  const std::size_t used = parser.write_some(text.data(), text.size(), error);
  if (!error && used < text.size()) error = boost::json::error::extra_data;
  if (error) return std::unexpected(syntax_error(text, used, error));
  return Value(std::make_shared<const boost::json::value>(parser.release()));
}

Value::Kind Value::kind() const {
  switch (of(node_).kind()) {
    case boost::json::kind::null:
      return Kind::kNull;
    case boost::json::kind::bool_:
      return Kind::kBool;
    case boost::json::kind::int64:
      return Kind::kInt;
    case boost::json::kind::uint64:  // only beyond int64
    case boost::json::kind::double_:
      return Kind::kReal;
    case boost::json::kind::string:
      return Kind::kString;
    case boost::json::kind::array:
      return Kind::kArray;
    case boost::json::kind::object:
      return Kind::kObject;
  }
  std::unreachable();
}

std::optional<Value> Value::find(std::string_view key) const {
  const auto* object = of(node_).if_object();
  if (object == nullptr) return std::nullopt;
  const auto* member = object->if_contains({key.data(), key.size()});
  if (member == nullptr) return std::nullopt;
  return Value(within(node_, *member));
}

std::optional<std::string_view> Value::as_string() const {
  const auto* text = of(node_).if_string();
  if (text == nullptr) return std::nullopt;
  return std::string_view(text->data(), text->size());
}

std::optional<std::int64_t> Value::as_int() const {
  const auto* number = of(node_).if_int64();
  if (number == nullptr) return std::nullopt;
  return *number;
}

std::optional<double> Value::as_real() const {
  const auto& value = of(node_);
  if (const auto* number = value.if_double()) return *number;
  if (const auto* number = value.if_int64()) return static_cast<double>(*number);
  if (const auto* number = value.if_uint64()) return static_cast<double>(*number);
  return std::nullopt;
}

std::optional<bool> Value::as_bool() const {
  const auto* flag = of(node_).if_bool();
  if (flag == nullptr) return std::nullopt;
  return *flag;
}

std::optional<std::string_view> Value::string_at(std::string_view key) const {
  const auto member = find(key);
  return member ? member->as_string() : std::nullopt;
}

std::optional<std::int64_t> Value::int_at(std::string_view key) const {
  const auto member = find(key);
  return member ? member->as_int() : std::nullopt;
}

std::size_t Value::size() const {
  if (const auto* array = of(node_).if_array()) return array->size();
  if (const auto* object = of(node_).if_object()) return object->size();
  return 0;
}

Value Value::at(std::size_t index) const {
  return Value(within(node_, of(node_).get_array()[index]));
}

void Value::for_each_member(const std::function<void(std::string_view, Value)>& visit) const {
  const auto* object = of(node_).if_object();
  if (object == nullptr) return;
  for (const auto& member : *object) {
    visit(view(member.key()), Value(within(node_, member.value())));
  }
}

std::string Value::to_json() const { return boost::json::serialize(of(node_)); }

}  // namespace orderly::json
