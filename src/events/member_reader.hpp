#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/dates.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "json/value.hpp"

/// How the JSON of events and feeds is read: for the source files of events (define_event.hpp).
namespace orderly::events {

/// Takes the members of one object, strict about those it is asked for, blind to others. Remembers
/// the first thing that is wrong; finish() tells it.
class MemberReader {
 public:
  explicit MemberReader(const json::Value& object);

  std::string text(std::string_view name, std::size_t max_bytes);
  template <class IdType>
  IdType id(std::string_view name) {
    return IdType{text(name, kMaxIdBytes)};
  }
  std::int64_t integer(std::string_view name, std::int64_t min, std::int64_t max);
  bool flag_or_false(std::string_view name);
  Date date(std::string_view name);
  UtcTime time(std::string_view name);
  Uuid uuid(std::string_view name);
  /// As it is; nothing where it is absent.
  std::optional<std::string_view> optional_text(std::string_view name);
  /// Null where it is missing.
  std::optional<json::Value> member(std::string_view name);

  /// For rules that span members.
  void fail(std::string_view name, std::string_view code, std::string message);
  [[nodiscard]] bool failed() const { return error_.has_value(); }
  Result<void> finish();

 private:
  std::optional<std::string_view> string(std::string_view name);

  const json::Value& object_;
  std::optional<Error> error_;
};

/// The event that `data` holds, without a check of its type's name.
template <class Event>
Result<Event> read_event(const json::Value& data);

/// Parses a whole text, for the functions that take one.
template <class Event>
Result<Event> parse_event(std::string_view json) {
  const auto value = json::Value::parse(json);
  if (!value) return std::unexpected(value.error());
  return read_event<Event>(*value);
}

}  // namespace orderly::events
