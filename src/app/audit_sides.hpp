#pragma once

#include <string>
#include <vector>

#include "audit/sides.hpp"
#include "orderinfo/projector.hpp"
#include "orderinfo/read_model.hpp"
#include "runtime/event_loop.hpp"
#include "warehouse/result_table.hpp"
#include "warehouse/warehouse.hpp"

/// What the audit compares, where it is hosted in this process: the adapters of its ports.
namespace orderly::app {

class LocalReadModelSide final : public audit::ReadModelSide {
 public:
  /// `projector_loop`: the projector's. All outlive this.
  LocalReadModelSide(runtime::EventLoop& projector_loop, orderinfo::ReadModel& store,
                     orderinfo::Projector& projector)
      : projector_loop_(projector_loop), store_(store), projector_(projector) {}

  Cursor settled() override { return store_.progress().orders; }
  Position head() override { return store_.progress().head; }
  audit::Standing standing(const OrderId& order) override;
  std::optional<events::OrderInfo> row(const OrderId& order) override { return store_.row(order); }
  std::vector<events::Recorded<events::OrderPlaced>> foreign(Position after,
                                                             std::size_t limit) override {
    return store_.foreign_events(after, limit);
  }
  bool is_foreign(const OrderId& order) override { return store_.is_foreign(order); }
  runtime::Task<std::size_t> project_again(
      std::vector<events::Recorded<events::OrderPlaced>> events, Uuid epoch) override;

 private:
  runtime::EventLoop& projector_loop_;
  orderinfo::ReadModel& store_;
  orderinfo::Projector& projector_;
};

/// Asks the warehouse in SQL, like its owner.
class SqlWarehouseSide final : public audit::WarehouseSide {
 public:
  SqlWarehouseSide(warehouse::Warehouse& warehouse, const orderinfo::ReadModel& source)
      : warehouse_(warehouse), source_(source) {}

  runtime::Task<Position> loaded() override;
  runtime::Task<Summed> digest() override;
  runtime::Task<std::optional<std::vector<audit::WarehouseRow>>> rows_of(
      std::vector<std::size_t> buckets, std::size_t limit) override;
  runtime::Task<std::vector<audit::WarehouseRow>> rows_of_orders(
      std::vector<std::string> orders) override;

 private:
  runtime::Task<warehouse::ResultTable> ask(std::string sql);

  warehouse::Warehouse& warehouse_;
  const orderinfo::ReadModel& source_;
};

}  // namespace orderly::app
