#include "conformance/warehouse_conformance.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <thread>

#include "support/order_changes.hpp"
#include "support/result_of.hpp"

namespace orderly::testing {
namespace {

using events::OrderInfo;
using warehouse::Change;

std::vector<OrderInfo> sorted(std::vector<OrderInfo> rows) {
  std::ranges::sort(rows, {}, [](const OrderInfo& row) { return row.order_id.value; });
  return rows;
}

std::vector<OrderInfo> rows_of(const std::vector<Change>& changes) {
  std::vector<OrderInfo> rows;
  rows.reserve(changes.size());
  for (const Change& change : changes)
    rows.push_back(change.data.info);
  return sorted(std::move(rows));
}

TEST_P(WarehouseConformance, starts_empty_before_the_first_position) {
  EXPECT_EQ(loaded(), Cursor{});
  EXPECT_TRUE(host_->rows().empty());
}

TEST_P(WarehouseConformance, loads_rows_and_position_together) {
  const auto changes = order_changes(1, 10);
  EXPECT_TRUE(load(changes, Cursor{}, cursor_at(10)));
  EXPECT_EQ(loaded(), cursor_at(10));
  EXPECT_EQ(sorted(host_->rows()), rows_of(changes));
}

TEST_P(WarehouseConformance, a_repeated_batch_changes_nothing) {
  const auto changes = order_changes(1, 10);
  ASSERT_TRUE(load(changes, Cursor{}, cursor_at(10)));
  EXPECT_FALSE(load(changes, Cursor{}, cursor_at(10)));
  EXPECT_EQ(loaded(), cursor_at(10));
  EXPECT_EQ(sorted(host_->rows()), rows_of(changes));
}

TEST_P(WarehouseConformance, every_part_of_the_position_is_compared) {
  ASSERT_TRUE(load(order_changes(1, 2), Cursor{}, cursor_at(2)));
  Cursor other_epoch = cursor_at(2);
  other_epoch.epoch.bytes[1] = std::byte{1};
  Cursor other_event = cursor_at(2);
  other_event.event_id = cursor_at(1).event_id;
  Cursor other_position = cursor_at(2);
  other_position.position = 3;
  for (const Cursor& from : {other_epoch, other_event, other_position}) {
    EXPECT_FALSE(load(order_changes(3, 4), from, cursor_at(4)));
  }
  EXPECT_EQ(loaded(), cursor_at(2));
  EXPECT_EQ(host_->rows().size(), 2U);
  EXPECT_TRUE(load(order_changes(3, 4), cursor_at(2), cursor_at(4)));
}

TEST_P(WarehouseConformance, a_replacement_takes_the_place_of_the_earlier_row) {
  ASSERT_TRUE(load(order_changes(1, 5), Cursor{}, cursor_at(5)));
  const Change repaired = replacing_change(6, 3, 777);
  EXPECT_TRUE(load({repaired}, cursor_at(5), cursor_at(6)));
  auto expected = order_changes(1, 5);
  expected[2] = repaired;
  EXPECT_EQ(sorted(host_->rows()), rows_of(expected));
}

TEST_P(WarehouseConformance, of_several_changes_of_an_order_in_a_batch_the_last_one_stays) {
  auto changes = order_changes(1, 3);
  changes.push_back(replacing_change(4, 2, 500));
  changes.push_back(replacing_change(5, 2, 600));
  changes.push_back(order_change(6));
  EXPECT_TRUE(load(changes, Cursor{}, cursor_at(6)));
  EXPECT_EQ(sorted(host_->rows()), rows_of({order_change(1), replacing_change(5, 2, 600),
                                            order_change(3), order_change(6)}));
}

TEST_P(WarehouseConformance, a_replacement_of_what_is_not_there_is_a_row) {
  EXPECT_TRUE(load({replacing_change(1, 1, 42)}, Cursor{}, cursor_at(1)));
  EXPECT_EQ(host_->rows(), rows_of({replacing_change(1, 1, 42)}));
}

TEST_P(WarehouseConformance, an_empty_batch_moves_the_position_alone) {
  EXPECT_TRUE(load({}, Cursor{}, cursor_at(9)));
  EXPECT_EQ(loaded(), cursor_at(9));
  EXPECT_TRUE(host_->rows().empty());
}

TEST_P(WarehouseConformance, keeps_text_and_numbers_exactly) {
  Change change = order_change(1);
  change.data.info.order_id = OrderId{"o'); DROP TABLE x; --"};
  change.data.info.customer_id = CustomerId{"\"quoted\" \\ 客户"};
  change.data.info.product_name = std::string(512, 'x') + "é";
  change.data.info.number = events::kMaxNumber;
  change.data.info.unit_price = events::kMaxUnitPrice;
  change.data.info.total_price = events::kMaxNumber * events::kMaxUnitPrice;
  change.data.info.order_date = *parse_date("0001-01-01");
  EXPECT_TRUE(load({change}, Cursor{}, cursor_at(1)));
  change.data.info.order_date = *parse_date("9999-12-31");
  change.data.replaces = true;
  EXPECT_TRUE(load({change}, cursor_at(1), cursor_at(2)));
  EXPECT_EQ(host_->rows(), rows_of({change}));
}

warehouse::Load product_load(Position first, Position last) {
  warehouse::RowBatch rows(warehouse::product_versions());
  for (Position i = first; i <= last; ++i) {
    events::Recorded<events::ProductPut> version{
        .position = i,
        .accepted_at = UtcTime(std::chrono::seconds(1'600'000'000 + i)),
        .data = {ProductId{i % 2 == 0 ? "even" : "odd"}, "P", i * 100}};
    warehouse::append_product(version, rows);
  }
  return {warehouse::product_versions().name, std::move(rows), cursor_at(first - 1),
          cursor_at(last)};
}

TEST_P(WarehouseConformance, each_table_has_a_position_of_its_own) {
  ASSERT_TRUE(load(order_changes(1, 3), Cursor{}, cursor_at(3)));
  EXPECT_EQ(loaded("product_versions"), Cursor{});
  auto first = product_load(1, 2);
  first.from = Cursor{};
  ASSERT_TRUE(await_here(warehouse().load(first)));
  EXPECT_FALSE(await_here(warehouse().load(first)));
  ASSERT_TRUE(await_here(warehouse().load(product_load(3, 5))));
  EXPECT_EQ(loaded("product_versions"), cursor_at(5));
  EXPECT_EQ(loaded(), cursor_at(3));
  host_->reopen();
  EXPECT_EQ(loaded("product_versions"), cursor_at(5));
  EXPECT_EQ(loaded(), cursor_at(3));
  EXPECT_EQ(host_->rows().size(), 3U);
}

TEST_P(WarehouseConformance, takes_a_large_batch) {
  constexpr Position kRows = 100'000;
  EXPECT_TRUE(load(order_changes(1, kRows), Cursor{}, cursor_at(kRows)));
  EXPECT_EQ(loaded(), cursor_at(kRows));
  EXPECT_EQ(host_->rows().size(), static_cast<std::size_t>(kRows));
}

TEST_P(WarehouseConformance, keeps_everything_over_a_reopening) {
  auto changes = order_changes(1, 1000);
  changes.push_back(replacing_change(1001, 500, 1));
  ASSERT_TRUE(load(changes, Cursor{}, cursor_at(1001)));
  const auto before = sorted(host_->rows());
  host_->reopen();
  EXPECT_EQ(loaded(), cursor_at(1001));
  EXPECT_EQ(sorted(host_->rows()), before);
  EXPECT_FALSE(load(changes, Cursor{}, cursor_at(1001)));
  EXPECT_TRUE(load(order_changes(1002, 1003), cursor_at(1001), cursor_at(1003)));
  EXPECT_EQ(host_->rows().size(), 1002U);
}

warehouse::Load beside(warehouse::Load load) {
  load.place = warehouse::Place::kBeside;
  return load;
}

TEST_P(WarehouseConformance, a_removal_takes_the_row_out) {
  ASSERT_TRUE(load(order_changes(1, 3), Cursor{}, cursor_at(3)));
  Change removal = order_change(2);
  removal.data.removed = true;
  EXPECT_TRUE(load({removal, order_change(5)}, cursor_at(3), cursor_at(5)));
  EXPECT_EQ(sorted(host_->rows()), rows_of({order_change(1), order_change(3), order_change(5)}));
  Change back = order_change(2);
  back.data.replaces = true;
  EXPECT_TRUE(load({removal, back}, cursor_at(5), cursor_at(7)));
  EXPECT_EQ(host_->rows().size(), 4U);
}

TEST_P(WarehouseConformance, a_table_that_is_loaded_beside_takes_its_place_at_once) {
  ASSERT_TRUE(load(order_changes(1, 5), Cursor{}, cursor_at(5)));
  EXPECT_EQ(await_here(warehouse().loaded_beside("order_information")), Cursor{});
  ASSERT_TRUE(await_here(
      warehouse().load(beside(order_load(order_changes(2, 3), Cursor{}, cursor_at(3))))));
  EXPECT_EQ(await_here(warehouse().loaded_beside("order_information")), cursor_at(3));
  EXPECT_EQ(loaded(), cursor_at(5));
  EXPECT_EQ(host_->rows().size(), 5U) << "owners still see the table as it was";
  host_->reopen();
  ASSERT_TRUE(await_here(
      warehouse().load(beside(order_load(order_changes(7, 7), cursor_at(3), cursor_at(7))))));
  EXPECT_FALSE(
      await_here(warehouse().put_in_place("order_information", cursor_at(4), cursor_at(7))));
  EXPECT_FALSE(
      await_here(warehouse().put_in_place("order_information", cursor_at(5), cursor_at(6))));
  EXPECT_TRUE(
      await_here(warehouse().put_in_place("order_information", cursor_at(5), cursor_at(7))));
  EXPECT_EQ(loaded(), cursor_at(7));
  EXPECT_EQ(await_here(warehouse().loaded_beside("order_information")), Cursor{});
  EXPECT_EQ(sorted(host_->rows()), rows_of({order_change(2), order_change(3), order_change(7)}));
  host_->reopen();
  EXPECT_EQ(loaded(), cursor_at(7));
  EXPECT_EQ(host_->rows().size(), 3U);
  EXPECT_TRUE(load({order_change(8)}, cursor_at(7), cursor_at(8)));
}

TEST_P(WarehouseConformance, a_table_beside_is_begun_again_from_nothing) {
  ASSERT_TRUE(await_here(
      warehouse().load(beside(order_load(order_changes(1, 3), Cursor{}, cursor_at(3))))));
  ASSERT_TRUE(await_here(
      warehouse().load(beside(order_load(order_changes(9, 9), Cursor{}, cursor_at(9))))));
  EXPECT_TRUE(await_here(warehouse().put_in_place("order_information", Cursor{}, cursor_at(9))));
  EXPECT_EQ(host_->rows(), rows_of({order_change(9)}));
}

/// Of two loaders that start from the same position only one loads.
TEST_P(WarehouseConformance, one_of_two_racing_loads_wins) {
  boost::asio::io_context context(1);
  int won = 0;
  for (int i = 0; i < 2; ++i) {
    boost::asio::co_spawn(
        context, warehouse().load(order_load(order_changes(1, 100), Cursor{}, cursor_at(100))),
        [&](const std::exception_ptr& error, bool loaded) {
          EXPECT_FALSE(error);
          won += loaded ? 1 : 0;
        });
  }
  context.run();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(host_->rows().size(), 100U);
}

Result<warehouse::ResultTable> run_sql(warehouse::Warehouse& warehouse, std::string sql) {
  return table_of(await_here(warehouse.query({.sql = std::move(sql)})));
}

TEST_P(WarehouseConformance, sql_has_the_table_of_the_lab) {
  if (!GetParam().understands_sql) GTEST_SKIP() << GetParam() << " is not asked in SQL";
  ASSERT_TRUE(load(order_changes(1, 1), Cursor{}, cursor_at(1)));
  const auto result = run_sql(warehouse(), "SELECT * FROM cqrs_example.order_information");
  ASSERT_TRUE(result.has_value()) << result.error().message;
  std::vector<std::string> names;
  for (const auto& column : result->columns)
    names.push_back(column.name);
  EXPECT_EQ(names,
            (std::vector<std::string>{"customer_id", "order_id", "product_id", "product_name",
                                      "number", "unit_price", "total_price", "order_date"}));
  EXPECT_EQ(result->position, 1);
}

TEST_P(WarehouseConformance, sql_lists_the_rows_that_a_new_history_has_not) {
  if (!GetParam().understands_sql) GTEST_SKIP() << GetParam() << " is not asked in SQL";
  ASSERT_TRUE(load(order_changes(1, 3), Cursor{}, cursor_at(3)));
  ASSERT_TRUE(await_here(
      warehouse().load(beside(order_load(order_changes(1, 2), Cursor{}, cursor_at(2))))));
  ASSERT_TRUE(
      await_here(warehouse().put_in_place("order_information", cursor_at(3), cursor_at(2))));
  const auto listed =
      run_sql(warehouse(), "SELECT table_name, row_key, position FROM orderly.taken_out");
  ASSERT_TRUE(listed.has_value()) << listed.error().message;
  using warehouse::Cell;
  EXPECT_EQ(listed->rows,
            (std::vector<warehouse::Row>{{Cell("order_information"),
                                          Cell(order_change(3).data.info.order_id.value),
                                          Cell(std::int64_t{3})}}));
}

TEST_P(WarehouseConformance, sql_that_writes_is_refused_and_changes_nothing) {
  if (!GetParam().understands_sql) GTEST_SKIP() << GetParam() << " is not asked in SQL";
  ASSERT_TRUE(load(order_changes(1, 3), Cursor{}, cursor_at(3)));
  for (const char* sql : {"DELETE FROM cqrs_example.order_information",
                          "INSERT INTO cqrs_example.order_information (number) VALUES (1)",
                          "DROP TABLE cqrs_example.order_information"}) {
    const auto result = run_sql(warehouse(), sql);
    ASSERT_FALSE(result.has_value()) << sql;
    EXPECT_EQ(result.error().kind, ErrorKind::kInvalid) << sql;
  }
  EXPECT_EQ(host_->rows().size(), 3U);
}

TEST_P(WarehouseConformance, sql_results_stop_at_the_row_limit) {
  if (!GetParam().understands_sql) GTEST_SKIP() << GetParam() << " is not asked in SQL";
  ASSERT_TRUE(load(order_changes(1, 10), Cursor{}, cursor_at(10)));
  const std::string sql = "SELECT order_id FROM cqrs_example.order_information";
  const auto some = table_of(await_here(warehouse().query({.sql = sql, .max_rows = 9})));
  ASSERT_TRUE(some.has_value());
  EXPECT_EQ(some->rows.size(), 9U);
  EXPECT_TRUE(some->truncated);
  const auto all = table_of(await_here(warehouse().query({.sql = sql, .max_rows = 10})));
  ASSERT_TRUE(all.has_value());
  EXPECT_EQ(all->rows.size(), 10U);
  EXPECT_FALSE(all->truncated);
}

TEST_P(WarehouseConformance, sql_has_products_with_the_time_that_a_price_was_in_force) {
  if (!GetParam().understands_sql) GTEST_SKIP() << GetParam() << " is not asked in SQL";
  auto versions = product_load(1, 3);
  versions.from = Cursor{};
  ASSERT_TRUE(await_here(warehouse().load(std::move(versions))));
  const auto prices = run_sql(warehouse(),
                              "SELECT product_id, unit_price, valid_from, valid_to FROM "
                              "cqrs_example.product_prices ORDER BY product_id, valid_from");
  ASSERT_TRUE(prices.has_value()) << prices.error().message;
  using warehouse::Cell;
  const auto number = [](std::int64_t value) { return Cell(value); };
  EXPECT_EQ(
      prices->rows,
      (std::vector<warehouse::Row>{
          {Cell("even"), number(200), Cell("2020-09-13 12:26:42"), Cell{}},
          {Cell("odd"), number(100), Cell("2020-09-13 12:26:41"), Cell("2020-09-13 12:26:43")},
          {Cell("odd"), number(300), Cell("2020-09-13 12:26:43"), Cell{}}}));
  const auto products = run_sql(
      warehouse(), "SELECT product_id, unit_price FROM cqrs_example.products ORDER BY product_id");
  ASSERT_TRUE(products.has_value()) << products.error().message;
  EXPECT_EQ(products->rows,
            (std::vector<warehouse::Row>{{Cell("even"), number(200)}, {Cell("odd"), number(300)}}));
}

TEST_P(WarehouseConformance, sql_has_orders_by_day_and_month) {
  if (!GetParam().understands_sql) GTEST_SKIP() << GetParam() << " is not asked in SQL";
  ASSERT_TRUE(load(order_changes(1, 1000), Cursor{}, cursor_at(1000)));
  const std::string by_hand =
      "SELECT product_id, count(*), sum(number), sum(total_price) FROM "
      "cqrs_example.order_information GROUP BY ALL ORDER BY ALL";
  const auto expected = run_sql(warehouse(), by_hand);
  ASSERT_TRUE(expected.has_value()) << expected.error().message;
  ASSERT_EQ(expected->rows.size(), 3U);
  for (const std::string view : {"orders_by_day", "orders_by_month"}) {
    const auto totals = run_sql(warehouse(),
                                "SELECT product_id, sum(orders), sum(number), sum(revenue) FROM "
                                "cqrs_example." +
                                    view + " GROUP BY ALL ORDER BY ALL");
    ASSERT_TRUE(totals.has_value()) << totals.error().message;
    EXPECT_EQ(totals->rows, expected->rows) << view;
  }
}

/// Batches of 100 orders, so a consistent answer has a count that is a multiple of 100 and equals
/// its position.
TEST_P(WarehouseConformance, sql_sees_whole_batches_while_loading) {
  if (!GetParam().understands_sql) GTEST_SKIP() << GetParam() << " is not asked in SQL";
  constexpr Position kBatches = 30;
  constexpr Position kBatch = 100;
  std::atomic<bool> done{false};
  std::thread loader([&] {
    Cursor from;
    for (Position batch = 0; batch < kBatches; ++batch) {
      const Cursor to = cursor_at((batch + 1) * kBatch);
      EXPECT_TRUE(load(order_changes(batch * kBatch + 1, (batch + 1) * kBatch), from, to));
      from = to;
    }
    done = true;
  });
  int answers = 0;
  do {
    const auto result =
        run_sql(warehouse(), "SELECT count(*)::BIGINT FROM cqrs_example.order_information");
    if (!result.has_value()) {
      ADD_FAILURE() << result.error().message;
      break;
    }
    EXPECT_EQ(std::get<std::int64_t>(result->rows.at(0).at(0)), result->position);
    EXPECT_EQ(result->position % kBatch, 0);
    ++answers;
  } while (!done);
  loader.join();
  EXPECT_GT(answers, 0);
  EXPECT_EQ(host_->rows().size(), static_cast<std::size_t>(kBatches * kBatch));
}

}  // namespace
}  // namespace orderly::testing
