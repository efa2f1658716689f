#include <gtest/gtest.h>

#include <chrono>
#include <fstream>

#include "runtime/event_loop.hpp"
#include "runtime/task_group.hpp"
#include "support/await_here.hpp"
#include "support/order_changes.hpp"
#include "support/result_of.hpp"
#include "support/scratch_folder.hpp"
#include "warehouse/duckdb/duckdb_warehouse.hpp"

namespace orderly::warehouse::duckdb {
namespace {

using testing::await_here;

class DuckdbQuery : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new testing::ScratchFolder;
    std::ofstream(folder_->path() / "secret.csv") << "word\nopensesame\n";
    warehouse_ = new DuckdbWarehouse({.database = {.path = folder_->path() / "warehouse.duckdb"}});
    ASSERT_TRUE(await_here(warehouse_->load(
        testing::order_load(testing::order_changes(1, 100), Cursor{}, testing::cursor_at(100)))));
  }
  static void TearDownTestSuite() {
    delete warehouse_;
    delete folder_;
  }

  static Result<ResultTable> ask(QueryRequest request) {
    return testing::table_of(await_here(warehouse_->query(std::move(request))));
  }
  static Result<ResultTable> ask(std::string sql) {
    return ask(QueryRequest{.sql = std::move(sql)});
  }
  template <class T>
  static std::string code_of(const Result<T>& result) {
    return result ? "ok" : result.error().code;
  }
  static std::string folder() { return folder_->path().string(); }
  static std::int64_t rows_stored() {
    const auto result = ask("SELECT count(*)::BIGINT FROM cqrs_example.order_information");
    return std::get<std::int64_t>(result.value().rows.at(0).at(0));
  }

  static testing::ScratchFolder* folder_;
  static DuckdbWarehouse* warehouse_;
};
testing::ScratchFolder* DuckdbQuery::folder_ = nullptr;
DuckdbWarehouse* DuckdbQuery::warehouse_ = nullptr;

TEST_F(DuckdbQuery, answers_the_query_of_the_lab) {
  const auto result =
      ask("select product_name, sum(number) as total_number, sum(total_price) as revenue "
          "from cqrs_example.order_information group by product_name order by 1");
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->columns,
            (std::vector<Column>{
                {"product_name", "VARCHAR"}, {"total_number", "HUGEINT"}, {"revenue", "HUGEINT"}}));
  ASSERT_EQ(result->rows.size(), 3U);
  EXPECT_EQ(result->rows[0][0], Cell("Produkt № 0"));
  EXPECT_TRUE(std::holds_alternative<std::int64_t>(result->rows[0][1]));
  EXPECT_FALSE(result->truncated);
  EXPECT_EQ(result->position, 100);
}

