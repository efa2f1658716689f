#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace orderly::http {

/// Decodes %XX; nothing for a broken escape or a NUL byte.
std::optional<std::string> percent_decode(std::string_view text);
/// Encodes everything but the unreserved characters of RFC 3986.
std::string percent_encode(std::string_view text);

/// The parameters of a target's query, percent-decoded (`+` is a space). Reading one remembers the
/// first thing that is wrong, as json::FieldReader does; finish() tells it. Unknown parameters are
/// no error, since proxies and push subscriptions add their own.
class Query {
 public:
  Query() = default;
  /// kInvalid `malformed_query` for a broken escape or invalid UTF-8, `repeated_parameter` for one
  /// that comes twice.
  static Result<Query> parse(std::string_view query);

  [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const;
  std::string_view required_string(std::string_view name);
  std::int64_t required_int(std::string_view name, std::int64_t min, std::int64_t max);
  std::optional<std::int64_t> optional_int(std::string_view name, std::int64_t min,
                                           std::int64_t max);
  [[nodiscard]] Result<void> finish() const;

 private:
  void fail(std::string_view name, std::string_view code, std::string message);

  std::vector<std::pair<std::string, std::string>> parameters_;
  std::optional<Error> error_;
};

}  // namespace orderly::http
