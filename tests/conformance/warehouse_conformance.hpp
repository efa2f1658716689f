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

  std::unique_ptr<WarehouseHost> host_;
};

}  // namespace orderly::testing
