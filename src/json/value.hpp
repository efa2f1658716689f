#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace orderly::json {

/// A read-only JSON document of any shape: a push envelope, a page of a feed. A Value is a cheap
/// handle; it keeps the whole document alive. Any thread may read. Where a flat object is expected,
/// use reader.hpp: this one refuses no unknown fields and of repeated fields the last one counts.
class Value {
 public:
  enum class Kind : std::uint8_t { kNull, kBool, kInt, kReal, kString, kArray, kObject };

  /// Strict RFC 8259 and UTF-8, at most kMaxDepth (reader.hpp) deep. Codes as in reader.hpp.
  static Result<Value> parse(std::string_view text);

  [[nodiscard]] Kind kind() const;
  [[nodiscard]] bool is_object() const { return kind() == Kind::kObject; }
  [[nodiscard]] bool is_array() const { return kind() == Kind::kArray; }
  [[nodiscard]] bool is_null() const { return kind() == Kind::kNull; }

  /// The member `key`; nothing for an absent one and for what is no object.
  [[nodiscard]] std::optional<Value> find(std::string_view key) const;

  /// Nothing where the value is of another type. Views live as long as any Value of the document.
  [[nodiscard]] std::optional<std::string_view> as_string() const;
  [[nodiscard]] std::optional<std::int64_t> as_int() const;  ///< of a kInt; `1.0`, 2^63: none
  [[nodiscard]] std::optional<double> as_real() const;       ///< any number; 1e400 is infinite
  [[nodiscard]] std::optional<bool> as_bool() const;

  /// find() and as_…() in one.
  [[nodiscard]] std::optional<std::string_view> string_at(std::string_view key) const;
  [[nodiscard]] std::optional<std::int64_t> int_at(std::string_view key) const;

  /// Elements of an array or members of an object; 0 for anything else.
  [[nodiscard]] std::size_t size() const;
  /// Element `index` < size() of an array.
  [[nodiscard]] Value at(std::size_t index) const;
  /// Members of an object in the order written; nothing for anything else.
  void for_each_member(const std::function<void(std::string_view key, Value)>& visit) const;

  /// Compact JSON.
  [[nodiscard]] std::string to_json() const;

 private:
  /// Points at a boost::json::value inside the document that it owns a share of.
  explicit Value(std::shared_ptr<const void> node) : node_(std::move(node)) {}

  std::shared_ptr<const void> node_;
};

}  // namespace orderly::json