TEST_F(DuckdbQuery, every_type_has_a_name_and_a_text) {
  struct Case {
    const char* sql;
    const char* type;
    Cell cell;
  };
  const Case cases[] = {
      {"NULL", "INTEGER", Cell{}},
      {"true", "BOOLEAN", Cell(true)},
      {"(-128)::TINYINT", "TINYINT", Cell(std::int64_t{-128})},
      {"65535::USMALLINT", "USMALLINT", Cell(std::int64_t{65535})},
      {"(-9223372036854775808)::BIGINT", "BIGINT", Cell("-9223372036854775808")},
      {"18446744073709551615::UBIGINT", "UBIGINT", Cell("18446744073709551615")},
      {"7::UBIGINT", "UBIGINT", Cell(std::int64_t{7})},
      {"(-5)::HUGEINT", "HUGEINT", Cell(std::int64_t{-5})},
      {"(-170141183460469231731687303715884105728)::HUGEINT", "HUGEINT",
       Cell("-170141183460469231731687303715884105728")},
      {"340282366920938463463374607431768211455::UHUGEINT", "UHUGEINT",
       Cell("340282366920938463463374607431768211455")},
      {"1.5::DOUBLE", "DOUBLE", Cell(1.5)},
      {"0.25::FLOAT", "FLOAT", Cell(0.25)},
      {"(-0.05)::DECIMAL(4,2)", "DECIMAL(4,2)", Cell("-0.05")},
      {"12345678901234567890.12::DECIMAL(38,2)", "DECIMAL(38,2)", Cell("12345678901234567890.12")},
      {"7::DECIMAL(9,0)", "DECIMAL(9,0)", Cell("7")},
      {"DATE '2021-02-14'", "DATE", Cell("2021-02-14")},
      {"'infinity'::DATE", "DATE", Cell("infinity")},
      {"DATE '0044-03-15 (BC)'", "DATE", Cell("0044-03-15 (BC)")},
      {"TIME '01:02:03.5'", "TIME", Cell("01:02:03.5")},
      {"TIMESTAMP '2021-02-14 01:02:03'", "TIMESTAMP", Cell("2021-02-14 01:02:03")},
      {"TIMESTAMPTZ '2021-02-14 01:02:03+00'", "TIMESTAMP WITH TIME ZONE",
       Cell("2021-02-14 01:02:03+00")},
      {"INTERVAL 1 MONTH", "INTERVAL", Cell("1 month")},
      {"'a\u00e9'", "VARCHAR", Cell("a\u00e9")},
      {"'a long text, which is not stored in place'", "VARCHAR",
       Cell("a long text, which is not stored in place")},
      {"'\\xAA'::BLOB", "BLOB", Cell("\\xAA")},
      {"'0101'::BIT", "BIT", Cell("0101")},
      {"'2b752e27-77cd-46e5-b496-6bda77dc5fb8'::UUID", "UUID",
       Cell("2b752e27-77cd-46e5-b496-6bda77dc5fb8")},
      {"'b'::ENUM('a', 'b')", "ENUM('a', 'b')", Cell("b")},
      {"[1, NULL, 3]", "INTEGER[]", Cell("[1,null,3]")},
      {"[1, 2]::INTEGER[2]", "INTEGER[2]", Cell("[1,2]")},
      {"{'a': 1, 'b': [true]}", "STRUCT(a INTEGER, b BOOLEAN[])", Cell(R"({"a":1,"b":[true]})")},
      {"MAP {'k': 1.5}", "MAP(VARCHAR, DECIMAL(2,1))", Cell(R"({"k":"1.5"})")},
      {"MAP {7: 'x'}", "MAP(INTEGER, VARCHAR)", Cell(R"({"7":"x"})")},
      {"union_value(n := 5)", "UNION(n INTEGER)", Cell("5")},
      {"(-12345678901234567890)::BIGNUM", "BIGNUM", Cell("-12345678901234567890")},
      {"12345678901234567890::BIGNUM", "BIGNUM", Cell("12345678901234567890")},
  };
  for (const Case& each : cases) {
    const auto result = ask(std::string("SELECT ") + each.sql + " AS v");
    ASSERT_TRUE(result.has_value()) << each.sql << ": " << result.error().message;
    EXPECT_EQ(result->columns.at(0).type, each.type) << each.sql;
    EXPECT_EQ(result->rows.at(0).at(0), each.cell) << each.sql;
  }
}

TEST_F(DuckdbQuery, an_sql_error_tells_what_and_where) {
  const auto syntax = ask("SELECT * FRM x");
  EXPECT_EQ(code_of(syntax), "invalid_sql");
  EXPECT_NE(syntax.error().message.find("syntax error"), std::string::npos);
  EXPECT_NE(syntax.error().message.find("LINE 1"), std::string::npos);
  EXPECT_EQ(syntax.error().field, "query");
  EXPECT_EQ(code_of(ask("SELECT nonsense FROM cqrs_example.order_information")), "invalid_sql");
  EXPECT_EQ(code_of(ask("SELECT CAST(product_name AS INTEGER) FROM "
                        "cqrs_example.order_information")),
            "invalid_sql");
  EXPECT_EQ(code_of(ask("SELECT 1; SELECT 2")), "forbidden_sql");
  EXPECT_EQ(code_of(ask("SELECT ?")), "invalid_value");
  EXPECT_EQ(code_of(ask(";")), "forbidden_sql");
}

TEST_F(DuckdbQuery, a_pivot_without_in_is_explained) {
  const std::string pivot = "PIVOT cqrs_example.order_information ON product_id ";
  const auto refused = ask(pivot + "USING sum(number)");
  ASSERT_EQ(code_of(refused), "forbidden_sql");
  EXPECT_NE(refused.error().message.find("PIVOT without IN"), std::string::npos);
  EXPECT_EQ(code_of(ask(pivot + "IN ('product00001') USING sum(number)")), "ok");
}

