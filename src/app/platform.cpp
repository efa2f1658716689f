#include "app/platform.hpp"

#include <stdexcept>

#include "app/broker_letters.hpp"
#include "app/change_rows.hpp"
#include "app/declared_jobs.hpp"
#include "app/read_model_letters.hpp"
#include "app/store_files.hpp"
#include "app/taken_out.hpp"
#include "broker/push_endpoint.hpp"
#include "event_publisher/routes.hpp"
#include "order/routes.hpp"
#include "orderinfo/routes.hpp"
#include "product/routes.hpp"
#include "scheduler/routes.hpp"
#include "telemetry/log.hpp"
#include "warehouse/export_routes.hpp"
#include "warehouse/routes.hpp"
#include "warehouse/tables.hpp"

namespace orderly::app {
namespace {

/// Between two tries of what must be there before anything is delivered.
constexpr std::chrono::seconds kBringUpRetry{1};
constexpr const char* kPushPath = "/api/v1/orderinfo/pubsub";

sqlite::OpenOptions database(const Seams& seams, std::string_view name) {
  sqlite::OpenOptions options;
  options.path = seams.file(std::string(name));
  options.vfs = seams.vfs;
  return options;
}

/// A feed of another process; without a URL, one that says which flag is missing.
template <class Event>
std::unique_ptr<events::Feed<Event>> remote_feed(runtime::EventLoop& loop, const std::string& url,
                                                 const char* flag, const char* path) {
  if (url.empty()) return std::make_unique<MissingFeed<Event>>(flag);
  return std::make_unique<RemoteFeed<Event>>(open_peer(loop, url, flag), path);
}

/// Not owned: the caller keeps it.
std::shared_ptr<broker::Endpoint> borrowed(broker::Endpoint& endpoint) {
  return {std::shared_ptr<broker::Endpoint>(), &endpoint};
}

void require(const std::string& url, const char* flag, const char* who) {
  if (url.empty()) throw std::runtime_error(std::string(who) + " needs " + flag);
}

}  // namespace

Platform::Platform(Seams seams, const NodeOptions& options, warehouse::Warehouse* warehouse)
    : seams_(std::move(seams)),
      options_(options),
      tasks_(seams_.background),
      host_{.seams = seams_} {
  const auto& services = options_.services;
  if (services.product) open_product();
  if (services.order) open_order();
  open_feeds();
  if (services.orderinfo) open_orderinfo();
  if (services.event_publisher) {
    open_event_publisher();
    open_scheduler();
  } else if (!options_.declarations.sections.empty()) {
    const auto& declarations = options_.declarations;
    throw std::runtime_error("--config: " + declarations.place(declarations.sections.front()) +
                             " needs the service event-publisher in this process");
  }
  if (warehouse != nullptr) open_warehouse(*warehouse);
  open_backpressure();
  if (services.orderinfo) open_streams();
  check_histories();
  if (services.orderinfo && (orders_ || !options_.order_url.empty())) {
    open_audit();
    open_read_model_rebuild();
  }
  open_extensions();
  if (loaders_) open_warehouse_rebuild();
}

Platform::~Platform() {
  extension_relays_.clear();
  for (Extension* extension : options_.extensions)
    extension->close();
}

void Platform::open_product() {
  products_ = std::make_unique<product::SqliteProductStore>(
      seams_.front, database(seams_, "product.db"), seams_.front_random, seams_.metrics);
}

void Platform::open_order() {
  orders_ = std::make_unique<order::SqliteOrderStore>(seams_.front, database(seams_, "order.db"),
                                                      seams_.front_random, seams_.metrics);
}

void Platform::open_feeds() {
  auto& loop = seams_.background;
  if (orders_) {
    order_feed_ = std::make_unique<events::LocalFeed<events::OrderPlaced>>(loop, *orders_);
  } else {
    order_feed_ = remote_feed<events::OrderPlaced>(loop, options_.order_url, "--order-url",
                                                   "/api/v1/order/events");
  }
  if (products_) {
    product_feed_ = std::make_unique<events::LocalFeed<events::ProductPut>>(loop, *products_);
    barrier_ = std::make_unique<LocalPriceBarrier>(seams_.front, *products_);
    return;
  }
  product_feed_ = remote_feed<events::ProductPut>(loop, options_.product_url, "--product-url",
                                                  "/api/v1/product/events");
  if (options_.product_url.empty()) return;
  barrier_ =
      std::make_unique<RemotePriceBarrier>(open_peer(loop, options_.product_url, "--product-url"));
}

void Platform::open_orderinfo() {
  if (!barrier_) require(options_.product_url, "--product-url", "orderinfo");
  read_model_files_ = std::make_unique<orderinfo::ReadModelFiles>(
      seams_.background,
      orderinfo::ReadModelFiles::Paths{.first = seams_.file(std::string(kReadModelFile)),
                                       .second = seams_.file(std::string(kSecondReadModelFile))},
      orderinfo::SqliteReadModelOptions{.database = database(seams_, kReadModelFile)},
      seams_.background_random);
  read_model_ = &read_model_files_->model();
  products_copied_before_ = read_model_->progress().products.position;
  orderinfo::Freshness::HeadNow order_head;
  if (orders_) order_head = [store = orders_.get()] { return std::optional(store->head()); };
  projector_ = std::make_unique<orderinfo::Projector>(
      orderinfo::ProjectorParts{.loop = seams_.background,
                                .store = *read_model_,
                                .orders = *order_feed_,
                                .products = *product_feed_,
                                .barrier = *barrier_,
                                .metrics = seams_.metrics,
                                .order_head = std::move(order_head),
                                .limits = {.max_dead_letters = options_.max_dead_letters,
                                           .max_foreign_orders = options_.max_foreign_orders}});
  read_model_letters_ = std::make_shared<ReadModelLetters>(kOrderSubscription, seams_.background,
                                                           *read_model_, *projector_);
  change_watch_ =
      std::make_unique<orderinfo::ChangeWatch>(seams_.front, *read_model_, projector_->news());
  visibility_ = std::make_unique<orderinfo::Visibility>(seams_.front, *read_model_, *change_watch_,
                                                        seams_.metrics);
  product_hop_ = std::make_unique<orderinfo::ProductHop>(*projector_);
  settle_hop_ = std::make_unique<orderinfo::SettleHop>(seams_.background, *projector_,
                                                       orderinfo::SettleHop::Mode::kBehindPushes);
  delivery_endpoint_ = std::make_unique<orderinfo::DeliveryEndpoint>(*projector_);
  recording_endpoint_ = std::make_unique<RecordingEndpoint>(
      kOrderSubscription, borrowed(*delivery_endpoint_), seams_.background.clock(), passages_);
  feed_follower_ = std::make_unique<orderinfo::FeedFollower>(*projector_, *read_model_);
  recording_follower_ = std::make_unique<RecordingFollower>(kOrderSubscription, *feed_follower_,
                                                            read_model_->progress().orders.position,
                                                            seams_.background.clock(), passages_);
}

void Platform::open_event_publisher() {
  auto& loop = seams_.background;
  if (!orders_) require(options_.order_url, "--order-url", "event-publisher");
  if (!products_) require(options_.product_url, "--product-url", "event-publisher");
  order_outbox_ = std::make_unique<broker::FeedSource<events::OrderPlaced>>(*order_feed_);
  product_outbox_ = std::make_unique<broker::FeedSource<events::ProductPut>>(*product_feed_);
  auto file = database(seams_, "broker.db");
  file.synchronous = sqlite::Synchronous::kNormal;  // its state is a hint, the feeds are the truth
  broker_ = std::make_unique<broker::EmbeddedBroker>(
      loop,
      broker::EmbeddedBroker::Options{.database = file,
                                      .make_push_endpoint =
                                          [this](const broker::SubscriptionConfig& config) {
                                            return make_push_endpoint(config);
                                          },
                                      .project = options_.project},
      seams_.background_random, seams_.metrics);
  // Orders of this process become messages only where somebody asks for messages.
  order_relay_ =
      make_relay(*order_outbox_, events::OrderPlaced::kTopic, orders_ ? broker_.get() : nullptr);
  product_relay_ = make_relay(*product_outbox_, events::ProductPut::kTopic);
  order_relay_->on_published([this, hop = relay_hop(events::OrderPlaced::kTopic)](
                                 const Uuid& epoch, Position first, Position last) {
    const UtcTime now = seams_.background.utc_now();
    passages_.record(hop,
                     {.epoch = epoch, .first = first, .last = last, .began = now, .ended = now});
  });
}

/// Deliveries of orders are recorded for traces.
Result<std::shared_ptr<broker::Endpoint>> Platform::make_push_endpoint(
    const broker::SubscriptionConfig& config) {
  if (options_.isolated) return nullptr;
  auto endpoint = broker::PushEndpoint::open(seams_.background, config, options_.project);
  if (!endpoint) return std::unexpected(std::move(endpoint.error()));
  if (config.topic != events::OrderPlaced::kTopic) return std::move(*endpoint);
  return std::make_shared<RecordingEndpoint>(config.name, std::move(*endpoint),
                                             seams_.background.clock(), passages_);
}

void Platform::open_scheduler() {
  auto& loop = seams_.background;
  job_store_ = std::make_unique<scheduler::SqliteJobStore>(
      database(seams_, "scheduler.db"), seams_.background_random, loop.utc_now());
  if (seams_.jobs == nullptr) job_caller_ = std::make_unique<scheduler::HttpCaller>(loop);
  scheduler_ = std::make_unique<scheduler::Scheduler>(
      loop, *job_store_, seams_.jobs != nullptr ? *seams_.jobs : *job_caller_, seams_.metrics);
  declare_jobs(*scheduler_, options_.declarations, options_.project);
}

void Platform::open_warehouse(warehouse::Warehouse& warehouse) {
  auto& loop = seams_.background;
  warehouse_ = &warehouse;
  if (read_model_) {
    letter_feed_ =
        std::make_unique<events::LocalFeed<events::DeadLetterPut>>(loop, read_model_->letter_log());
    settled_orders_ = std::make_unique<LocalSettledOrders>(*visibility_, *read_model_);
  } else {
    const auto& url = options_.orderinfo_url;
    require(url, "--orderinfo-url", "warehouse");
    change_feed_ = remote_feed<events::OrderInfoPut>(loop, url, "--orderinfo-url",
                                                     "/api/v1/orderinfo/changes");
    letter_feed_ = remote_feed<events::DeadLetterPut>(loop, url, "--orderinfo-url",
                                                      "/api/v1/orderinfo/dead-letters");
    settled_orders_ =
        std::make_unique<RemoteSettledOrders>(open_peer(seams_.front, url, "--orderinfo-url"),
                                              open_peer(seams_.front, url, "--orderinfo-url"));
  }
  feed_tables();
}

/// Each table of the warehouse's catalog (warehouse/tables.hpp) and where its rows come from.
void Platform::feed_tables() {
  loaders_ = std::make_unique<warehouse::Loaders>(seams_.background, *warehouse_, seams_.metrics);
  std::unique_ptr<warehouse::RowSource> order_rows;
  if (read_model_) {
    order_rows = std::make_unique<ChangeRows>(seams_.background, *read_model_);
  } else {
    order_rows = std::make_unique<warehouse::FeedSource<events::OrderInfoPut>>(
        warehouse::order_information(), *change_feed_, warehouse::append_order);
  }
  order_status_ = &loaders_->add(std::move(order_rows));
  const warehouse::LoadStatus* product_status = nullptr;
  if (products_ || !options_.product_url.empty()) {
    product_status = &loaders_->add(std::make_unique<warehouse::FeedSource<events::ProductPut>>(
        warehouse::product_versions(), *product_feed_, warehouse::append_product));
  }
  loaders_->add(std::make_unique<warehouse::FeedSource<events::DeadLetterPut>>(
      warehouse::dead_letters(), *letter_feed_, warehouse::append_dead_letter));
  own_writes_ = std::make_unique<warehouse::OwnWrites>(
      warehouse::OwnWriteParts{.loop = seams_.front,
                               .orders = *settled_orders_,
                               .order_information = *order_status_,
                               .product_versions = product_status});
}

void Platform::open_backpressure() {
  if (!orders_ || !read_model_) return;
  const auto progress = [store = read_model_] { return store->progress(); };
  std::vector<Backpressure::Hop> hops;
  hops.push_back({.name = "projection",
                  .head = [this] { return std::optional(orders_->head()); },
                  .position = [progress] { return std::optional(progress().orders.position); }});
  if (order_status_ != nullptr) {
    hops.push_back({.name = "warehouse",
                    .head = [progress] { return std::optional(progress().head); },
                    .position = [this]() -> std::optional<Position> {
                      const auto loaded = order_status_->loaded();
                      return loaded ? std::optional(loaded->position) : std::nullopt;
                    }});
  }
  backpressure_ =
      std::make_unique<Backpressure>(seams_.front, std::move(hops), seams_.metrics,
                                     PipelineControl{.stand_aside = seams_.stand_aside,
                                                     .awaited = [this] { return is_awaited(); }});
}

bool Platform::is_awaited() const {
  return visibility_->waiting() > 0 || (own_writes_ && own_writes_->waiting() > 0);
}

/// Customers are told what reaches the warehouse where it is in this process.
void Platform::open_streams() {
  orderinfo::LoadedChanges loaded;
  if (order_status_ != nullptr) {
    loaded.moved = &order_status_->moved();
    loaded.position = [this]() -> std::optional<Position> {
      const auto cursor = order_status_->loaded();
      // Of another history it says nothing; nothing loaded yet is no history.
      if (!cursor || (cursor->position > 0 && cursor->epoch != read_model_->epoch())) {
        return std::nullopt;
      }
      return cursor->position;
    };
  }
  streams_ = std::make_unique<orderinfo::OrderStreams>(seams_.front, *read_model_, *change_watch_,
                                                       seams_.metrics, std::move(loaded));
}

std::unique_ptr<event_publisher::Relay> Platform::make_relay(broker::MessageSource& outbox,
                                                             std::string_view topic,
                                                             broker::Views* views) {
  const auto made = broker_->create_view({.name = std::string(topic)}, outbox);
  if (!made) throw std::runtime_error(made.error().message);
  return std::make_unique<event_publisher::Relay>(seams_.background, outbox, *broker_,
                                                  std::string(topic), seams_.background_random,
                                                  seams_.metrics, views);
}

std::vector<event_publisher::Relay*> Platform::relays() const {
  if (!broker_) return {};
  std::vector<event_publisher::Relay*> relays{order_relay_.get(), product_relay_.get()};
  for (const auto& relay : extension_relays_)
    relays.push_back(relay.get());
  return relays;
}

void Platform::open_extensions() {
  host_.broker = broker_.get();
  host_.loaders = loaders_.get();
  if (broker_) {
    host_.publish = [this](broker::MessageSource& outbox, const std::string& topic) {
      extension_relays_.push_back(make_relay(outbox, topic));
    };
  }
  host_.run_hop = [this](std::string name, runtime::Hop& hop) { run_hop(std::move(name), hop); };
  for (Extension* extension : options_.extensions)
    extension->open(host_);
}

void Platform::add_routes(http::Router& router) {
  if (products_) product::add_routes(router, seams_.front, *products_);
  if (orders_) order::add_routes(router, seams_.front, *orders_, backpressure_.get());
  if (projector_) {
    orderinfo::add_routes(router, {.server_loop = seams_.front,
                                   .projector_loop = seams_.background,
                                   .store = *read_model_,
                                   .projector = *projector_,
                                   .visibility = *visibility_,
                                   .streams = *streams_});
  }
  if (projector_ || broker_) {
    add_dead_letter_routes(router, [this] { return letter_boxes(); });
  }
  add_trace(router);
  add_upkeep_routes(router);
  if (broker_) event_publisher::add_routes(router, relays());
  if (broker_) add_broker_api(router);
  if (scheduler_) scheduler::add_routes(router, seams_.background, *scheduler_);
  if (warehouse_ != nullptr) {
    warehouse::add_routes(router, {.loop = seams_.front,
                                   .warehouse = *warehouse_,
                                   .own_writes = *own_writes_,
                                   .order_information = *order_status_});
    warehouse::add_export_routes(router, seams_.front, *warehouse_, seams_.file("exports"));
  }
  add_taken_out_route(router, {.read_model = read_model_,
                               .broker = broker_.get(),
                               .broker_loop = &seams_.background,
                               .warehouse = warehouse_});
  for (Extension* extension : options_.extensions)
    extension->add_routes(router);
}

std::vector<std::shared_ptr<LetterBox>> Platform::letter_boxes() {
  std::vector<std::shared_ptr<LetterBox>> boxes;
  if (read_model_letters_) boxes.push_back(read_model_letters_);
  if (!broker_) return boxes;
  for (const auto& stats : broker_->stats()) {
    const bool is_read_models = read_model_letters_ && stats.subscription == kOrderSubscription;
    if (!stats.keeps_dead_letters || is_read_models) continue;
    boxes.push_back(
        std::make_shared<BrokerLetters>(stats.subscription, seams_.background, *broker_));
  }
  return boxes;
}

void Platform::start() {
  tasks_.spawn("bring up", bring_up());
  start_upkeep();
  if (backpressure_) backpressure_->start();
}

runtime::Task<void> Platform::bring_up() {
  co_await check_change_log();
  if (projector_) {
    run_hop("orderinfo products", *product_hop_);
    if (orders_ || !options_.order_url.empty()) run_hop("orderinfo settle", *settle_hop_);
  }
  if (broker_) {
    while (!co_await subscribe_orderinfo())
      co_await seams_.background.sleep_for(kBringUpRetry);
    broker_->start();
    for (auto* relay : relays())
      relay->start();
  }
  if (order_status_ != nullptr) tasks_.spawn("record loads", record_loads());
  // Jobs may call what was started before.
  if (scheduler_ && !options_.isolated) scheduler_->start();
  if (loaders_) {
    loaders_->for_each([this](const std::string& name, warehouse::Loader& loader) {
      run_hop(name, loader, warehouse::Loader::pump_options());
    });
  }
  for (Extension* extension : options_.extensions)
    extension->start(host_);
  up_ = true;
}

/// Where orders are in this process, they are read as they are stored.
runtime::Task<Result<void>> Platform::attach_projector(std::string subscription) {
  if (orders_) return broker_->attach_follower(std::move(subscription), *recording_follower_);
  return broker_->attach(std::move(subscription), *recording_endpoint_);
}

runtime::Task<bool> Platform::subscribe_orderinfo() {
  broker::SubscriptionConfig config{.name = kOrderSubscription,
                                    .topic = std::string(events::OrderPlaced::kTopic),
                                    .start = broker::StartAt::kBeginning};
  if (!projector_ && options_.orderinfo_url.empty()) co_return true;
  if (!projector_) config.delivery = broker::Push{options_.orderinfo_url + kPushPath};
  std::string problem;
  try {
    auto made = co_await broker_->create_subscription(config);
    if (made && projector_) made = co_await attach_projector(config.name);
    if (made) co_return true;
    problem = made.error().message;
  } catch (const Unavailable& unavailable) {
    problem = unavailable.what();
  }
  log::error("the subscription cannot be made, trying again",
             {{"subscription", config.name}, {"error", problem}});
  co_return false;
}

void Platform::run_hop(std::string name, runtime::Hop& hop, runtime::PumpOptions options) {
  options.name = name;
  options.on_failure = [name](const std::string& error, int failures) {
    // The first failure and then ever fewer: a peer that is away for an hour is no news.
    if ((failures & (failures - 1)) == 0) {
      log::warning("a hop waits and will try again",
                   {{"hop", name}, {"error", error}, {"failures", failures}});
    }
  };
  options.on_recovery = [name] { log::info("a hop goes on", {{"hop", name}}); };
  tasks_.spawn(std::move(name),
               runtime::pump(seams_.background, hop, seams_.background_random, std::move(options)));
}

runtime::Task<void> Platform::drain() {
  if (orders_) co_await orders_->drain();
  if (products_) co_await products_->drain();
  for (Extension* extension : options_.extensions)
    co_await extension->drain();
  if (streams_) co_await streams_->stop();
  if (change_watch_) co_await change_watch_->stop();
  if (backpressure_) co_await backpressure_->stop();
}

runtime::Task<void> Platform::stop() {
  if (scheduler_ && !options_.isolated) co_await scheduler_->stop();
  for (Extension* extension : options_.extensions)
    co_await extension->stop();
  co_await stop_upkeep();
  if (broker_) {
    for (auto* relay : relays())
      co_await relay->stop();
    co_await broker_->stop();
  }
  tasks_.stop();
  co_await tasks_.join();
  if (projector_) co_await projector_->join();
}

http::Unready Platform::unready() const {
  http::Unready reasons;
  if (!up_) reasons.emplace_back("platform", "it is starting");
  if (projector_) {
    for (auto& problem : projector_->problems())
      reasons.emplace_back("orderinfo", problem);
  }
  for (const auto* relay : relays()) {
    if (relay->status().source_conflict) {
      reasons.emplace_back("event-publisher", "the outbox of " + relay->topic() +
                                                  " has another history than the topic");
    }
  }
  return reasons;
}

}  // namespace orderly::app
