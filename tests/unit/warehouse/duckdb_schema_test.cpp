#include "warehouse/duckdb/schema.hpp"

#include <gtest/gtest.h>

#include "support/await_here.hpp"
#include "support/order_changes.hpp"
#include "support/result_of.hpp"
#include "support/scratch_folder.hpp"
#include "warehouse/duckdb/duckdb_warehouse.hpp"

namespace orderly::warehouse::duckdb {
namespace {

using testing::await_here;

class DuckdbSchema : public ::testing::Test {
 protected:
  std::filesystem::path path() const { return folder_.path() / "w.duckdb"; }

  /// Runs statements in the file as another program would.
  void run(const std::string& sql) const {
    duckdb_database database = nullptr;
    ASSERT_EQ(duckdb_open(path().c_str(), &database), DuckDBSuccess);
    {
      Connection connection;
      ASSERT_EQ(duckdb_connect(database, connection.out()), DuckDBSuccess);
      ResultSet result;
      ASSERT_EQ(duckdb_query(connection.get(), sql.c_str(), result.get()), DuckDBSuccess)
          << result.error();
    }
    duckdb_close(&database);
  }

  static std::vector<Row> ask(DuckdbWarehouse& warehouse, std::string sql) {
    return testing::table_of(await_here(warehouse.query({.sql = std::move(sql)}))).value().rows;
  }

  testing::ScratchFolder folder_;
};

/// What version 1 wrote: one table, one position.
const std::string kVersion1 = R"sql(
  CREATE SCHEMA orderly;
  CREATE TABLE orderly.schema_version (version BIGINT,
    applied_at TIMESTAMP DEFAULT current_timestamp);
  INSERT INTO orderly.schema_version (version) VALUES (1);
  CREATE SCHEMA cqrs_example;
  CREATE TABLE cqrs_example.order_information (
    customer_id VARCHAR, order_id VARCHAR, product_id VARCHAR, product_name VARCHAR,
    number BIGINT, unit_price BIGINT, total_price BIGINT, order_date DATE);
  INSERT INTO cqrs_example.order_information VALUES
    ('c', 'o', 'p', 'n', 2, 100, 200, DATE '2021-02-14');
  CREATE TABLE orderly.load_position (epoch VARCHAR, position BIGINT, event_id VARCHAR);
  INSERT INTO orderly.load_position VALUES
    ('e0000000-0000-0000-0000-000000000001', 7, 'e1000000-0000-0000-0000-000000000007');
)sql";

TEST_F(DuckdbSchema, a_file_of_version_1_keeps_its_rows_and_its_position) {
  run(kVersion1);
  for (int opened = 0; opened < 2; ++opened) {
    DuckdbWarehouse warehouse({.database = {.path = path()}});
    EXPECT_EQ(await_here(warehouse.loaded("order_information")),
              (Cursor{*Uuid::parse("e0000000-0000-0000-0000-000000000001"), 7,
                      *Uuid::parse("e1000000-0000-0000-0000-000000000007")}));
    EXPECT_EQ(await_here(warehouse.loaded("product_versions")), Cursor{});
    EXPECT_EQ(ask(warehouse, "SELECT order_id, total_price FROM cqrs_example.order_information"),
              (std::vector<Row>{{Cell("o"), Cell(std::int64_t{200})}}));
  }
}

TEST_F(DuckdbSchema, a_file_of_a_newer_version_is_refused_and_kept) {
  run(kVersion1);
  run("INSERT INTO orderly.schema_version (version) VALUES (99)");
  EXPECT_THROW(DuckdbWarehouse({.database = {.path = path()}}), Unavailable);
  run("SELECT position FROM orderly.load_position");
}

const TableSpec kCancelled{
    .name = "order_cancelled", .columns = {{"order_id", ColumnType::kText}}, .key = "order_id"};

TEST_F(DuckdbSchema, a_table_of_the_catalog_is_made_fed_and_extended) {
  DatabaseOptions options{.path = path()};
  options.catalog.tables.push_back(kCancelled);
  {
    DuckdbWarehouse warehouse({.database = options});
    RowBatch rows(kCancelled);
    rows.begin_row(true).text("a").begin_row(true).text("b").begin_row(true).text("a");
    ASSERT_TRUE(await_here(
        warehouse.load({kCancelled.name, std::move(rows), Cursor{}, testing::cursor_at(3)})));
    EXPECT_EQ(ask(warehouse, "SELECT order_id FROM cqrs_example.order_cancelled ORDER BY 1"),
              (std::vector<Row>{{Cell("a")}, {Cell("b")}}));
    const auto second = await_here(
        warehouse.second({.action = SecondCommand::Action::kCreate, .tables = {kCancelled.name}}));
    EXPECT_EQ(second.tables.size(), 1U);
  }
  options.catalog.tables.back().columns.push_back({"reason", ColumnType::kText});
  {
    DuckdbWarehouse warehouse({.database = options});
    RowBatch rows(options.catalog.tables.back());
    rows.begin_row(true).text("a").text("late");
    ASSERT_TRUE(await_here(warehouse.load(
        {kCancelled.name, std::move(rows), testing::cursor_at(3), testing::cursor_at(4)})));
    EXPECT_EQ(ask(warehouse, "SELECT * FROM cqrs_example.order_cancelled ORDER BY 1"),
              (std::vector<Row>{{Cell("a"), Cell("late")}, {Cell("b"), Cell{}}}));
    EXPECT_EQ(await_here(warehouse.second({})), SecondTables{}) << "it has not got the column";
  }
  // Another version does not know the newest column, or takes it for something else.
  options.catalog.tables.back() = kCancelled;
  EXPECT_THROW(DuckdbWarehouse({.database = options}), Unavailable);
  options.catalog.tables.back().columns.push_back({"reason", ColumnType::kInteger});
  EXPECT_THROW(DuckdbWarehouse({.database = options}), Unavailable);
}

TEST_F(DuckdbSchema, a_view_is_what_the_catalog_says_now) {
  DatabaseOptions options{.path = path()};
  options.catalog.views.push_back({.name = "answer", .query = "SELECT 41 AS n"});
  {
    const DuckdbWarehouse before({.database = options});
  }
  options.catalog.views.back().query = "SELECT 42 AS n";
  DuckdbWarehouse warehouse({.database = options});
  EXPECT_EQ(ask(warehouse, "SELECT n FROM cqrs_example.answer"),
            (std::vector<Row>{{Cell(std::int64_t{42})}}));
}

}  // namespace
}  // namespace orderly::warehouse::duckdb
