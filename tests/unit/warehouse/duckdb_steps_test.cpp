#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/order_changes.hpp"
#include "support/scratch_folder.hpp"
#include "warehouse/duckdb/database.hpp"
#include "warehouse/duckdb/second_tables.hpp"
#include "warehouse/duckdb/target.hpp"
#include "warehouse/duckdb/writer.hpp"

namespace orderly::warehouse::duckdb {
namespace {

using Action = SecondCommand::Action;
using testing::cursor_at;
using testing::order_changes;

/// The file's transactions, of which a later statement is made to fail after earlier ones did
/// their part: a view stands where the table should be, which can be read but neither renamed nor
/// dropped as one.
class DuckdbSteps : public ::testing::Test {
 protected:
  /// A number, asked on another connection: only what was committed is seen.
  std::int64_t number(const std::string& sql) {
    const Connection other = database_.connect();
    ResultSet result;
    execute(other.get(), ("SELECT (" + sql + ")::BIGINT").c_str(), result);
    const Chunk chunk = result.fetch();
    return *static_cast<std::int64_t*>(
        duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk.get(), 0)));
  }
  std::int64_t live_orders() {
    return number("SELECT count(*) FROM cqrs_example.order_information");
  }
  bool load(Place place, Position from, Position first, Position to) {
    const Connection connection = database_.connect();
    auto step = testing::order_load(order_changes(first, to),
                                    from == 0 ? Cursor{} : cursor_at(from), cursor_at(to));
    step.place = place;
    return load_rows(connection.get(), order_information(), step);
  }
  SecondTables second(const SecondCommand& command) {
    const Connection connection = database_.connect();
    return run_second(connection.get(), standard_catalog(), command);
  }
  /// Its rows are read as before.
  void make_a_view_of(const std::string& table, const std::string& rows) {
    const Connection connection = database_.connect();
    run(connection.get(), "ALTER TABLE " + table + " RENAME TO " + rows);
    const std::string schema = table.substr(0, table.find('.'));
    run(connection.get(), "CREATE VIEW " + table + " AS FROM " + schema + "." + rows);
  }

  testing::ScratchFolder folder_;
  Database database_{{.path = folder_.path() / "w.duckdb"}};
};

TEST_F(DuckdbSteps, a_table_that_is_loaded_anew_takes_its_place_as_a_whole_or_not_at_all) {
  ASSERT_TRUE(load(Place::kTable, 0, 1, 3));
  ASSERT_TRUE(load(Place::kBeside, 0, 2, 5));
  make_a_view_of("orderly.beside_order_information", "elsewhere");
  const Connection connection = database_.connect();
  EXPECT_THROW(put_in_place(connection.get(), order_information(), cursor_at(3), cursor_at(5)),
               Unavailable);
  EXPECT_EQ(live_orders(), 3);
  EXPECT_EQ(number("SELECT count(*) FROM orderly.taken_out"), 0);
  const Connection next = database_.connect();
  EXPECT_EQ(read_position(next.get(), order_information().name), cursor_at(3));
}

TEST_F(DuckdbSteps, second_tables_change_places_together_or_not_at_all) {
  ASSERT_TRUE(load(Place::kTable, 0, 1, 3));
  second({.action = Action::kCreate, .tables = {"order_information", "product_versions"}});
  ASSERT_TRUE(load(Place::kSecond, 0, 3, 3));
  const SecondCommand swap{.action = Action::kSwap, .list_lost = true};
  make_a_view_of("cqrs_example.product_versions__second", "elsewhere");
  EXPECT_THROW(second(swap), Unavailable);
  EXPECT_EQ(live_orders(), 3);
  EXPECT_EQ(number("SELECT count(*) FROM cqrs_example.order_information__second"), 1);
  EXPECT_EQ(number("SELECT count(*) FROM orderly.taken_out"), 0);
  EXPECT_EQ(number("SELECT count(*) FROM orderly.second_kept"), 0);
}

}  // namespace
}  // namespace orderly::warehouse::duckdb
