#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace orderly::warehouse::duckdb {

/// A piece of SQL as DuckDB's scanner (PostgreSQL's) would see it; comments are gone.
struct Token {
  enum class Kind : std::uint8_t {
    kWord,    ///< keyword or identifier, also a "quoted" one; lower case
    kString,  ///< any of '…', E'…', $tag$…$tag$; lower case; neighbours are one, as SQL joins them
    kNumber,
    kSymbol,  ///< one character
  };

  Kind kind;
  std::string text;
  bool quoted = false;  ///< a word in double quotes, which is no keyword

  [[nodiscard]] bool is(char symbol) const {
    return kind == Kind::kSymbol && text.size() == 1 && text[0] == symbol;
  }
  [[nodiscard]] bool is_word(std::string_view word) const {
    return kind == Kind::kWord && text == word;
  }
};

/// kInvalid with code "invalid_sql" for what never ends, "forbidden_sql" for what could hide a name
/// from a reader of the tokens (escapes by code point, NUL).
Result<std::vector<Token>> tokenize(std::string_view sql);

}  // namespace orderly::warehouse::duckdb
