#include <fmt/format.h>

#include <algorithm>

#include "app/platform.hpp"
#include "broker/dead_letters.hpp"
#include "warehouse/tables.hpp"

/// Reads the picture of the pipeline from what the services know of themselves.
namespace orderly::app {
namespace {

constexpr std::string_view kOrderService = "order-service-cqrs";
constexpr std::string_view kProductService = "product-service-cqrs";
constexpr std::string_view kOrderInfoService = "orderinfo-service-cqrs";
constexpr std::string_view kWarehouseService = "warehouse-service-cqrs";

std::chrono::milliseconds age(UtcTime since, UtcTime now) {
  return std::max(std::chrono::floor<std::chrono::milliseconds>(now - since),
                  std::chrono::milliseconds(0));
}

/// Backlog, and with it a lag of 0 where there is none.
void measure(Arrow& arrow, UtcTime now) {
  if (arrow.head && arrow.position) {
    arrow.backlog = std::max<std::int64_t>(0, *arrow.head - *arrow.position);
  }
  if (arrow.oldest) arrow.lag = age(*arrow.oldest, now);
  if (arrow.backlog == 0) arrow.lag = std::chrono::milliseconds(0);
}

Arrow arrow_of(const event_publisher::Relay& relay, std::string_view from, UtcTime now) {
  const auto status = relay.status();
  Arrow arrow{.id = "relay:" + relay.topic(),
              .kind = "relay",
              .from = std::string(from),
              .to = relay.topic()};
  arrow.head = status.head;
  arrow.position = status.published;
  arrow.oldest = status.oldest_waiting;
  arrow.moved = relay.published_total();
  if (status.source_conflict) {
    arrow.alarm = "The outbox has another history than the topic. Was its store restored?";
  }
  measure(arrow, now);
  return arrow;
}

Arrow arrow_of(const broker::SubscriptionStats& stats, UtcTime now) {
  Arrow arrow{.id = "subscription:" + stats.subscription,
              .kind = "subscription",
              .from = stats.topic,
              .to = stats.subscription};
  arrow.backlog = stats.backlog;
  arrow.oldest = stats.oldest;
  arrow.moved = static_cast<std::uint64_t>(stats.acknowledged);
  if (stats.source_conflict) {
    arrow.alarm = "The topic's source has another history than the topic.";
  } else if (stats.messages_waiting >= static_cast<std::int64_t>(broker::kMaxBehindDeadLetters)) {
    arrow.alarm =
        "So many messages wait behind dead letters that nothing new is taken. Redrive or drop "
        "them.";
  } else if (stats.dead_letters >= static_cast<std::int64_t>(broker::kMaxDeadLetters)) {
    arrow.alarm = "There are as many dead letters as may be kept. Redrive or drop them.";
  }
  arrow.delivery = stats;
  measure(arrow, now);
  return arrow;
}

/// Who has what a table of the warehouse is loaded from; an extension's table has its own feed.
std::string source_of(const std::string& table) {
  if (table == warehouse::product_versions().name) return std::string(kProductService);
  const bool of_read_model =
      table == warehouse::order_information().name || table == warehouse::dead_letters().name;
  return of_read_model ? std::string(kOrderInfoService) : table + " feed";
}

Arrow arrow_of(const warehouse::Loader& loader, UtcTime now) {
  const auto& status = loader.status();
  const std::string& table = loader.table();
  Arrow arrow{.id = "load:" + table, .kind = "load", .from = source_of(table), .to = table};
  if (const auto loaded = status.loaded()) arrow.position = loaded->position;
  if (const auto lag = status.lag(now)) {
    arrow.backlog = lag->changes;
    arrow.lag = lag->time;
    if (arrow.position) arrow.head = *arrow.position + lag->changes;
    if (lag->changes > 0) arrow.oldest = now - lag->time;
  }
  arrow.moved = loader.rows_loaded();
  if (loader.in_conflict()) {
    arrow.alarm = "The source has another history than what is loaded. Was its store restored?";
  }
  return arrow;
}

/// Why pushes of strangers are refused, or soon will be: an alarm from nine tenths on.
std::optional<std::string> fullness(const orderinfo::Progress& progress,
                                    const orderinfo::StrangerLimits& limits) {
  const auto nearly = [](std::size_t count, std::size_t limit) {
    return count >= limit - limit / 10;
  };
  if (nearly(progress.dead_letters, limits.max_dead_letters)) {
    return fmt::format("{} dead letters are kept, of at most {}: redrive or drop them.",
                       progress.dead_letters, limits.max_dead_letters);
  }
  if (nearly(progress.foreign_orders, limits.max_foreign_orders)) {
    return fmt::format("{} orders of others are archived, of at most {} (--max-foreign-orders).",
                       progress.foreign_orders, limits.max_foreign_orders);
  }
  return std::nullopt;
}

orderinfo::Applied counts_of(const orderinfo::ProjectorMetrics& metrics) {
  return {.projected = metrics.projected.value(),
          .replaced = metrics.replaced.value(),
          .released = metrics.released.value(),
          .duplicates = metrics.duplicates.value(),
          .parked = metrics.parked.value(),
          .dead_lettered = metrics.dead_lettered.value()};
}

}  // namespace

void Platform::add_projection(Pipeline& pipeline, UtcTime now) const {
  const auto progress = read_model_->progress();
  const auto counts = counts_of(projector_->metrics());
  pipeline.read_model = {progress, counts};

  Arrow orders{.id = "projection",
               .kind = "projection",
               .from = std::string(kOrderService),
               .to = std::string(kOrderInfoService)};
  orders.head = projector_->freshness().head();
  orders.position = progress.orders.position;
  measure(orders, now);
  orders.lag = projector_->freshness().lag(progress.orders.position, now);
  orders.moved = counts.projected;
  auto problems = projector_->problems();
  if (auto full = fullness(progress, projector_->limits())) problems.push_back(std::move(*full));
  for (const auto& problem : problems)
    orders.alarm = orders.alarm ? *orders.alarm + " " + problem : problem;

  Arrow products{.id = "products",
                 .kind = "products",
                 .from = std::string(kProductService),
                 .to = std::string(kOrderInfoService)};
  if (product_relay_) products.head = product_relay_->status().head;
  products.position = progress.products.position;
  products.moved = static_cast<std::uint64_t>(
      std::max<Position>(0, progress.products.position - products_copied_before_));
  measure(products, now);
  pipeline.arrows.push_back(std::move(products));
  pipeline.arrows.push_back(std::move(orders));
}

Pipeline Platform::pipeline() const {
  const UtcTime now = seams_.front.utc_now();
  Pipeline pipeline;
  const auto& hosted = options_.services;
  for (const auto& [is_hosted, name] :
       {std::pair(hosted.product, kProductService), std::pair(hosted.order, kOrderService),
        std::pair(hosted.event_publisher, std::string_view("event-publisher")),
        std::pair(hosted.orderinfo, kOrderInfoService),
        std::pair(hosted.warehouse, kWarehouseService)}) {
    if (is_hosted) pipeline.services.emplace_back(name);
  }
  if (broker_) {
    pipeline.arrows.push_back(arrow_of(*product_relay_, kProductService, now));
    pipeline.arrows.push_back(arrow_of(*order_relay_, kOrderService, now));
    for (const auto& stats : broker_->stats())
      pipeline.arrows.push_back(arrow_of(stats, now));
  }
  if (projector_) add_projection(pipeline, now);
  if (loaders_) {
    loaders_->for_each([&](const std::string&, const warehouse::Loader& loader) {
      pipeline.arrows.push_back(arrow_of(loader, now));
    });
  }
  return pipeline;
}

}  // namespace orderly::app
