#include "warehouse/duckdb/sql_gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/text.hpp"
#include "warehouse/duckdb/sql_tokens.hpp"
#include "warehouse/warehouse.hpp"

namespace orderly::warehouse::duckdb {
namespace {

using Tokens = std::span<const Token>;

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& list) {
  return std::ranges::find(list, text) != list.end();
}

std::unexpected<Error> forbidden(std::string message) {
  return invalid("query", std::move(message), "forbidden_sql");
}

/// The words that a statement may begin with: those of a query.
constexpr std::array<std::string_view, 11> kHeads = {"select",    "with",     "from",   "values",
                                                     "table",     "describe", "desc",   "show",
                                                     "summarize", "pivot",    "unpivot"};

/// Names beside the table functions: they show settings and paths, write logs, or run SQL.
constexpr std::array<std::string_view, 6> kRefusedNames = {
    "pg_settings", "current_setting", "write_log", "query", "query_table", "which_secret"};
constexpr std::array<std::string_view, 2> kRefusedPrefixes = {"duckdb_", "pragma_"};

bool names_internals(std::string_view name) {
  if (name == "pg_settings") return true;
  return std::ranges::any_of(kRefusedPrefixes,
                             [&](std::string_view prefix) { return name.starts_with(prefix); });
}

Result<void> check_head(Tokens tokens) {
  std::size_t first = 0;
  while (first < tokens.size() && tokens[first].is('('))
    ++first;
  if (first == tokens.size()) return invalid("query", "query must be an SQL statement");
  const Token& head = tokens[first];
  if (head.kind != Token::Kind::kWord || head.quoted || !is_one_of(head.text, kHeads)) {
    return forbidden("only queries are answered here: SELECT, WITH, FROM, VALUES, DESCRIBE, SHOW");
  }
  return {};
}

Result<void> check_name(Tokens tokens, std::size_t at, const RefusedFunctions& refused) {
  const Token& token = tokens[at];
  // A string may stand for a table's name.
  if (token.kind != Token::Kind::kWord && token.kind != Token::Kind::kString) return {};
  if (names_internals(token.text)) {
    return forbidden(fmt::format("{} is not available here; information_schema is", token.text));
  }
  const bool called = at + 1 < tokens.size() && tokens[at + 1].is('(');
  if (called && (refused.contains(token.text) || is_one_of(token.text, kRefusedNames))) {
    return forbidden(fmt::format("the function {} is not available here", token.text));
  }
  return {};
}

}  // namespace

bool is_harmless_table_function(std::string_view name) {
  static constexpr std::array<std::string_view, 8> kHarmless = {
      "range",      "generate_series", "unnest",    "repeat",
      "repeat_row", "json_each",       "json_tree", "pg_timezone_names"};
  return is_one_of(name, kHarmless);
}

Result<void> check_sql(std::string_view sql, const RefusedFunctions& refused) {
  if (sql.size() > kMaxSqlBytes) {
    return invalid("query", fmt::format("query must be at most {} bytes long", kMaxSqlBytes),
                   "sql_too_long");
  }
  if (!is_valid_utf8(sql)) return invalid("query", "query must be valid UTF-8");
  const auto tokens = tokenize(sql);
  if (!tokens) return std::unexpected(tokens.error());
  if (auto head = check_head(*tokens); !head) return head;
  for (std::size_t at = 0; at < tokens->size(); ++at) {
    if (auto name = check_name(*tokens, at, refused); !name) return name;
  }
  return {};
}

}  // namespace orderly::warehouse::duckdb
