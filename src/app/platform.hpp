#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "app/audit_sides.hpp"
#include "app/backpressure.hpp"
#include "app/dead_letter_routes.hpp"
#include "app/extension.hpp"
#include "app/options.hpp"
#include "app/passages.hpp"
#include "app/peers.hpp"
#include "app/pipeline.hpp"
#include "app/recording_endpoint.hpp"
#include "app/seams.hpp"
#include "app/trace_routes.hpp"
#include "audit/audit.hpp"
#include "broker/embedded/embedded_broker.hpp"
#include "event_publisher/relay.hpp"
#include "http/router.hpp"
#include "http/standard_routes.hpp"
#include "order/sqlite/sqlite_order_store.hpp"
#include "orderinfo/delivery_endpoint.hpp"
#include "orderinfo/hops.hpp"
#include "orderinfo/order_streams.hpp"
#include "orderinfo/projector.hpp"
#include "orderinfo/read_model_rebuild.hpp"
#include "orderinfo/sqlite/read_model_files.hpp"
#include "orderinfo/visibility.hpp"
#include "product/sqlite/sqlite_product_store.hpp"
#include "rebuild/rebuild.hpp"
#include "runtime/pump.hpp"
#include "runtime/task_group.hpp"
#include "scheduler/scheduler.hpp"
#include "scheduler/sqlite/sqlite_job_store.hpp"
#include "warehouse/loaders.hpp"
#include "warehouse/own_writes.hpp"
#include "warehouse/warehouse.hpp"
#include "warehouse/warehouse_rebuild.hpp"

/// The composition root: which services this process hosts, on which stores, and how they reach
/// each other. The only place that names adapters.
namespace orderly::app {

/// The lab's subscription of the order topic.
inline constexpr const char* kOrderSubscription = "push-order-to-orderinfo";

/// The services of one process, wired. `up`, `serve` and the simulation all run this.
///
/// Constructed on any thread before the loops run; opens the stores. stop() has been awaited before
/// it is destroyed, unless the loops are already gone.
class Platform {
 public:
  /// `warehouse` is null unless its service is hosted here. Throws std::exception with a message
  /// for a person.
  Platform(Seams seams, const NodeOptions& options, warehouse::Warehouse* warehouse);
  ~Platform();
  Platform(const Platform&) = delete;
  Platform& operator=(const Platform&) = delete;

  /// Adds the routes of the hosted services to the router, which serves on the front loop.
  void add_routes(http::Router& router);
  /// Makes what the configuration file declares. On the background loop, before start(). Throws
  /// std::exception with a message for a person.
  runtime::Task<void> declare();
  /// Starts what runs by itself, on the background loop.
  void start();
  /// Waits until the stores of the front loop have answered every command, and ends what watches
  /// for requests. On the front loop, after the last request.
  runtime::Task<void> drain();
  /// Ends what start() began, with all progress saved. On the background loop, after the last
  /// request.
  runtime::Task<void> stop();

  /// Why this process cannot serve; any thread.
  [[nodiscard]] http::Unready unready() const;

  /// The dead letters that are kept in this process, the read model's first. Front loop.
  [[nodiscard]] std::vector<std::shared_ptr<LetterBox>> letter_boxes();

  /// When which events went over which hop; to be saved and restored by the caller, if it wants to.
  [[nodiscard]] Passages& passages() { return passages_; }

  /// How everything that is hosted here stands. Front loop; from memory.
  [[nodiscard]] Pipeline pipeline() const;

  // The services' own doors, for the simulation. Null where they are not hosted here.
  [[nodiscard]] product::ProductStore* products() { return products_.get(); }
  [[nodiscard]] order::OrderStore* orders() { return orders_.get(); }
  [[nodiscard]] orderinfo::ReadModel* read_model() { return read_model_; }
  [[nodiscard]] const orderinfo::ReadModelFiles* read_model_files() const {
    return read_model_files_.get();
  }
  [[nodiscard]] rebuild::Rebuild* read_model_rebuild() { return read_model_rebuild_.get(); }
  [[nodiscard]] rebuild::Rebuild* warehouse_rebuild() { return warehouse_rebuild_.get(); }
  [[nodiscard]] orderinfo::Projector* projector() { return projector_.get(); }
  [[nodiscard]] event_publisher::Relay* order_relay() { return order_relay_.get(); }
  [[nodiscard]] broker::EmbeddedBroker* broker() { return broker_.get(); }

 private:
  using OrderFeed = events::Feed<events::OrderPlaced>;
  using ProductFeed = events::Feed<events::ProductPut>;
  using ChangeFeed = events::Feed<events::OrderInfoPut>;

