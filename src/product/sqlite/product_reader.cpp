#include "product/sqlite/product_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "events/feed_cursor.hpp"
#include "sqlite/stored_id.hpp"
#include "sqlite/stored_values.hpp"
#include "sqlite/transaction.hpp"

namespace orderly::product {
namespace {

/// Products that one page of a list looks at, so that a rare text cannot hold up the server.
constexpr std::size_t kMaxLookedAt = 10'000;

/// Newest versions: product_id, product_name, unit_price.
constexpr std::string_view kNewest =
    "SELECT p.product_id, v.product_name, v.unit_price"
    " FROM product AS p CROSS JOIN product_version AS v ON v.position = p.position";

events::ProductPut read_product(const sqlite::Statement::Use& row, int first) {
  return {.product_id = sqlite::read_id<ProductId>(row, first),
          .product_name = std::string(row.text(first + 1)),
          .unit_price = row.int64(first + 2)};
}

}  // namespace

events::Recorded<events::ProductPut> read_version(const sqlite::Statement::Use& row) {
  return {.position = row.int64(0),
          .event_id = row.uuid(5),
          .accepted_at = sqlite::from_micros(row.int64(4)),
          .trace = sqlite::read_trace(row, 6),
          .data = read_product(row, 1)};
}

ProductReader::ProductReader(sqlite::Connection connection)
    : connection_(std::move(connection)),
      head_(connection_.prepare("SELECT ifnull(max(position), 0) FROM product_version")),
      event_at_(connection_.prepare("SELECT event_id FROM product_version WHERE position = ?1")),
      after_(connection_.prepare(fmt::format(
          "SELECT {} FROM product_version WHERE position > ?1 ORDER BY position LIMIT ?2",
          kVersionColumns))),
      newest_(connection_.prepare(fmt::format("{} WHERE p.product_id = ?1", kNewest))),
      list_(connection_.prepare(
          fmt::format("{} WHERE p.product_id > ?1 ORDER BY p.product_id", kNewest))) {}

Result<events::FeedPage<events::ProductPut>> ProductReader::page(const Uuid& epoch,
                                                                 const Cursor& after,
                                                                 std::size_t limit) {
  const sqlite::ReadTransaction snapshot(connection_);
  events::FeedPage<events::ProductPut> page{.epoch = epoch, .head = head(), .events = {}};
  const auto here = events::check_cursor(
      after, {.epoch = epoch, .head = page.head, .event_at_cursor = event_at(after.position)});
  if (!here) return std::unexpected(here.error());
  limit = std::min(limit, events::kMaxFeedPage);
  page.events.reserve(std::min(limit, static_cast<std::size_t>(page.head - after.position)));
  auto row = after_.use(after.position, static_cast<std::int64_t>(limit));
  while (row.step())
    page.events.push_back(read_version(row));
  return page;
}

std::optional<events::ProductPut> ProductReader::get(const ProductId& id) {
  const sqlite::StoredId stored(id);
  auto row = newest_.use();
  stored.bind_to(row, 1);
  return row.step() ? std::optional(read_product(row, 0)) : std::nullopt;
}

ProductPage ProductReader::list(const ProductQuery& query) {
  // The empty text stands before every id, which has at least one byte.
  const ProductId start = query.after.value_or(ProductId{});
  const sqlite::StoredId stored(start);
  auto row = list_.use();
  stored.bind_to(row, 1);
  ProductPage page;
  ProductId last;
  for (std::size_t looked_at = 0; row.step(); ++looked_at) {
    if (looked_at == kMaxLookedAt) {
      page.next_after = std::move(last);
      break;
    }
    auto product = read_product(row, 0);
    last = product.product_id;
    if (!matches(query.text, product.product_id.value, product.product_name)) continue;
    if (page.products.size() == query.page_size) {
      page.next_after = page.products.back().product_id;
      break;
    }
    page.products.push_back(std::move(product));
  }
  return page;
}

Position ProductReader::head() {
  auto row = head_.use();
  return row.step() ? row.int64(0) : 0;
}

std::optional<Uuid> ProductReader::event_at(Position position) {
  auto row = event_at_.use(position);
  return row.step() ? std::optional(row.uuid(0)) : std::nullopt;
}

}  // namespace orderly::product
