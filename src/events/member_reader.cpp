#include "events/member_reader.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/text.hpp"
#include "json/reader.hpp"

namespace orderly::events {

MemberReader::MemberReader(const json::Value& object) : object_(object) {
  if (!object.is_object()) fail("", json::kMalformedJson, "An object is expected.");
}

void MemberReader::fail(std::string_view name, std::string_view code, std::string message) {
  if (error_) return;
  error_ = Error{ErrorKind::kInvalid, std::string(code), std::move(message), std::string(name)};
}

Result<void> MemberReader::finish() {
  if (error_) return std::unexpected(std::move(*error_));
  return {};
}

std::optional<json::Value> MemberReader::member(std::string_view name) {
  if (error_) return std::nullopt;
  auto value = object_.find(name);
  if (!value) fail(name, json::kMissingField, fmt::format("{} is missing.", name));
  return value;
}

std::optional<std::string_view> MemberReader::string(std::string_view name) {
  const auto value = member(name);
  if (!value) return std::nullopt;
  const auto text = value->as_string();
  if (!text) fail(name, json::kWrongType, fmt::format("{} must be a string.", name));
  return text;
}

std::string MemberReader::text(std::string_view name, std::size_t max_bytes) {
  const auto text = string(name);
  if (!text) return {};
  if (const auto checked = check_text(name, *text, max_bytes); !checked) {
    fail(name, checked.error().code, checked.error().message);
    return {};
  }
  return std::string(*text);
}

std::optional<std::string_view> MemberReader::optional_text(std::string_view name) {
  if (error_ || !object_.find(name)) return std::nullopt;
  return string(name);
}

std::int64_t MemberReader::integer(std::string_view name, std::int64_t min, std::int64_t max) {
  const auto value = member(name);
  if (!value) return min;
  const auto number = value->as_int();
  if (!number) {
    fail(name, json::kWrongType, fmt::format("{} must be a whole number.", name));
    return min;
  }
  if (*number < min || *number > max) {
    fail(name, json::kOutOfRange, fmt::format("{} must be between {} and {}.", name, min, max));
    return min;
  }
  return *number;
}

bool MemberReader::flag_or_false(std::string_view name) {
  const auto value = error_ ? std::nullopt : object_.find(name);
  if (!value) return false;
  const auto flag = value->as_bool();
  if (!flag) fail(name, json::kWrongType, fmt::format("{} must be true or false.", name));
  return flag.value_or(false);
}

Date MemberReader::date(std::string_view name) {
  const auto text = string(name);
  if (!text) return {};
  const auto date = parse_date(*text);
  if (!date) fail(name, "invalid_value", fmt::format("{} must be a date YYYY-MM-DD.", name));
  return date.value_or(Date{});
}

UtcTime MemberReader::time(std::string_view name) {
  const auto text = string(name);
  if (!text) return {};
  const auto time = parse_rfc3339(*text);
  if (!time) fail(name, "invalid_value", fmt::format("{} must be a time of RFC 3339.", name));
  return time.value_or(UtcTime{});
}

Uuid MemberReader::uuid(std::string_view name) {
  const auto text = string(name);
  if (!text) return {};
  const auto id = Uuid::parse(*text);
  if (!id) fail(name, "invalid_value", fmt::format("{} must be a UUID.", name));
  return id.value_or(Uuid{});
}

}  // namespace orderly::events