  void open_product();
  void open_order();
  void open_feeds();
  void open_orderinfo();
  void open_event_publisher();
  void open_scheduler();
  void open_warehouse(warehouse::Warehouse& warehouse);
  void open_audit();
  void open_read_model_rebuild();
  void open_warehouse_rebuild();
  void add_upkeep_routes(http::Router& router);
  void start_upkeep();
  runtime::Task<void> stop_upkeep();
  void feed_tables();
  void open_extensions();
  /// Begins a new history of a store that a neighbour in this process contradicts: it was put back
  /// to an older state by a bare copy of its file. Before anything is accepted or read.
  void check_histories();
  runtime::Task<void> check_change_log();
  /// What is behind orders of this process slows them down before it falls too far behind.
  void open_backpressure();
  /// Whether somebody waits to see a write.
  [[nodiscard]] bool is_awaited() const;
  /// A relay of `outbox` to a topic that is a view over it.
  std::unique_ptr<event_publisher::Relay> make_relay(broker::MessageSource& outbox,
                                                     std::string_view topic,
                                                     broker::Views* views = nullptr);
  [[nodiscard]] std::vector<event_publisher::Relay*> relays() const;
  Result<std::shared_ptr<broker::Endpoint>> make_push_endpoint(
      const broker::SubscriptionConfig& config);
  void open_streams();
  void add_projection(Pipeline& pipeline, UtcTime now) const;

  void add_trace(http::Router& router);
  runtime::Task<void> record_loads();
  /// What outsiders call on the broker.
  void add_broker_api(http::Router& router);
  runtime::Task<void> bring_up();
  /// Makes the lab's subscription; false: it could not be made now.
  runtime::Task<bool> subscribe_orderinfo();
  runtime::Task<Result<void>> attach_projector(std::string subscription);
  void run_hop(std::string name, runtime::Hop& hop, runtime::PumpOptions options = {});

  Seams seams_;
  NodeOptions options_;
  runtime::TaskGroup tasks_;
  std::atomic<bool> up_ = false;
  Passages passages_;

  // product, order: stores on the front loop.
  std::unique_ptr<product::SqliteProductStore> products_;
  std::unique_ptr<order::SqliteOrderStore> orders_;

  // How the rest reads them: in process or over HTTP.
  std::unique_ptr<OrderFeed> order_feed_;
  std::unique_ptr<ProductFeed> product_feed_;
  std::unique_ptr<orderinfo::PriceBarrier> barrier_;

  // orderinfo.
  std::unique_ptr<orderinfo::ReadModelFiles> read_model_files_;
  orderinfo::SwitchedReadModel* read_model_ = nullptr;  ///< theirs
  Position products_copied_before_ = 0;                 ///< when the process started
  std::unique_ptr<orderinfo::Projector> projector_;
  std::unique_ptr<orderinfo::ChangeWatch> change_watch_;
  std::unique_ptr<orderinfo::Visibility> visibility_;
  std::unique_ptr<orderinfo::OrderStreams> streams_;
  std::unique_ptr<orderinfo::SettleHop> settle_hop_;
  std::unique_ptr<orderinfo::ProductHop> product_hop_;
  std::unique_ptr<orderinfo::DeliveryEndpoint> delivery_endpoint_;
  std::unique_ptr<RecordingEndpoint> recording_endpoint_;
  std::shared_ptr<LetterBox> read_model_letters_;
  std::unique_ptr<orderinfo::FeedFollower> feed_follower_;
  std::unique_ptr<RecordingFollower> recording_follower_;

  std::unique_ptr<Backpressure> backpressure_;

  // event-publisher, with the broker that it hosts.
  std::unique_ptr<broker::MessageSource> order_outbox_;
  std::unique_ptr<broker::MessageSource> product_outbox_;
  std::unique_ptr<broker::EmbeddedBroker> broker_;
  std::unique_ptr<event_publisher::Relay> order_relay_;
  std::unique_ptr<event_publisher::Relay> product_relay_;

  // The scheduler, which lives beside it.
  std::unique_ptr<scheduler::SqliteJobStore> job_store_;
  std::unique_ptr<scheduler::HttpCaller> job_caller_;
  std::unique_ptr<scheduler::Scheduler> scheduler_;

  // warehouse.
  warehouse::Warehouse* warehouse_ = nullptr;
  std::unique_ptr<ChangeFeed> change_feed_;
  std::unique_ptr<events::Feed<events::DeadLetterPut>> letter_feed_;
  std::unique_ptr<warehouse::Loaders> loaders_;
  std::unique_ptr<warehouse::SettledOrders> settled_orders_;
  std::unique_ptr<warehouse::OwnWrites> own_writes_;
  const warehouse::LoadStatus* order_status_ = nullptr;

  // The audit, on its own loop, where the read model is.
  std::unique_ptr<OrderFeed> audited_orders_;
  std::unique_ptr<ChangeFeed> audited_changes_;
  std::unique_ptr<audit::ReadModelSide> audited_read_model_;
  std::unique_ptr<audit::WarehouseSide> audited_warehouse_;
  std::unique_ptr<audit::Audit> audit_;

  // The rebuild of the read model, on the audit's loop.
  std::unique_ptr<ProductFeed> rebuilt_products_;
  std::unique_ptr<orderinfo::ReadModelRebuild> rebuildable_read_model_;
  std::unique_ptr<rebuild::Rebuild> read_model_rebuild_;

  // That of the warehouse, on the loop of its loaders.
  std::unique_ptr<warehouse::WarehouseRebuild> rebuildable_warehouse_;
  std::unique_ptr<rebuild::Rebuild> warehouse_rebuild_;

  // Extensions: what they are lent, and the relays of their outboxes.
  Host host_;
  std::vector<std::unique_ptr<event_publisher::Relay>> extension_relays_;
};

}  // namespace orderly::app
