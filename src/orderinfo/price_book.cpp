#include "orderinfo/price_book.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "events/fork.hpp"
#include "orderinfo/projection.hpp"

namespace orderly::orderinfo {
namespace {

constexpr std::size_t kMaxProductsPerStep = 100;

/// Those of `page` that come after `position`.
std::vector<events::Recorded<events::ProductPut>> after(
    const events::FeedPage<events::ProductPut>& page, Position position) {
  const auto first = std::ranges::upper_bound(page.events, position, {},
                                              &events::Recorded<events::ProductPut>::position);
  return {first, page.events.end()};
}

}  // namespace

void PriceBook::load() {
  if (loaded_) return;
  catalog_.clear();
  Position last = 0;
  for (;;) {
    const auto versions = writer_.store().product_versions(last, events::kMaxFeedPage);
    if (versions.empty()) break;
    catalog_.add(versions);
    last = versions.back().position;
  }
  leftovers_ = true;
  loaded_ = true;
}

std::span<const ProductVersion> PriceBook::versions_of(const ProductId& product) {
  load();
  return catalog_.versions_of(product);
}

void PriceBook::conflict(const std::string& reason) {
  alarms_.raise(Alarm::kProductFeedConflict, reason);
  throw Unavailable(reason);
}

runtime::Task<void> PriceBook::close(UtcTime time) {
  if (time <= closed_) co_return;
  const auto closed = co_await barrier_.close(time);
  if (!closed) {
    const std::string reason = "the product service refuses to close the time " +
                               format_rfc3339(time) + ": " + closed.error().message;
    alarms_.raise(Alarm::kClockSkew, reason);
    throw Unavailable(reason);
  }
  alarms_.clear(Alarm::kClockSkew);
  while (writer_.store().progress().products.position < closed->position) {
    const auto page = co_await next_page(std::chrono::milliseconds(0));
    if (!page) co_await go_back_and_try_again();
    if (co_await copy(*page) == 0) {
      throw Unavailable("the product feed does not show its newest versions yet");
    }
  }
  const Uuid epoch = writer_.store().progress().products.epoch;
  if (!epoch.is_nil() && epoch != closed->epoch) co_await go_back_and_try_again();
  closed_ = time;
}

runtime::Task<Result<PriceBook::Page>> PriceBook::next_page(std::chrono::milliseconds wait) {
  const Cursor copied = writer_.store().progress().products;
  co_return co_await feed_.read(copied, events::kMaxFeedPage, wait);
}

runtime::Task<std::size_t> PriceBook::follow_fork() {
  const Cursor copied = writer_.store().progress().products;
  auto places = writer_.store().places(SourceFeed::kProducts);
  const Cursor to = co_await events::last_in_common(feed_, std::move(places));
  if (to == copied) co_return 1;  // somebody was quicker
  loaded_ = false;
  leftovers_ = true;
  closed_ = UtcTime::min();  // that was promised in another history
  TakeBack fork{.feed = SourceFeed::kProducts, .from = copied, .to = to};
  co_await writer_.take_back(fork);
  alarms_.clear(Alarm::kProductFeedConflict);
  co_return 1;
}

runtime::Task<void> PriceBook::go_back_and_try_again() {
  co_await follow_fork();
  throw Unavailable("the product service has another history than the copy had",
                    std::chrono::milliseconds(0));
}

runtime::Task<std::size_t> PriceBook::copy(const Page& page) {
  load();
  const Cursor cursor = writer_.store().progress().products;
  ProjectionBatch batch;
  batch.products = after(page, cursor.position);
  Cursor to{.epoch = page.epoch, .position = cursor.position, .event_id = cursor.event_id};
  for (const auto& version : batch.products) {
    if (version.position != to.position + 1) conflict("the product feed has a gap");
    to.position = version.position;
    to.event_id = version.event_id;
  }
  if (!cursor.epoch.is_nil() && cursor.epoch != page.epoch) {
    throw Unavailable("the product feed's history changed while it was read");
  }
  alarms_.clear(Alarm::kProductFeedConflict);
  if (to == cursor) co_return 0;
  batch.product_cursor = CursorMove{cursor, to};
  catalog_.add(batch.products);
  if (writer_.store().progress().parked > 0) {
    for (const auto& version : batch.products)
      add_parked(version.data.product_id, batch);
  }
  co_await apply(batch);
  co_return batch.products.size();
}

runtime::Task<std::size_t> PriceBook::release_some() {
  load();
  if (!leftovers_) co_return 0;
  const auto products = writer_.store().releasable_products(kMaxProductsPerStep);
  if (products.empty()) {
    leftovers_ = false;
    co_return 0;
  }
  ProjectionBatch batch;
  for (const ProductId& product : products)
    add_parked(product, batch);
  co_await apply(batch);
  co_return batch.rows.size();
}

void PriceBook::add_parked(const ProductId& product, ProjectionBatch& batch) {
  const std::size_t room = kMaxReleasedPerStep - batch.rows.size();
  if (room == 0) {
    leftovers_ = true;
    return;
  }
  // A product may come twice in a page: its orders are in the batch already.
  const auto is_of_product = [&](const PricedOrder& row) {
    return row.order.event.data.product_id == product;
  };
  if (std::ranges::any_of(batch.rows, is_of_product)) return;
  const auto orders = writer_.store().parked_for(product, room);
  if (orders.size() == room) leftovers_ = true;
  const auto versions = catalog_.versions_of(product);
  for (const IncomingOrder& order : orders) {
    const Decision decision = decide(order, versions);
    if (const auto* project = std::get_if<Project>(&decision)) {
      batch.rows.push_back({order, project->price});
    }
  }
}

runtime::Task<void> PriceBook::apply(const ProjectionBatch& batch) {
  try {
    co_await writer_.apply(batch);
  } catch (...) {
    loaded_ = false;  // whether the store has it is open: the copy is read again
    throw;
  }
}

}  // namespace orderly::orderinfo