/// research/duckdb.md lists the holes that hardened settings leave open.
TEST_F(DuckdbQuery, attacks_are_refused_and_change_and_show_nothing) {
  const std::string secret = folder() + "/secret.csv";
  const std::string file = folder() + "/warehouse.duckdb";
  const std::vector<std::string> attacks = {
      "SELECT * FROM read_csv('" + secret + "')",
      "SELECT * FROM read_text('/etc/passwd')",
      "SELECT * FROM read_blob('" + file + "')",
      "SELECT * FROM read_blob('" + file + ".wal')",
      "SELECT * FROM parquet_scan('" + secret + "')",
      "SELECT * FROM sniff_csv('" + secret + "')",
      "SELECT * FROM glob('/etc/*')",
      "SELECT * FROM '" + secret + "'",
      "FROM '" + secret + "'",
      "DESCRIBE '" + secret + "'",
      "SUMMARIZE '" + secret + "'",
      "COPY cqrs_example.order_information TO '" + folder() + "/out.csv'",
      "COPY (SELECT 1) TO '" + folder() + "/out.parquet' (FORMAT parquet)",
      "EXPORT DATABASE '" + folder() + "/out'",
      "ATTACH '" + folder() + "/other.duckdb'",
      "ATTACH ':memory:' AS m",
      "USE orderly",
      "SET memory_limit = '100GB'",
      "SET VARIABLE x = 1",
      "RESET threads",
      "INSTALL httpfs",
      "LOAD httpfs",
      "CALL pragma_database_size()",
      "CALL enable_logging()",
      "SELECT 1; DROP TABLE cqrs_example.order_information",
      "SELECT 1;; DELETE FROM cqrs_example.order_information;",
      "EXPLAIN ANALYZE INSERT INTO cqrs_example.order_information (number) VALUES (1)",
      "EXPLAIN ANALYZE DELETE FROM cqrs_example.order_information",
      "PREPARE p AS SELECT 1",
      "EXECUTE p",
      "CHECKPOINT",
      "FORCE CHECKPOINT",
      "SELECT * FROM checkpoint()",
      "SELECT * FROM force_checkpoint()",
      "CREATE TABLE t (a INTEGER)",
      "CREATE TEMP TABLE t (a INTEGER)",
      "CREATE MACRO m() AS 1",
      "INSERT INTO cqrs_example.order_information (number) VALUES (1) RETURNING number",
      "DELETE FROM cqrs_example.order_information RETURNING order_id",
      "WITH t AS (SELECT 1 AS n) DELETE FROM cqrs_example.order_information",
      "WITH t AS (SELECT 1 AS n) INSERT INTO cqrs_example.order_information (number) FROM t",
      "UPDATE orderly.load_position SET position = 0",
      "TRUNCATE cqrs_example.order_information",
      "PRAGMA database_list",
      "PRAGMA enable_profiling",
      "SELECT * FROM pragma_database_list",
      "SELECT * FROM duckdb_databases()",
      "SELECT path FROM duckdb_databases",
      "SELECT path FROM 'duckdb_databases'",
      "SELECT path FROM \"duckdb_databases\"",
      "SELECT path FROM $$duckdb_databases$$",
      "SELECT path FROM E'duckdb\\x5fdatabases'",
      "SELECT path FROM 'duckdb_'\n'databases'",
      "SELECT * FROM/**/duckdb_settings/**/()",
      "SELECT * FROM duckdb_secrets()",
      "SELECT * FROM duckdb_temporary_files()",
      "SELECT * FROM pg_catalog.pg_settings",
      "SELECT current_setting('temp_directory')",
      "SELECT * FROM query('SELECT * FROM duckdb_' || 'settings()')",
      "SELECT * FROM query_table('duckdb_' || 'databases')",
      "SELECT * FROM histogram('duckdb_' || 'databases', path)",
      "SELECT * FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))",
      "SELECT * FROM seq_scan('x')",
      "BEGIN TRANSACTION",
      "COMMIT",
      "ROLLBACK",
  };
  for (const std::string& attack : attacks) {
    const auto result = ask(attack);
    ASSERT_FALSE(result.has_value()) << attack;
    EXPECT_EQ(result.error().kind, ErrorKind::kInvalid) << attack;
    EXPECT_EQ(result.error().message.find("opensesame"), std::string::npos) << attack;
  }
  EXPECT_EQ(rows_stored(), 100);
  EXPECT_EQ(await_here(warehouse_->loaded("order_information")), testing::cursor_at(100));
  for (const auto& entry : std::filesystem::directory_iterator(folder_->path())) {
    const auto name = entry.path().filename().string();
    EXPECT_TRUE(name == "secret.csv" || name.starts_with("warehouse.duckdb")) << name;
  }
}

