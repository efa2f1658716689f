#pragma once

#include <memory>

#include "orderinfo/projector.hpp"
#include "orderinfo/sqlite/sqlite_read_model.hpp"
#include "support/sim_disk.hpp"
#include "support/sim_vfs.hpp"
#include "unit/orderinfo/fake_services.hpp"

namespace orderly::orderinfo::testing {

/// A projector over a read model in SQLite on a simulated disk, between services in memory, in
/// virtual time. It can be restarted and lose its power.
class Pipeline {
 public:
  explicit Pipeline(std::uint64_t seed = 7) : random(seed) { start(); }
  ~Pipeline() { stop(); }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  void restart() {
    stop();
    start();
  }
  /// What was not synced may be lost.
  void lose_power() { restart_after(orderly::testing::power_failure(random)); }
  void restart_after(orderly::testing::Loss loss) {
    disk.crash();
    stop();
    disk.restart(random, loss);
    start();
  }

  /// An order is accepted in second `second`.
  OrderEvent place(const std::string& product, int second) {
    auto event = order_event(orders.head() + 1, product);
    event.accepted_at = at(second);
    orders.append(event);
    return orders.all().back();
  }

  ReceivedMessage message(const OrderEvent& event) const {
    return receive(events::to_message(orders.epoch(), event));
  }
  void push(const OrderEvent& event) { push(message(event)); }
  void push(ReceivedMessage received) { run(loop, projector->push(std::move(received))); }
  void deliver(const std::vector<OrderEvent>& batch) {
    std::vector<ReceivedMessage> messages;
    messages.reserve(batch.size());
    for (const auto& event : batch)
      messages.push_back(message(event));
    run(loop, projector->deliver(std::move(messages)));
  }
  std::size_t settle() { return run(loop, projector->settle(std::chrono::milliseconds(0))); }
  std::size_t follow_products() {
    return run(loop, projector->follow_products(std::chrono::milliseconds(0)));
  }

  std::optional<events::OrderInfo> find(const OrderEvent& event) const {
    return store->find(event.data.customer_id, event.data.order_id);
  }
  /// What the order was priced at; -1: it is not visible.
  std::int64_t price_of(const OrderEvent& event) const {
    const auto info = find(event);
    return info ? info->unit_price : -1;
  }
  Position settled() const { return store->progress().orders.position; }

  SimClock clock{at(1000)};
  SimLoop loop{clock};
  MemoryLog<events::OrderPlaced> orders{kOrderEpoch};
  ProductService products;
  events::LocalFeed<events::OrderPlaced> order_feed{loop, orders};
  events::LocalFeed<events::ProductPut> product_feed{loop, products.log};
  SeededRandom random;
  orderly::testing::SimDisk disk;
  orderly::testing::SimVfs vfs{fresh_vfs_name(), disk, clock, random};
  std::unique_ptr<telemetry::Metrics> metrics;
  std::unique_ptr<SqliteReadModel> store;
  std::unique_ptr<Projector> projector;

 private:
  /// Of all VFSs in the process.
  static std::string fresh_vfs_name() {
    static int number = 0;
    return "pipeline-" + std::to_string(++number);
  }
  void start() {
    SqliteReadModelOptions options;
    options.database = {.path = "orderinfo.db", .vfs = vfs.name()};
    metrics = std::make_unique<telemetry::Metrics>();
    store = std::make_unique<SqliteReadModel>(loop, options, random);
    projector = std::make_unique<Projector>(ProjectorParts{.loop = loop,
                                                           .store = *store,
                                                           .orders = order_feed,
                                                           .products = product_feed,
                                                           .barrier = products,
                                                           .metrics = *metrics});
  }
  void stop() {
    if (projector) run(loop, projector->join());
    projector.reset();
    store.reset();
    metrics.reset();
  }
};

}  // namespace orderly::orderinfo::testing
