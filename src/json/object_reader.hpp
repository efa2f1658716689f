#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "json/value.hpp"

/// Reading protobuf's JSON (https://protobuf.dev/programming-guides/json/): members under their
/// lowerCamelCase or their original name, null as if absent, whole numbers also as strings, enums
/// as numbers or names.
namespace orderly::json {

/// `3.5s`, without a sign, at most 315,576,000,000 s; parts of a millisecond are cut off.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
std::string format_duration(std::chrono::milliseconds duration);

/// base64 of either alphabet, padded or not.
std::optional<std::string> decode_bytes(std::string_view text);

/// Takes the members of one object and remembers the first thing that is wrong with it or an object
/// inside it; finish() tells it, or a member that nobody asked for. Errors name the member by its
/// whole path (`pushConfig.noWrapper`).
class ObjectReader {
 public:
  /// `path`: how errors call the object; empty: the document itself.
  ObjectReader(Value object, std::string path, std::optional<Error>& error);

  std::optional<Value> take(std::string_view name);
  /// Empty where it is absent.
  std::string text(std::string_view name);
  std::optional<bool> boolean(std::string_view name);
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max);
  std::optional<std::chrono::milliseconds> duration(std::string_view name,
                                                    std::chrono::milliseconds min,
                                                    std::chrono::milliseconds max);
  std::optional<UtcTime> time(std::string_view name);
  std::optional<ObjectReader> object(std::string_view name);
  /// Nothing where it is absent or no array; `max` elements.
  std::optional<Value> array(std::string_view name, std::size_t max);

  /// Whatever it holds changes nothing: what only answers have.
  void ignore(std::string_view name) { take(name); }
  /// What is not done here: it must be absent, false or empty.
  void refuse(std::string_view name, std::string_view why);
  /// The same, but already its presence means something.
  void refuse_presence(std::string_view name, std::string_view why);

  void fail(std::string_view name, std::string message);
  [[nodiscard]] std::string path_of(std::string_view name) const;
  /// Refuses what was not taken. Once, at the end; also of every object inside.
  void refuse_rest();

 private:
  Value object_;
  std::string path_;
  std::optional<Error>& error_;
  std::set<std::string, std::less<>> taken_;
};

/// The document of a request; an empty body is an empty object.
Result<Value> parse_document(std::string_view body);

}  // namespace orderly::json
