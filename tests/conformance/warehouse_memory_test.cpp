#include "conformance/warehouse_conformance.hpp"
#include "support/memory_warehouse.hpp"

namespace orderly::testing {
namespace {

class MemoryHost final : public WarehouseHost {
 public:
  warehouse::Warehouse& warehouse() override { return *warehouse_; }
  void reopen() override { warehouse_ = std::make_unique<MemoryWarehouse>(storage_); }
  std::vector<events::OrderInfo> rows() override { return warehouse_->rows(); }

 private:
  std::shared_ptr<MemoryWarehouse::Storage> storage_ = std::make_shared<MemoryWarehouse::Storage>();
  std::unique_ptr<MemoryWarehouse> warehouse_ = std::make_unique<MemoryWarehouse>(storage_);
};

INSTANTIATE_TEST_SUITE_P(Memory, WarehouseConformance,
                         ::testing::Values(WarehouseAdapter{
                             .name = "memory",
                             .make_host = [] { return std::make_unique<MemoryHost>(); },
                             .understands_sql = false}));

}  // namespace
}  // namespace orderly::testing
