#include "warehouse/duckdb/sql_gate.hpp"

#include <gtest/gtest.h>

#include "warehouse/warehouse.hpp"

namespace orderly::warehouse::duckdb {
namespace {

/// What DuckDB would list; the adapter's tests run against the real list.
const RefusedFunctions kRefused = {"read_csv", "read_text", "glob", "force_checkpoint",
                                   "json_execute_serialized_sql"};

std::string verdict(std::string_view sql) {
  const auto checked = check_sql(sql, kRefused);
  return checked ? "ok" : checked.error().code;
}

class AllowedSql : public ::testing::TestWithParam<const char*> {};
class ForbiddenSql : public ::testing::TestWithParam<const char*> {};

TEST_P(AllowedSql, passes) { EXPECT_EQ(verdict(GetParam()), "ok") << GetParam(); }
TEST_P(ForbiddenSql, is_refused) { EXPECT_EQ(verdict(GetParam()), "forbidden_sql") << GetParam(); }

INSTANTIATE_TEST_SUITE_P(
    Gate, AllowedSql,
    ::testing::Values(
        "select product_name, sum(number) as total_number, sum(total_price) as revenue "
        "from cqrs_example.order_information group by product_name",
        "-- a comment\n SELECT 1;", "((select 1))", "WITH t AS (SELECT 1 AS a) FROM t",
        "VALUES (1), (2)", "TABLE cqrs_example.order_information",
        "DESCRIBE cqrs_example.order_information", "SUMMARIZE cqrs_example.order_information",
        "SHOW TABLES", "PIVOT t ON x IN (1, 2) USING sum(y)",
        // Names inside text and comments are text and comments.
        "SELECT 'read_csv(''x'') or duckdb_settings()'", "SELECT 1 /* duckdb_settings() */",
        "SELECT 1 /* a /* nested */ duckdb_settings() */", "SELECT $$ pragma_version() $$",
        "SELECT $tag$ $$ duckdb_settings() $tag$", "SELECT E'it\\'s read_csv(1)'",
        // A refused function's name is fine as the name of something else.
        "SELECT 1 AS glob, 2 AS query", "SELECT product_name GLOB 'a*' FROM t",
        "SELECT lpad(product_id, 20, ' '), repeat('=', 40) FROM t",
        "SELECT product_id.lpad(20, ' '), 'x'.repeat(3) FROM t", "SELECT main.repeat('x', 3)",
        "SELECT length(repeat(repeat('x', 9999), 9999))", "SELECT len(range(1000000000))",
        "SELECT * FROM range(10) r", "SELECT * FROM t JOIN generate_series(1, 10) s ON true",
        "SELECT extract(year FROM order_date) FROM t", "SELECT 1from t", "SELECT a FROM b$c"));

INSTANTIATE_TEST_SUITE_P(
    Gate, ForbiddenSql,
    ::testing::Values(
        "PRAGMA database_list", "pragma version", "CALL pragma_version()", "SET threads=1",
        "RESET threads", "ATTACH ':memory:' AS m", "DETACH m", "USE m", "COPY t TO 'x'",
        "EXPORT DATABASE 'x'", "IMPORT DATABASE 'x'", "INSTALL httpfs", "LOAD httpfs", "CHECKPOINT",
        "FORCE CHECKPOINT", "VACUUM", "ANALYZE", "BEGIN", "COMMIT", "ROLLBACK",
        "INSERT INTO t VALUES (1)", "UPDATE t SET a = 1", "DELETE FROM t RETURNING a",
        "MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE", "CREATE TABLE t(a INT)",
        "DROP TABLE t", "ALTER TABLE t ADD b INT", "EXPLAIN ANALYZE INSERT INTO t VALUES (1)",
        "EXPLAIN SELECT 1", "PREPARE p AS SELECT 1", "EXECUTE p", "\"select\" 1",
        "SELECT * FROM read_csv('/etc/passwd')", "SELECT * FROM READ_TEXT('/etc/passwd')",
        "SELECT * FROM \"read_csv\"('/etc/passwd')", "SELECT * FROM read_csv /* x */ ('/x')",
        "SELECT * FROM read_csv -- x\n ('/x')", "SELECT * FROM system.main.read_csv('/x')",
        "SELECT 'x'.glob()", "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM query_table('duck' || 'db_settings')", "SELECT * FROM duckdb_settings()",
        "SELECT * FROM duckdb_databases", "SELECT * FROM \"duckdb_databases\"",
        "SELECT * FROM 'duckdb_databases'", "SELECT * FROM 'DuckDB_databases'",
        "SELECT * FROM $$duckdb_databases$$", "SELECT * FROM $x$duckdb_databases$x$",
        "SELECT * FROM E'duckdb_databases'", "SELECT * FROM E'duckdb\\x5fdatabases'",
        "SELECT * FROM E'\\144uckdb_databases'", "SELECT * FROM E'\\u0064uckdb_databases'",
        "SELECT * FROM U&'\\0064uckdb_databases'", "SELECT * FROM U&\"\\0064uckdb_databases\"",
        "SELECT * FROM 'duckdb_'\n'databases'", "SELECT * FROM 'duckdb_' -- x\n 'databases'",
        "SELECT * FROM pg_catalog.pg_settings", "SELECT current_setting('temp_directory')",
        "SELECT * FROM pragma_database_size()", "SELECT write_log('x')",
        "SELECT * FROM json_execute_serialized_sql('{}')", "SELECT * FROM force_checkpoint()",
        "SELECT '--' FROM duckdb_settings()", "SELECT '/*', duckdb_settings(), '*/'",
        "SELECT 1 /* /* */ */ FROM duckdb_settings()", "SELECT 'it''s' FROM duckdb_settings()",
        "SELECT '\\' FROM duckdb_settings() -- '", "SELECT 1from duckdb_settings()",
        "SELECT \"a\"\"b\" FROM duckdb_settings()"));

TEST(SqlGate, an_endless_quote_or_comment_is_a_syntax_error) {
  for (const char* sql : {"SELECT 'a", "SELECT \"a", "SELECT /* a", "SELECT $$a", "SELECT E'\\"}) {
    EXPECT_EQ(verdict(sql), "invalid_sql") << sql;
  }
}

TEST(SqlGate, nothing_is_no_statement) {
  for (const char* sql : {"", "   ", "-- only a comment", "(("}) {
    EXPECT_EQ(verdict(sql), "invalid_value") << sql;
  }
}

TEST(SqlGate, the_length_is_bounded) {
  const std::string head = "SELECT 1 -- ";
  EXPECT_EQ(verdict(head + std::string(kMaxSqlBytes - head.size(), 'x')), "ok");
  EXPECT_EQ(verdict(head + std::string(kMaxSqlBytes - head.size() + 1, 'x')), "sql_too_long");
}

TEST(SqlGate, text_that_is_not_utf8_or_has_nul_is_refused) {
  EXPECT_EQ(verdict("SELECT '\xff'"), "invalid_value");
  EXPECT_EQ(verdict(std::string_view("SELECT 1\0, 2", 12)), "forbidden_sql");
  // DuckDB would read up to it.
  EXPECT_EQ(verdict(std::string_view("SELECT 1 -- \0\n, 2", 17)), "forbidden_sql");
  EXPECT_EQ(verdict(std::string_view("SELECT '\0'", 11)), "forbidden_sql");
}

}  // namespace
}  // namespace orderly::warehouse::duckdb
