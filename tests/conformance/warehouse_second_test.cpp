#include <algorithm>
#include <string>
#include <variant>

#include "conformance/warehouse_conformance.hpp"
#include "support/result_of.hpp"

/// What every Warehouse promises of second tables (warehouse/second.hpp).
namespace orderly::testing {
namespace {

using warehouse::Cell;
using warehouse::ComparedSecond;
using warehouse::Place;
using warehouse::SecondCommand;
using warehouse::SecondTables;
using Action = SecondCommand::Action;

constexpr UtcTime kUntil{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};

std::int64_t unit_price_of(WarehouseHost& host, Position order) {
  const auto id = order_change(order).data.info.order_id;
  for (const auto& row : host.rows()) {
    if (row.order_id == id) return row.unit_price;
  }
  return -1;
}

TEST_P(WarehouseConformance, has_no_second_tables_at_first) {
  EXPECT_EQ(second(), SecondTables{});
  EXPECT_FALSE(load_second(order_changes(1, 2), 0, 2));
  EXPECT_FALSE(swap_second().swapped);
  EXPECT_FALSE(compare_second().stood_alike);
  EXPECT_TRUE(host_->rows().empty());
}

TEST_P(WarehouseConformance, a_second_table_is_loaded_beside_the_live_one) {
  ASSERT_TRUE(load(order_changes(1, 4), Cursor{}, cursor_at(4)));
  EXPECT_EQ(create_second(), orders_at(4, 0));
  EXPECT_TRUE(load_second(order_changes(1, 2), 0, 2));
  EXPECT_FALSE(load_second(order_changes(1, 2), 0, 2)) << "it is there";
  EXPECT_EQ(second(), orders_at(4, 2));
  EXPECT_FALSE(compare_second().stood_alike) << "they are of different moments";
  EXPECT_EQ(host_->rows().size(), 4U) << "the live one is as it was";
  host_->reopen();
  EXPECT_EQ(second(), orders_at(4, 2)) << "and goes on after a restart";
  EXPECT_TRUE(load_second(order_changes(3, 4), 2, 4));
  EXPECT_EQ(look_closely().differences, 0U);
}

TEST_P(WarehouseConformance, a_load_goes_into_a_second_table_too_where_they_stand_alike) {
  ASSERT_TRUE(load(order_changes(1, 4), Cursor{}, cursor_at(4)));
  create_second();
  ASSERT_TRUE(load(order_changes(5, 5), cursor_at(4), cursor_at(5)));
  EXPECT_EQ(second(), orders_at(5, 0)) << "not into one that is behind";
  ASSERT_TRUE(load_second(order_changes(1, 5), 0, 5));
  ASSERT_TRUE(load({order_change(6), replacing_change(7, 2, 55)}, cursor_at(5), cursor_at(7)));
  EXPECT_EQ(second(), orders_at(7, 7));
  EXPECT_EQ(look_closely().differences, 0U);
  EXPECT_EQ(host_->rows().size(), 6U);
  EXPECT_TRUE(swap_second().swapped);
  EXPECT_EQ(host_->rows().size(), 6U);
  EXPECT_EQ(unit_price_of(*host_, 2), 55);
}

TEST_P(WarehouseConformance, what_differs_in_a_second_table_is_shown_with_both_sides) {
  ASSERT_TRUE(load(order_changes(1, 40), Cursor{}, cursor_at(40)));
  create_second();
  // Another price of 7, none of 9, one of 41 that the live one lacks.
  auto changes = order_changes(1, 41);
  changes[6] = replacing_change(7, 7, 777);
  changes.erase(changes.begin() + 8);
  ASSERT_TRUE(load_second(changes, 0, 40));
  const auto compared = look_closely();
  EXPECT_EQ(compared.differences, 3U);
  ASSERT_EQ(compared.first.size(), 3U);
  const auto pair_of = [&](Position order) {
    const Cell id = order_change(order).data.info.order_id.value;
    const auto is_it = [&](const ComparedSecond::Pair& pair) {
      return (pair.live ? *pair.live : *pair.second).at(1) == id;
    };
    const auto found = std::ranges::find_if(compared.first, is_it);
    EXPECT_NE(found, compared.first.end());
    return *found;
  };
  const auto dearer = pair_of(7);
  ASSERT_TRUE(dearer.live && dearer.second);
  EXPECT_EQ(dearer.live->size(), 8U);
  EXPECT_EQ(dearer.live->at(5), Cell(order_change(7).data.info.unit_price));
  EXPECT_EQ(dearer.second->at(5), Cell(std::int64_t{777}));
  EXPECT_TRUE(std::holds_alternative<std::string>(dearer.live->at(7))) << "a date is its text";
  EXPECT_FALSE(pair_of(9).second.has_value());
  EXPECT_FALSE(pair_of(41).live.has_value());
  EXPECT_EQ(look_closely(2).first.size(), 2U);
  EXPECT_EQ(look_closely(0).differences, 3U) << "what is not shown is counted";
}

TEST_P(WarehouseConformance, second_tables_change_places_where_they_stand_alike_only) {
  ASSERT_TRUE(load(order_changes(1, 3), Cursor{}, cursor_at(3)));
  create_second();
  EXPECT_FALSE(swap_second().swapped);
  EXPECT_EQ(host_->rows().size(), 3U);
  ASSERT_TRUE(load_second({replacing_change(3, 1, 777)}, 0, 3));
  EXPECT_TRUE(swap_second().swapped);
  EXPECT_TRUE(second().swapped) << "that it happened can be told later";
  ASSERT_EQ(host_->rows().size(), 1U);
  EXPECT_EQ(unit_price_of(*host_, 1), 777);
  EXPECT_EQ(loaded(), cursor_at(3));
  ASSERT_TRUE(load(order_changes(4, 4), cursor_at(3), cursor_at(4)));
  EXPECT_TRUE(swap_second().swapped) << "and back, which was fed meanwhile";
  EXPECT_EQ(host_->rows().size(), 4U);
}

TEST_P(WarehouseConformance, second_tables_that_are_kept_outlive_the_process) {
  ASSERT_TRUE(load(order_changes(1, 3), Cursor{}, cursor_at(3)));
  create_second();
  ASSERT_TRUE(load_second({replacing_change(3, 1, 777)}, 0, 3));
  ASSERT_TRUE(swap_second().swapped);
  second({.action = Action::kKeep, .until = kUntil});
  host_->reopen();
  const auto there = second();
  EXPECT_EQ(there.kept_until, kUntil);
  EXPECT_FALSE(there.swapped);
  EXPECT_EQ(host_->rows().size(), 1U);
  ASSERT_TRUE(load(order_changes(4, 5), cursor_at(3), cursor_at(5)));
  ASSERT_TRUE(swap_second().swapped);
  EXPECT_EQ(host_->rows().size(), 5U);
  EXPECT_FALSE(second().kept_until.has_value());
}

TEST_P(WarehouseConformance, a_second_table_that_was_removed_is_gone_and_can_be_made_again) {
  ASSERT_TRUE(load(order_changes(1, 3), Cursor{}, cursor_at(3)));
  create_second();
  ASSERT_TRUE(load_second(order_changes(1, 3), 0, 3));
  ASSERT_TRUE(swap_second().swapped);
  second({.action = Action::kKeep, .until = kUntil});
  EXPECT_EQ(second({.action = Action::kRemove}), SecondTables{});
  EXPECT_EQ(second({.action = Action::kRemove}), SecondTables{});
  EXPECT_EQ(host_->rows().size(), 3U);
  create_second();
  ASSERT_TRUE(load_second(order_changes(1, 2), 0, 2));
  EXPECT_EQ(create_second(), orders_at(3, 0)) << "in the place of an earlier one";
  host_->reopen();
  EXPECT_EQ(second(), orders_at(3, 0));
  EXPECT_EQ(host_->rows().size(), 3U);
}

TEST_P(WarehouseConformance, several_second_tables_change_places_together_or_not_at_all) {
  ASSERT_TRUE(load(order_changes(1, 3), Cursor{}, cursor_at(3)));
  auto there = create_second({kOrders, "product_versions"});
  EXPECT_EQ(there.tables.size(), 2U);
  ASSERT_TRUE(load_second(order_changes(1, 3), 0, 3));
  warehouse::RowBatch rows(warehouse::product_versions());
  warehouse::append_product({.position = 1, .data = {ProductId{"p"}, "P", 5}}, rows);
  warehouse::Load step{.table = "product_versions", .rows = rows, .from = {}, .to = cursor_at(1)};
  ASSERT_TRUE(await_here(warehouse().load(step)));
  there = second();
  EXPECT_TRUE(std::ranges::all_of(there.tables, &warehouse::SecondTable::stand_alike))
      << "both stood before the first position, so the version went into both";
  EXPECT_TRUE(swap_second().swapped);
  step.from = cursor_at(1);
  step.to = cursor_at(2);
  ASSERT_TRUE(await_here(warehouse().load(step)));
  EXPECT_TRUE(swap_second().swapped);
  create_second({kOrders, "product_versions"});
  ASSERT_TRUE(load_second(order_changes(1, 3), 0, 3));
  EXPECT_FALSE(swap_second().swapped) << "the versions are not loaded yet";
}

/// Its source has another history, so the second one is of the wrong one.
TEST_P(WarehouseConformance, a_second_table_whose_table_is_loaded_anew_is_removed) {
  ASSERT_TRUE(load(order_changes(1, 3), Cursor{}, cursor_at(3)));
  create_second();
  ASSERT_TRUE(load_second(order_changes(1, 3), 0, 3));
  auto step = order_load(order_changes(1, 2), Cursor{}, cursor_at(2));
  step.place = Place::kBeside;
  ASSERT_TRUE(await_here(warehouse().load(std::move(step))));
  ASSERT_TRUE(await_here(warehouse().put_in_place(kOrders, cursor_at(3), cursor_at(2))));
  EXPECT_TRUE(second().tables.empty());
  EXPECT_EQ(host_->rows().size(), 2U);
}

TEST_P(WarehouseConformance, sql_lists_the_rows_that_a_rebuilt_one_has_not) {
  if (!GetParam().understands_sql) GTEST_SKIP() << GetParam() << " is not asked in SQL";
  const auto listed = [&] {
    const auto result = table_of(await_here(warehouse().query(
        {.sql = "SELECT row_key, position FROM orderly.taken_out ORDER BY row_key"})));
    return result ? result->rows : std::vector<warehouse::Row>();
  };
  ASSERT_TRUE(load(order_changes(1, 3), Cursor{}, cursor_at(3)));
  create_second();
  ASSERT_TRUE(load_second({order_change(1), order_change(3)}, 0, 3));
  ASSERT_TRUE(swap_second(true).swapped);
  const std::string lost = order_change(2).data.info.order_id.value;
  EXPECT_EQ(listed(), (std::vector<warehouse::Row>{{Cell(lost), Cell(std::int64_t{3})}}));
  ASSERT_TRUE(swap_second(true).swapped);
  EXPECT_TRUE(listed().empty()) << "it is back";
}

TEST_P(WarehouseConformance, sql_views_are_over_what_is_live) {
  if (!GetParam().understands_sql) GTEST_SKIP() << GetParam() << " is not asked in SQL";
  ASSERT_TRUE(load(order_changes(1, 3), Cursor{}, cursor_at(3)));
  create_second();
  ASSERT_TRUE(load_second(order_changes(1, 2), 0, 3));
  ASSERT_TRUE(swap_second().swapped);
  const auto result = table_of(await_here(
      warehouse().query({.sql = "SELECT sum(orders)::BIGINT FROM cqrs_example.orders_by_month"})));
  ASSERT_TRUE(result.has_value()) << result.error().message;
  EXPECT_EQ(result->rows.at(0).at(0), Cell(std::int64_t{2}));
}

}  // namespace

}  // namespace orderly::testing
