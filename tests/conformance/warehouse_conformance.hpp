#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "support/await_here.hpp"
#include "support/order_changes.hpp"
#include "warehouse/warehouse.hpp"

/// The suite that every Warehouse passes. An adapter registers itself in a file of its own:
///
///     INSTANTIATE_TEST_SUITE_P(Duckdb, WarehouseConformance,
///                              ::testing::Values(WarehouseAdapter{"duckdb", make_duckdb_host}));
namespace orderly::testing {

/// A fresh, empty warehouse and its storage.
class WarehouseHost {
 public:
  virtual ~WarehouseHost() = default;
  virtual warehouse::Warehouse& warehouse() = 0;
  /// Closes the warehouse and opens what it stored; earlier references are void.
  virtual void reopen() = 0;
  /// Every row stored, in any order.
  virtual std::vector<events::OrderInfo> rows() = 0;
};

struct WarehouseAdapter {
  std::string name;
  std::function<std::unique_ptr<WarehouseHost>()> make_host;
  /// What it does not promise; the suite prints it and skips those cases.
  bool understands_sql = true;

  friend std::ostream& operator<<(std::ostream& out, const WarehouseAdapter& adapter) {
    return out << adapter.name << (adapter.understands_sql ? "" : " (no SQL)");
  }
};

class WarehouseConformance : public ::testing::TestWithParam<WarehouseAdapter> {
 protected:
  void SetUp() override { host_ = GetParam().make_host(); }

  warehouse::Warehouse& warehouse() { return host_->warehouse(); }
  Cursor loaded(const std::string& table = "order_information") {
    return await_here(warehouse().loaded(table));
  }
  bool load(const std::vector<warehouse::Change>& changes, const Cursor& from, const Cursor& to) {
    return await_here(warehouse().load(order_load(changes, from, to)));
  }

  // Second tables; of order_information where none is named.
  static constexpr const char* kOrders = "order_information";
  static Cursor at_position(Position position) {
    return position == 0 ? Cursor{} : cursor_at(position);
  }
  static warehouse::SecondTables orders_at(Position live, Position second) {
    return {.tables = {{kOrders, at_position(live), at_position(second)}}};
  }
  warehouse::SecondTables second(warehouse::SecondCommand command = {}) {
    return await_here(warehouse().second(std::move(command)));
  }
  warehouse::SecondTables create_second(std::vector<std::string> tables = {kOrders}) {
    return second(
        {.action = warehouse::SecondCommand::Action::kCreate, .tables = std::move(tables)});
  }
  warehouse::SecondTables swap_second(bool list_lost = false) {
    return second({.action = warehouse::SecondCommand::Action::kSwap, .list_lost = list_lost});
  }
  bool load_second(const std::vector<warehouse::Change>& changes, Position from, Position to) {
    auto step = order_load(changes, at_position(from), at_position(to));
    step.place = warehouse::Place::kSecond;
    return await_here(warehouse().load(std::move(step)));
  }
  warehouse::ComparedSecond compare_second(std::vector<std::uint32_t> parts = {},
                                           std::size_t limit = 10) {
    return await_here(
        warehouse().compare_second({.table = kOrders, .parts = std::move(parts), .limit = limit}));
  }
  /// The sums, and then the rows of what differs.
  warehouse::ComparedSecond look_closely(std::size_t limit = 10) {
    const auto sums = compare_second();
    EXPECT_TRUE(sums.stood_alike);
    std::vector<std::uint32_t> parts;
    for (const auto& part : sums.differing) {
      EXPECT_GT(part.rows, 0);
      parts.push_back(part.number);
    }
    return parts.empty() ? sums : compare_second(parts, limit);
  }

  std::unique_ptr<WarehouseHost> host_;
};

}  // namespace orderly::testing
