#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace orderly::json {

/// Appends compact JSON to a string. For the hot path: it allocates nothing but the string's own
/// growth, and keys come out in the order written. Commas are put by themselves; that keys and
/// values alternate and that what was begun is ended is up to the caller.
///
///     std::string body;
///     json::Writer(body).begin_object().member("order_id", id).member("number", 3).end_object();
///
/// Strings are escaped as RFC 8259 asks and otherwise passed through: give it valid UTF-8.
class Writer {
 public:
  /// Appends to `out`, which must outlive the writer.
  explicit Writer(std::string& out) : out_(out) {}

  Writer& begin_object() { return open('{'); }
  Writer& end_object() { return close('}'); }
  Writer& begin_array() { return open('['); }
  Writer& end_array() { return close(']'); }
  Writer& key(std::string_view name);

  Writer& string(std::string_view value);
  Writer& integer(std::int64_t value);
  Writer& unsigned_integer(std::uint64_t value);
  /// The shortest text that reads back as `value`; JSON has no NaN or infinity, they become null.
  Writer& real(double value);
  Writer& boolean(bool value);
  Writer& null();
  /// `json` is one complete JSON value, written as it is.
  Writer& raw(std::string_view json);

  Writer& value(std::string_view v) { return string(v); }
  Writer& value(const std::string& v) { return string(v); }
  Writer& value(const char* v) { return string(v); }
  Writer& value(bool v) { return boolean(v); }
  Writer& value(double v) { return real(v); }
  Writer& value(std::signed_integral auto v) { return integer(v); }
  Writer& value(std::unsigned_integral auto v) { return unsigned_integer(v); }

  /// key and value in one.
  template <class T>
  Writer& member(std::string_view name, const T& v) {
    return key(name).value(v);
  }

 private:
  Writer& open(char bracket);
  Writer& close(char bracket);
  void before_value();

  std::string& out_;
  bool needs_comma_ = false;
};

}  // namespace orderly::json
