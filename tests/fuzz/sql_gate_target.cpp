#include <optional>
#include <string>

#include "fuzz/target.hpp"
#include "json/value.hpp"
#include "warehouse/duckdb/handles.hpp"
#include "warehouse/duckdb/sql_gate.hpp"

namespace orderly::fuzz {
namespace {

using namespace warehouse::duckdb;

/// DuckDB itself, which says what it would understand.
class Judge {
 public:
  Judge() {
    duckdb_open(nullptr, &database_);
    duckdb_connect(database_, connection_.out());
    ResultSet names;
    duckdb_query(connection_.get(),
                 "SELECT DISTINCT lower(function_name) FROM duckdb_functions() "
                 "WHERE function_type IN ('table', 'table_macro')",
                 names.get());
    for (idx_t row = 0; row < duckdb_row_count(names.get()); ++row) {
      auto name = take_text(duckdb_value_varchar(names.get(), 0, row));
      if (!is_harmless_table_function(name)) refused_.insert(std::move(name));
    }
    expect(refused_.contains("read_csv"), "DuckDB tells its functions");
  }

  [[nodiscard]] const RefusedFunctions& refused() const { return refused_; }
  [[nodiscard]] idx_t statements(const std::string& sql) const {
    Extracted extracted;
    return duckdb_extract_statements(connection_.get(), sql.c_str(), extracted.out());
  }
  /// The statement as DuckDB's parser has it; nothing where that cannot be shown.
  [[nodiscard]] std::optional<json::Value> tree(const std::string& sql) const {
    Prepared prepared;
    if (duckdb_prepare(connection_.get(), "SELECT json_serialize_sql(?::VARCHAR)",
                       prepared.out()) == DuckDBError) {
      expect(false, "DuckDB serializes SQL");
    }
    duckdb_bind_varchar_length(prepared.get(), 1, sql.data(), sql.size());
    ResultSet rows;
    if (duckdb_execute_prepared(prepared.get(), rows.get()) == DuckDBError) return std::nullopt;
    auto tree = json::Value::parse(take_text(duckdb_value_varchar(rows.get(), 0, 0)));
    if (!tree) return std::nullopt;
    return *tree;
  }

 private:
  duckdb_database database_ = nullptr;
  Connection connection_;
  RefusedFunctions refused_;
};

/// No function or table that the gate refuses may be anywhere in what DuckDB understood.
void check_tree(const json::Value& node, const RefusedFunctions& refused, bool from_table) {
  if (node.is_array()) {
    for (std::size_t i = 0; i < node.size(); ++i)
      check_tree(node.at(i), refused, from_table);
    return;
  }
  if (!node.is_object()) return;
  if (const auto table = node.string_at("table_name")) {
    expect(!table->starts_with("duckdb_") && !table->starts_with("pragma_"),
           "the gate lets no internal table through");
  }
  const auto type = node.string_at("type");
  const bool is_table_function = type && *type == "TABLE_FUNCTION";
  if (const auto name = node.string_at("function_name"); name && from_table) {
    expect(!refused.contains(*name), "the gate lets no refused function through");
  }
  node.for_each_member([&](std::string_view key, const json::Value& member) {
    check_tree(member, refused, is_table_function && key == "function");
  });
}

void sql_gate(std::string_view input) {
  static const Judge* const kJudge = new Judge;
  const std::string sql(input);
  if (!check_sql(sql, kJudge->refused())) return;
  expect(sql.find('\0') == std::string::npos, "DuckDB reads all of what the gate has read");
  // Whatever else it is, run_query() takes a single statement only; what the gate let through as
  // one query must not be read as something that begins otherwise.
  if (kJudge->statements(sql) != 1) return;
  if (const auto tree = kJudge->tree(sql)) check_tree(*tree, kJudge->refused(), false);
}

const Registered kGate("sql_gate", sql_gate);

}  // namespace
}  // namespace orderly::fuzz