TEST_F(DuckdbQuery, what_shows_the_catalogue_shows_no_path) {
  for (const char* sql :
       {"SHOW DATABASES", "SHOW TABLES", "SHOW ALL TABLES",
        "SELECT * FROM information_schema.tables", "SELECT * FROM information_schema.schemata",
        "SELECT * FROM pg_catalog.pg_database", "SELECT * FROM sqlite_master",
        "SELECT current_database(), current_schemas(true)"}) {
    const auto result = ask(sql);
    ASSERT_TRUE(result.has_value()) << sql << ": " << result.error().message;
    for (const Row& row : result->rows) {
      for (const Cell& cell : row) {
        const auto* text = std::get_if<std::string>(&cell);
        EXPECT_TRUE(text == nullptr || text->find(folder()) == std::string::npos) << sql;
      }
    }
  }
}

TEST_F(DuckdbQuery, a_failed_query_leaves_the_lane_fit_for_the_next) {
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(code_of(ask("SELECT * FRM x")), "invalid_sql");
    EXPECT_EQ(code_of(ask("SELECT 1")), "ok");
  }
}

TEST_F(DuckdbQuery, endless_work_is_cut_by_its_time) {
  for (const char* sql :
       {"WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t",
        "SELECT count(*) FROM range(100000000) a CROSS JOIN range(100000000) b "
        "WHERE a.range * b.range = 7"}) {
    const auto start = std::chrono::steady_clock::now();
    const auto result = ask({.sql = sql, .timeout = std::chrono::milliseconds(200)});
    EXPECT_EQ(code_of(result), "query_timeout") << sql;
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10)) << sql;
  }
  EXPECT_EQ(rows_stored(), 100);
}

