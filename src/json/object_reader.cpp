#include "json/object_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/dates.hpp"
#include "base/text.hpp"

namespace orderly::json {
namespace {

constexpr std::int64_t kMaxDurationSeconds = 315'576'000'000;  // of google.protobuf.Duration

/// `ackDeadlineSeconds` as `ack_deadline_seconds`.
std::string snake_case(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper) out += '_';
    out += upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return out;
}

bool is_empty(const Value& value) {
  if (value.as_bool()) return !*value.as_bool();
  if (const auto text = value.as_string()) return text->empty();
  if (value.is_array()) return value.size() == 0;
  if (!value.is_object()) return false;
  bool empty = true;
  value.for_each_member(
      [&](std::string_view, const Value& member) { empty = empty && member.is_null(); });
  return empty;
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  if (!text.ends_with('s')) return std::nullopt;
  text.remove_suffix(1);
  const std::size_t point = text.find('.');
  const auto seconds = parse_int64(text.substr(0, point));
  if (!seconds || text.starts_with('-') || *seconds > kMaxDurationSeconds) return std::nullopt;
  std::int64_t milliseconds = 0;
  if (point != std::string_view::npos) {
    std::string decimals(text.substr(point + 1));
    constexpr std::size_t kNanosecondDigits = 9;
    if (decimals.empty() || decimals.size() > kNanosecondDigits || decimals.starts_with('-')) {
      return std::nullopt;
    }
    decimals.resize(kNanosecondDigits, '0');
    const auto nanoseconds = parse_int64(decimals);
    if (!nanoseconds) return std::nullopt;
    milliseconds = *nanoseconds / 1'000'000;
  }
  return std::chrono::milliseconds(*seconds * 1000 + milliseconds);
}

std::string format_duration(std::chrono::milliseconds duration) {
  const auto count = duration.count();
  if (count % 1000 == 0) return fmt::format("{}s", count / 1000);
  return fmt::format("{}.{:03}s", count / 1000, count % 1000);
}

std::optional<std::string> decode_bytes(std::string_view text) {
  if (text.size() % 4 == 0) return base64_decode(text);
  if (text.ends_with('=')) return std::nullopt;
  std::string padded(text);
  padded.append(4 - text.size() % 4, '=');
  return base64_decode(padded);
}

ObjectReader::ObjectReader(Value object, std::string path, std::optional<Error>& error)
    : object_(std::move(object)), path_(std::move(path)), error_(error) {
  if (!object_.is_object()) fail("", "must be an object");
}

std::string ObjectReader::path_of(std::string_view name) const {
  if (path_.empty() || name.empty()) return path_ + std::string(name);
  return path_ + "." + std::string(name);
}

void ObjectReader::fail(std::string_view name, std::string message) {
  if (error_) return;
  const std::string field = path_of(name);
  error_ = Error{ErrorKind::kInvalid, "invalid_value",
                 fmt::format("{} {}.", field.empty() ? "The body" : field, message), field};
}

std::optional<Value> ObjectReader::take(std::string_view name) {
  const std::string original = snake_case(name);
  auto found = object_.find(name);
  taken_.emplace(name);
  if (original != name) {
    taken_.insert(original);
    if (auto other = object_.find(original)) {
      if (found) fail(name, "comes twice, under both spellings");
      found = std::move(other);
    }
  }
  if (!found || found->is_null()) return std::nullopt;
  return found;
}

std::string ObjectReader::text(std::string_view name) {
  const auto value = take(name);
  if (!value) return {};
  const auto text = value->as_string();
  if (!text) fail(name, "must be a string");
  return std::string(text.value_or(""));
}

std::optional<bool> ObjectReader::boolean(std::string_view name) {
  const auto value = take(name);
  if (!value) return std::nullopt;
  const auto flag = value->as_bool();
  if (!flag) fail(name, "must be true or false");
  return flag;
}

std::optional<std::int64_t> ObjectReader::integer(std::string_view name, std::int64_t min,
                                                  std::int64_t max) {
  const auto value = take(name);
  if (!value) return std::nullopt;
  auto number = value->as_int();
  if (const auto text = value->as_string()) number = parse_int64(*text);
  if (!number || *number < min || *number > max) {
    fail(name, fmt::format("must be a whole number between {} and {}", min, max));
    return std::nullopt;
  }
  return number;
}

std::optional<std::chrono::milliseconds> ObjectReader::duration(std::string_view name,
                                                                std::chrono::milliseconds min,
                                                                std::chrono::milliseconds max) {
  const auto value = take(name);
  if (!value) return std::nullopt;
  const auto parsed = parse_duration(value->as_string().value_or(""));
  if (!parsed || *parsed < min || *parsed > max) {
    fail(name, fmt::format("must be a duration between \"{}\" and \"{}\"", format_duration(min),
                           format_duration(max)));
    return std::nullopt;
  }
  return parsed;
}

std::optional<UtcTime> ObjectReader::time(std::string_view name) {
  const auto value = take(name);
  if (!value) return std::nullopt;
  const auto time = parse_rfc3339(value->as_string().value_or(""));
  if (!time) fail(name, "must be a time of RFC 3339, such as \"2026-01-31T12:00:00Z\"");
  return time;
}

std::optional<ObjectReader> ObjectReader::object(std::string_view name) {
  auto value = take(name);
  if (!value) return std::nullopt;
  return ObjectReader(std::move(*value), path_of(name), error_);
}

std::optional<Value> ObjectReader::array(std::string_view name, std::size_t max) {
  auto value = take(name);
  if (!value) return std::nullopt;
  if (!value->is_array()) {
    fail(name, "must be an array");
  } else if (value->size() > max) {
    fail(name, fmt::format("must have at most {} elements", max));
  } else {
    return value;
  }
  return std::nullopt;
}

void ObjectReader::refuse(std::string_view name, std::string_view why) {
  const auto value = take(name);
  if (value && !is_empty(*value)) fail(name, fmt::format("is not supported here: {}", why));
}

void ObjectReader::refuse_presence(std::string_view name, std::string_view why) {
  if (take(name)) fail(name, fmt::format("is not supported here: {}", why));
}

void ObjectReader::refuse_rest() {
  object_.for_each_member([this](std::string_view name, const Value&) {
    if (!taken_.contains(name)) fail(name, "is not known");
  });
}

Result<Value> parse_document(std::string_view body) {
  auto document = Value::parse(body.empty() ? "{}" : body);
  if (document && !document->is_object()) return invalid("", "The body must be an object.");
  return document;
}

}  // namespace orderly::json
