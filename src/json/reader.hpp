#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

/// Strict reading of a command or query: one flat JSON object, every field known and typed.
///
///     auto object = json::FlatObject::parse(request.body);
///     if (!object) return std::unexpected(object.error());
///     json::FieldReader fields(*object);
///     const auto customer_id = fields.required_string("customer_id");
///     const auto number = fields.required_int("number", 1, kMaxNumber);
///     if (auto read = fields.finish(); !read) return std::unexpected(read.error());
///
/// Every failure is ErrorKind::kInvalid with one of the codes below; `field` names the offender.
namespace orderly::json {

inline constexpr std::string_view kMalformedJson = "malformed_json";  ///< syntax, UTF-8, no object
inline constexpr std::string_view kTooDeep = "too_deep";
inline constexpr std::string_view kTooManyFields = "too_many_fields";
inline constexpr std::string_view kRepeatedField = "repeated_field";
inline constexpr std::string_view kUnknownField = "unknown_field";
inline constexpr std::string_view kMissingField = "missing_field";
inline constexpr std::string_view kWrongType = "wrong_type";
inline constexpr std::string_view kOutOfRange = "out_of_range";

inline constexpr std::size_t kMaxDepth = 32;   ///< of any document
inline constexpr std::size_t kMaxFields = 16;  ///< of a flat object

/// A parsed object. Names and strings are decoded and owned by it.
class FlatObject {
 public:
  /// Nested values are read over here (their syntax and depth are checked) and refused where the
  /// field is asked for. Syntax comes before everything else that may be wrong.
  static Result<FlatObject> parse(std::string_view body);

 private:
  friend class FieldReader;
  friend class FlatObjectHandler;

  enum class Kind : std::uint8_t {
    kString,
    kInteger,
    kHugeInteger,
    kReal,
    kBoolean,
    kNull,
    kNested
  };
  struct Field {
    std::uint32_t name_at = 0;
    std::uint32_t name_size = 0;
    std::uint32_t text_at = 0;
    std::uint32_t text_size = 0;
    std::int64_t number = 0;  ///< of an integer or a boolean
    Kind kind = Kind::kNull;
  };

  [[nodiscard]] std::string_view name(const Field& field) const {
    return std::string_view(text_).substr(field.name_at, field.name_size);
  }
  [[nodiscard]] std::string_view text(const Field& field) const {
    return std::string_view(text_).substr(field.text_at, field.text_size);
  }

  std::string text_;  ///< all names and strings, one after the other
  std::array<Field, kMaxFields> fields_{};
  std::size_t count_ = 0;
};

/// Takes the fields of an object one by one and remembers the first thing that is wrong; after
/// that every read gives an empty value, so that a route checks once, at finish(). An explicit
/// `null` is a value of the wrong type, not an absent field. Views live as long as the object.
class FieldReader {
 public:
  explicit FieldReader(const FlatObject& object) : object_(object) {}

  std::string_view required_string(std::string_view name);
  std::optional<std::string_view> optional_string(std::string_view name);
  /// A whole number within [min, max]; `1.0`, `1e3` and `"1"` are none.
  std::int64_t required_int(std::string_view name, std::int64_t min, std::int64_t max);
  std::optional<std::int64_t> optional_int(std::string_view name, std::int64_t min,
                                           std::int64_t max);
  std::optional<bool> optional_bool(std::string_view name);
  /// Leaves a field of any shape, nested ones too, to another reader; whether it is there.
  bool skip(std::string_view name) { return take(name) != nullptr; }

  /// The first failure, or a field that nobody asked for. Once, at the end.
  Result<void> finish();

 private:
  const FlatObject::Field* take(std::string_view name);
  const FlatObject::Field* take_required(std::string_view name);
  std::optional<std::string_view> as_string(std::string_view name, const FlatObject::Field* field);
  std::optional<std::int64_t> as_int(std::string_view name, const FlatObject::Field* field,
                                     std::int64_t min, std::int64_t max);
  void fail(std::string_view name, std::string_view code, std::string message);

  const FlatObject& object_;
  std::uint32_t taken_ = 0;  ///< a bit a field
  std::optional<Error> error_;
};

}  // namespace orderly::json