TEST_F(DuckdbQuery, a_huge_result_is_cut_by_rows_and_by_bytes_without_being_computed) {
  const std::string huge =
      "SELECT a.*, b.*, c.*, d.* FROM cqrs_example.order_information a, "
      "cqrs_example.order_information b, cqrs_example.order_information c, "
      "cqrs_example.order_information d";
  const auto rows = ask({.sql = huge, .max_rows = 5000});
  ASSERT_TRUE(rows.has_value()) << rows.error().message;
  EXPECT_EQ(rows->rows.size(), 5000U);
  EXPECT_TRUE(rows->truncated);

  const auto bytes =
      ask({.sql = "SELECT repeat('x', 1000) FROM range(1000000000000)", .max_bytes = 100'000});
  ASSERT_TRUE(bytes.has_value()) << bytes.error().message;
  EXPECT_TRUE(bytes->truncated);
  EXPECT_GT(bytes->rows.size(), 50U);
  EXPECT_LT(bytes->rows.size(), 100U);
}

TEST_F(DuckdbQuery, queries_run_beside_each_other_and_too_many_are_refused) {
  testing::ScratchFolder folder;
  DuckdbWarehouse warehouse(
      {.database = {.path = folder.path() / "w.duckdb"}, .lanes = {.lanes = 1, .max_waiting = 1}});
  const QueryRequest endless{
      .sql = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t",
      .timeout = std::chrono::milliseconds(1000)};
  boost::asio::io_context context(1);
  int timed_out = 0;
  int refused = 0;
  for (int i = 0; i < 4; ++i) {
    boost::asio::co_spawn(context, warehouse.query(endless),
                          [&](const std::exception_ptr& error, const Result<QueryResult>& result) {
                            if (error) {
                              EXPECT_THROW(std::rethrow_exception(error), Unavailable);
                              ++refused;
                            } else {
                              EXPECT_EQ(code_of(result), "query_timeout");
                              ++timed_out;
                            }
                          });
  }
  // Loading is not in the way of queries, nor they in its.
  EXPECT_TRUE(await_here(warehouse.load(
      testing::order_load(testing::order_changes(1, 10), Cursor{}, testing::cursor_at(10)))));
  context.run();
  EXPECT_GE(timed_out, 1);
  EXPECT_GE(refused, 2);
  EXPECT_EQ(timed_out + refused, 4);
}

/// A single huge value escapes DuckDB's own memory limit; the watchdog sees the process grow.
TEST_F(DuckdbQuery, a_query_that_makes_the_process_grow_is_cut) {
  testing::ScratchFolder folder;
  DuckdbWarehouse warehouse(
      {.database = {.path = folder.path() / "w.duckdb"}, .lanes = {.max_growth_mb = 64}});
  const auto result = await_here(warehouse.query(
      {.sql = "SELECT length(string_agg(repeat('x', 1000) || range, '')) FROM range(100000000)"}));
  EXPECT_EQ(code_of(result), "query_memory");
}

TEST_F(DuckdbQuery, work_beyond_the_memory_and_spill_limits_is_refused) {
  testing::ScratchFolder folder;
  DuckdbWarehouse warehouse(
      {.database = {
           .path = folder.path() / "w.duckdb", .memory_limit_mb = 64, .spill_limit_mb = 1}});
  const auto result = await_here(
      warehouse.query({.sql = "SELECT count(DISTINCT md5(range::VARCHAR)) FROM range(10000000)"}));
  ASSERT_FALSE(result.has_value());
  EXPECT_EQ(result.error().code, "query_memory");
  EXPECT_EQ(result.error().message.find(folder.path().string()), std::string::npos);
}

TEST_F(DuckdbQuery, closing_does_not_wait_for_what_runs) {
  testing::ScratchFolder folder;
  auto warehouse = std::make_unique<DuckdbWarehouse>(
      DuckdbOptions{.database = {.path = folder.path() / "w.duckdb"}});
  boost::asio::io_context context(1);
  bool refused = false;
  boost::asio::co_spawn(
      context,
      warehouse->query({.sql = "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) "
                               "SELECT max(n) FROM t",
                        .timeout = std::chrono::minutes(5)}),
      [&](const std::exception_ptr& error, const Result<QueryResult>&) {
        refused = error != nullptr;
      });
  context.poll();
  const auto start = std::chrono::steady_clock::now();
  warehouse.reset();
  context.run();
  EXPECT_TRUE(refused);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

runtime::Task<void> ask_without_end(DuckdbWarehouse& warehouse) {
  co_await warehouse.query({.sql =
                                "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) "
                                "SELECT max(n) FROM t",
                            .timeout = std::chrono::minutes(5)});
}

// A stopping server waits for its requests, so these would hold up its end for minutes.
TEST_F(DuckdbQuery, stopping_the_callers_interrupts_their_queries) {
  testing::ScratchFolder folder;
  const SystemClock clock;
  runtime::AsioEventLoop loop(clock);  // outlives the warehouse, whose lanes still let go of it
  DuckdbWarehouse warehouse(
      {.database = {.path = folder.path() / "w.duckdb"}, .lanes = {.lanes = 1}});
  runtime::TaskGroup callers(loop);
  callers.spawn("runs", ask_without_end(warehouse));
  callers.spawn("waits for its turn", ask_without_end(warehouse));
  loop.context().poll();
  const auto start = std::chrono::steady_clock::now();
  callers.stop();
  boost::asio::co_spawn(loop.executor(), callers.join(),
                        [&](const std::exception_ptr&) { loop.stop(); });
  loop.run();
  EXPECT_EQ(callers.size(), 0U);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
}

TEST(DuckdbWarehouseFile, a_broken_database_is_reopened_once_its_last_session_has_ended) {
  testing::ScratchFolder folder;
  DatabaseSource source({.path = folder.path() / "w.duckdb"});
  {
    const Session held = source.connect();
    source.retire(held.database);
    EXPECT_THROW((void)source.connect(), Unavailable);
  }
  const Session fresh = source.connect();
  source.retire(nullptr);  // what is not the current one retires nothing
  EXPECT_EQ(source.connect().database, fresh.database);
}

TEST(DuckdbWarehouseFile, a_damaged_file_is_unavailable_and_kept) {
  testing::ScratchFolder folder;
  const auto path = folder.path() / "w.duckdb";
  std::ofstream(path) << std::string(8192, 'x');
  EXPECT_THROW(DuckdbWarehouse({.database = {.path = path}}), Unavailable);
  EXPECT_EQ(std::filesystem::file_size(path), 8192U);
}

}  // namespace
}  // namespace orderly::warehouse::duckdb
