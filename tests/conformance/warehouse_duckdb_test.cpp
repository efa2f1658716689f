#include "conformance/warehouse_conformance.hpp"
#include "conformance/warehouse_rows.hpp"
#include "support/scratch_folder.hpp"
#include "warehouse/duckdb/duckdb_warehouse.hpp"

namespace orderly::testing {
namespace {

using warehouse::duckdb::DuckdbOptions;
using warehouse::duckdb::DuckdbWarehouse;

class DuckdbHost final : public WarehouseHost {
 public:
  DuckdbHost() { reopen(); }

  warehouse::Warehouse& warehouse() override { return *warehouse_; }

  void reopen() override {
    warehouse_.reset();  // closes the file first
    warehouse_ = std::make_unique<DuckdbWarehouse>(
        DuckdbOptions{.database = {.path = folder_.path() / "warehouse.duckdb"}});
  }

  std::vector<events::OrderInfo> rows() override { return orders_in(*warehouse_); }

 private:
  ScratchFolder folder_;
  std::unique_ptr<DuckdbWarehouse> warehouse_;
};

INSTANTIATE_TEST_SUITE_P(Duckdb, WarehouseConformance,
                         ::testing::Values(WarehouseAdapter{.name = "duckdb", .make_host = [] {
                                                              return std::make_unique<DuckdbHost>();
                                                            }}));

}  // namespace
}  // namespace orderly::testing
