#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

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

/// Runs `task` to its end on the calling thread.
template <class T>
T run_task(runtime::Task<T> task) {
  boost::asio::io_context context(1);
  std::exception_ptr error;
  std::optional<T> value;
  boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr failed, T result) {
    error = std::move(failed);
    value.emplace(std::move(result));
  });
  context.run();
  if (error) std::rethrow_exception(error);
  return std::move(*value);
}

class WarehouseConformance : public ::testing::TestWithParam<WarehouseAdapter> {
 protected:
  void SetUp() override { host_ = GetParam().make_host(); }

  warehouse::Warehouse& warehouse() { return host_->warehouse(); }
  Cursor loaded() { return run_task(warehouse().loaded()); }
  bool load(std::vector<warehouse::Change> changes, const Cursor& from, const Cursor& to) {
    return run_task(warehouse().load(std::move(changes), from, to));
  }

  std::unique_ptr<WarehouseHost> host_;
};

}  // namespace orderly::testing
