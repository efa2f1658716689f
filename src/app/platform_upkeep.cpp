#include "app/platform.hpp"
#include "audit/routes.hpp"
#include "rebuild/routes.hpp"
#include "runtime/on_loop.hpp"
#include "warehouse/routes.hpp"

/// What looks after the stores: the audit and the rebuild of the read model, on a loop of their
/// own, and the rebuild of the warehouse.
namespace orderly::app {

void Platform::open_audit() {
  auto& loop = seams_.audit;
  if (orders_) {
    audited_orders_ = std::make_unique<events::LocalFeed<events::OrderPlaced>>(loop, *orders_);
  } else {
    audited_orders_ = std::make_unique<RemoteFeed<events::OrderPlaced>>(
        open_peer(loop, options_.order_url, "--order-url"), "/api/v1/order/events");
  }
  audited_changes_ = std::make_unique<events::LocalFeed<events::OrderInfoPut>>(loop, *read_model_);
  audited_read_model_ =
      std::make_unique<LocalReadModelSide>(seams_.background, *read_model_, *projector_);
  if (warehouse_)
    audited_warehouse_ = std::make_unique<SqlWarehouseSide>(*warehouse_, *read_model_);
  audit_ = std::make_unique<audit::Audit>(
      loop,
      audit::Sides{.orders = *audited_orders_,
                   .changes = *audited_changes_,
                   .read_model = *audited_read_model_,
                   .warehouse = audited_warehouse_.get()},
      audit::AuditOptions{.interval = std::chrono::minutes(options_.audit_minutes)},
      seams_.metrics);
}

void Platform::open_read_model_rebuild() {
  auto& loop = seams_.audit;
  if (products_) {
    rebuilt_products_ = std::make_unique<events::LocalFeed<events::ProductPut>>(loop, *products_);
  } else {
    rebuilt_products_ = std::make_unique<RemoteFeed<events::ProductPut>>(
        open_peer(loop, options_.product_url, "--product-url"), "/api/v1/product/events");
  }
  rebuildable_read_model_ = std::make_unique<orderinfo::ReadModelRebuild>(
      orderinfo::ReadModelRebuild::Parts{.loop = loop,
                                         .projector_loop = seams_.background,
                                         .projector = *projector_,
                                         .host = *read_model_files_,
                                         .orders = *audited_orders_,
                                         .products = *rebuilt_products_});
  read_model_rebuild_ =
      std::make_unique<rebuild::Rebuild>(loop, *rebuildable_read_model_, "read model");
}

/// After every loader was added.
void Platform::open_warehouse_rebuild() {
  auto& loop = seams_.background;
  rebuildable_warehouse_ =
      std::make_unique<warehouse::WarehouseRebuild>(loop, *warehouse_, *loaders_);
  warehouse_rebuild_ =
      std::make_unique<rebuild::Rebuild>(loop, *rebuildable_warehouse_, "warehouse");
  if (!read_model_rebuild_) return;
  warehouse_rebuild_->wait_for_turn_with(*read_model_rebuild_);
  read_model_rebuild_->wait_for_turn_with(*warehouse_rebuild_);
}

void Platform::add_upkeep_routes(http::Router& router) {
  if (audit_) audit::add_routes(router, *audit_);
  if (read_model_rebuild_) {
    rebuild::add_routes(router, "/api/v1/admin/rebuild/read-model", "orderinfo-service-cqrs",
                        *read_model_rebuild_);
  }
  if (warehouse_rebuild_) {
    rebuild::add_routes(router, "/api/v1/admin/rebuild/warehouse",
                        std::string(warehouse::kServiceName), *warehouse_rebuild_);
  }
}

void Platform::start_upkeep() {
  if (audit_) audit_->start();
  if (read_model_rebuild_) read_model_rebuild_->start();
  if (warehouse_rebuild_) warehouse_rebuild_->start();
}

/// On the loop of the loaders.
runtime::Task<void> Platform::stop_upkeep() {
  if (audit_) co_await runtime::on_loop(seams_.audit, audit_->stop());
  if (read_model_rebuild_) {
    co_await runtime::on_loop(seams_.audit, read_model_rebuild_->stop());
  }
  if (warehouse_rebuild_) co_await warehouse_rebuild_->stop();
}

}  // namespace orderly::app
