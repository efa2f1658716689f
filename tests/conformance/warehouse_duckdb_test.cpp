#include "conformance/warehouse_conformance.hpp"
#include "support/result_of.hpp"
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

  std::vector<events::OrderInfo> rows() override {
    const auto result = table_of(await_here(warehouse_->query(
        {.sql = "SELECT customer_id, order_id, product_id, product_name, number, unit_price, "
                "total_price, order_date FROM cqrs_example.order_information",
         .max_rows = 1'000'000,
         .max_bytes = std::size_t{1} << 30})));
    if (!result) throw std::runtime_error(result.error().message);
    std::vector<events::OrderInfo> rows;
    for (const warehouse::Row& row : result->rows)
      rows.push_back(to_order_info(row));
    return rows;
  }

 private:
  static events::OrderInfo to_order_info(const warehouse::Row& row) {
    const auto text = [&](std::size_t i) { return std::get<std::string>(row.at(i)); };
    const auto integer = [&](std::size_t i) { return std::get<std::int64_t>(row.at(i)); };
    return {.order_id = OrderId{text(1)},
            .customer_id = CustomerId{text(0)},
            .product_id = ProductId{text(2)},
            .product_name = text(3),
            .number = integer(4),
            .unit_price = integer(5),
            .total_price = integer(6),
            .order_date = parse_date(text(7)).value()};
  }

  ScratchFolder folder_;
  std::unique_ptr<DuckdbWarehouse> warehouse_;
};

INSTANTIATE_TEST_SUITE_P(Duckdb, WarehouseConformance,
                         ::testing::Values(WarehouseAdapter{.name = "duckdb", .make_host = [] {
                                                              return std::make_unique<DuckdbHost>();
                                                            }}));

}  // namespace
}  // namespace orderly::testing
