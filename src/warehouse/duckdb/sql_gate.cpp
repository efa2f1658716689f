#include "warehouse/duckdb/sql_gate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
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

/// These build a text or a list as long as an argument says, at once and outside every limit
/// (measured: 9 GB and a minute, not interruptible). The argument's place is given.
struct Builder {
  std::string_view name;
  std::size_t length_argument;  ///< 0 is the first
  std::size_t arguments;        ///< of a full call; one less when called as x.name(…)
};
constexpr std::array<Builder, 5> kBuilders = {{{"repeat", 1, 2},
                                               {"lpad", 1, 3},
                                               {"rpad", 1, 3},
                                               {"list_resize", 1, 3},
                                               {"array_resize", 1, 3}}};
constexpr std::array<std::string_view, 2> kSeries = {"range", "generate_series"};
/// Functions whose call may hold a FROM that begins no table.
constexpr std::array<std::string_view, 5> kCallsWithFrom = {"trim", "extract", "substring",
                                                            "overlay", "position"};

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

struct Call {
  std::vector<Tokens> arguments;
};

/// The arguments of the call whose parenthesis is at `open`.
Call parse_call(Tokens tokens, std::size_t open) {
  Call call;
  int depth = 0;
  std::size_t start = open + 1;
  for (std::size_t at = open; at < tokens.size(); ++at) {
    if (tokens[at].is('(') || tokens[at].is('[') || tokens[at].is('{')) ++depth;
    if (tokens[at].is(')') || tokens[at].is(']') || tokens[at].is('}')) --depth;
    if (depth == 0 || (depth == 1 && tokens[at].is(','))) {
      call.arguments.push_back(tokens.subspan(start, at - start));
      start = at + 1;
      if (depth == 0) break;
    }
  }
  return call;
}

std::optional<long> constant_length(const Call& call, std::size_t index) {
  if (index >= call.arguments.size() || call.arguments[index].size() != 1) return std::nullopt;
  const Token& token = call.arguments[index].front();
  if (token.kind != Token::Kind::kNumber) return std::nullopt;
  const auto value = parse_int64(token.text);
  if (value && *value > kMaxBuiltLength) return std::nullopt;
  return value;
}

Result<void> check_builder(Tokens tokens, std::size_t at, const Builder& builder, long& product) {
  const Call call = parse_call(tokens, at + 1);
  const bool chained =
      at > 0 && tokens[at - 1].is('.') && call.arguments.size() < builder.arguments;
  const auto length =
      constant_length(call, chained ? builder.length_argument - 1 : builder.length_argument);
  if (!length) {
    return forbidden(fmt::format("the length given to {} must be a plain number up to {} here",
                                 builder.name, kMaxBuiltLength));
  }
  product *= std::max(1L, *length);
  if (product > kMaxBuiltText) {
    return forbidden(
        fmt::format("the lengths given to {} and its like are too large together", builder.name));
  }
  return {};
}

/// Whether the innermost parenthesis around `at` belongs to a call that may hold a FROM.
bool inside_call_with_from(Tokens tokens, std::size_t at) {
  int depth = 0;
  while (at-- > 0) {
    if (tokens[at].is(')')) ++depth;
    if (tokens[at].is('(') && depth-- == 0) {
      return at > 0 && tokens[at - 1].kind == Token::Kind::kWord &&
             is_one_of(tokens[at - 1].text, kCallsWithFrom);
    }
  }
  return false;
}

/// As a table a series is streamed, as a value it is one huge list.
Result<void> check_series(Tokens tokens, std::size_t at) {
  const bool is_table = at > 0 && !tokens[at - 1].quoted &&
                        (tokens[at - 1].is_word("from") || tokens[at - 1].is_word("join")) &&
                        !inside_call_with_from(tokens, at);
  if (is_table) return {};
  return forbidden(
      fmt::format("{0} is available as a table here: FROM {0}(…) or JOIN {0}(…)", tokens[at].text));
}

Result<void> check_sizes(Tokens tokens, std::size_t at, long& product) {
  const Token& token = tokens[at];
  if (token.kind != Token::Kind::kWord || at + 1 >= tokens.size() || !tokens[at + 1].is('(')) {
    return {};
  }
  if (is_one_of(token.text, kSeries)) return check_series(tokens, at);
  const auto builder = std::ranges::find(kBuilders, std::string_view(token.text), &Builder::name);
  if (builder != kBuilders.end()) return check_builder(tokens, at, *builder, product);
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
  long product = 1;
  for (std::size_t at = 0; at < tokens->size(); ++at) {
    if (auto name = check_name(*tokens, at, refused); !name) return name;
    if (auto size = check_sizes(*tokens, at, product); !size) return size;
  }
  return {};
}

}  // namespace orderly::warehouse::duckdb
