#include "orderinfo/twin_feeder.hpp"

#include <algorithm>
#include <utility>
#include <variant>

#include "orderinfo/projection.hpp"

namespace orderly::orderinfo {
namespace {

/// One history, as far as both are known.
void require_same(const Uuid& a, const Uuid& b, const char* what) {
  if (!a.is_nil() && !b.is_nil() && a != b) {
    throw rebuild::OtherHistory(std::string("the ") + what + " has another history now");
  }
}

template <class Event>
events::FeedPage<Event> page_of(Result<events::FeedPage<Event>> page, const char* what) {
  if (page) return std::move(*page);
  if (page.error().kind == ErrorKind::kConflict) {
    throw rebuild::OtherHistory(std::string("the ") + what +
                                " has another history: " + page.error().message);
  }
  throw Unavailable(std::string("the ") + what + ": " + page.error().message);
}

}  // namespace

runtime::Task<std::size_t> TwinFeeder::step() {
  load_catalog();
  const Stand live = twin_.live_stand();
  const Stand own = twin_.stand();
  if (own.forks != live.forks) {
    throw rebuild::OtherHistory(
        "the read model went back to where a feed forks, which the second one does not know; "
        "rebuild again");
  }
  require_same(own.orders.epoch, live.orders.epoch, "order feed");
  require_same(own.products.epoch, live.products.epoch, "product feed");
  // Prices before orders, orders before what became of them.
  if (own.products.position < live.products.position) {
    co_return co_await follow_products(own, live);
  }
  if (own.orders.position < live.orders.position) co_return co_await follow_orders(own, live);
  if (own.foreign < live.foreign) co_return follow_foreign(own, live);
  if (own.log < live.log) co_return follow_log(own);
  co_return 0;
}

void TwinFeeder::load_catalog() {
  if (loaded_) return;
  catalog_.clear();
  Position last = 0;
  for (;;) {
    const auto versions = twin_.product_versions(last, events::kMaxFeedPage);
    if (versions.empty()) break;
    catalog_.add(versions);
    last = versions.back().position;
  }
  loaded_ = true;
}

void TwinFeeder::apply(const TwinBatch& batch) {
  try {
    twin_.apply(batch);
  } catch (...) {
    loaded_ = false;  // whether the twin has the versions is open
    throw;
  }
}

runtime::Task<std::size_t> TwinFeeder::follow_products(Stand own, Stand live) {
  auto read =
      co_await products_.read(own.products, events::kMaxFeedPage, std::chrono::milliseconds(0));
  auto page = page_of(std::move(read), "product feed");
  require_same(page.epoch, live.products.epoch, "product feed");
  TwinBatch batch{.products = {}, .rows = {}, .parked = {}, .to = own};
  for (auto& version : page.events) {
    if (version.position > live.products.position) break;
    batch.to.products = {page.epoch, version.position, version.event_id};
    batch.products.push_back(std::move(version));
  }
  if (batch.products.empty()) throw Unavailable("the product feed does not show all versions yet");
  catalog_.add(batch.products);
  // Released before the copy is noted: what a crash leaves over is then released again.
  for (const auto& version : batch.products)
    release(version.data.product_id, own);
  apply(batch);
  co_return batch.products.size();
}

runtime::Task<std::size_t> TwinFeeder::follow_orders(Stand own, Stand live) {
  TwinBatch batch{.products = {}, .rows = {}, .parked = {}, .to = own};
  std::size_t taken = 0;
  batch.rows.reserve(kStep);
  while (taken < kStep && batch.to.orders.position < live.orders.position) {
    auto read =
        co_await orders_.read(batch.to.orders, events::kMaxFeedPage, std::chrono::milliseconds(0));
    auto page = page_of(std::move(read), "order feed");
    require_same(page.epoch, live.orders.epoch, "order feed");
    if (page.events.empty()) throw Unavailable("the order feed does not show all orders yet");
    for (auto& event : page.events) {
      if (event.position > live.orders.position) break;
      batch.to.orders = {page.epoch, event.position, event.event_id};
      add({.origin = Origin::kFeed, .epoch = page.epoch, .event = std::move(event)}, batch);
      ++taken;
    }
  }
  apply(batch);
  co_return taken;
}

std::size_t TwinFeeder::follow_foreign(Stand own, const Stand& live) {
  auto archive = twin_.live_foreign(own.foreign, events::kMaxFeedPage);
  TwinBatch batch{.products = {}, .rows = {}, .parked = {}, .to = own};
  for (Order& event : archive) {
    batch.to.foreign = std::exchange(event.position, 0);
    add({.origin = Origin::kForeign, .epoch = {}, .event = std::move(event)}, batch);
  }
  // What was there last has left the archive: the feed brought it after all.
  if (archive.empty()) batch.to.foreign = live.foreign;
  apply(batch);
  return std::max<std::size_t>(archive.size(), 1);
}

std::size_t TwinFeeder::follow_log(Stand own) {
  auto tail = twin_.follow_log(kStep);
  TwinBatch batch{.products = {}, .rows = {}, .parked = {}, .to = own};
  batch.to.log = tail.to;
  for (IncomingOrder& order : tail.ahead)
    add(std::move(order), batch);
  apply(batch);
  // Where it could not go on, the orders before it come next.
  return static_cast<std::size_t>(std::max<Position>(tail.to - own.log, 1));
}

void TwinFeeder::add(IncomingOrder order, TwinBatch& batch) const {
  Decision decision = decide(order, catalog_.versions_of(order.event.data.product_id));
  if (auto* project = std::get_if<Project>(&decision)) {
    batch.rows.push_back({std::move(order), std::move(project->price)});
  } else if (std::holds_alternative<Park>(decision)) {
    batch.parked.push_back(std::move(order));
  }
}

void TwinFeeder::release(const ProductId& product, const Stand& own) {
  for (;;) {
    TwinBatch batch{.products = {}, .rows = {}, .parked = {}, .to = own};
    for (auto& order : twin_.parked_for(product, events::kMaxFeedPage))
      add(std::move(order), batch);
    if (batch.rows.empty()) return;
    apply(batch);
  }
}

}  // namespace orderly::orderinfo
