#include "app/platform.hpp"

/// What looks after the stores on a loop of its own: the audit, and the rebuild of the read model.
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

void Platform::open_rebuild() {
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

}  // namespace orderly::app
