#include "order/sqlite/order_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "events/feed_cursor.hpp"
#include "sqlite/stored_id.hpp"
#include "sqlite/stored_values.hpp"
#include "sqlite/transaction.hpp"

namespace orderly::order {

events::Recorded<events::OrderPlaced> read_order(const sqlite::Statement::Use& row) {
  return {.position = row.int64(0),
          .event_id = row.uuid(2),
          .accepted_at = sqlite::from_micros(row.int64(7)),
          .trace = sqlite::read_trace(row, 8),
          .data = {.order_id = OrderId{row.uuid(1).to_string()},
                   .customer_id = sqlite::read_id<CustomerId>(row, 3),
                   .product_id = sqlite::read_id<ProductId>(row, 4),
                   .number = row.int64(5),
                   .order_date = sqlite::from_days(row.int64(6))}};
}

OrderReader::OrderReader(sqlite::Connection connection)
    : connection_(std::move(connection)),
      head_(connection_.prepare("SELECT ifnull(max(position), 0) FROM placed_order")),
      event_at_(connection_.prepare("SELECT event_id FROM placed_order WHERE position = ?1")),
      order_at_(connection_.prepare(
          fmt::format("SELECT {} FROM placed_order WHERE position = ?1", kOrderColumns))),
      after_(connection_.prepare(
          fmt::format("SELECT {} FROM placed_order WHERE position > ?1 ORDER BY position LIMIT ?2",
                      kOrderColumns))) {}

Result<events::FeedPage<events::OrderPlaced>> OrderReader::page(const Uuid& epoch,
                                                                const Cursor& after,
                                                                std::size_t limit) {
  const sqlite::ReadTransaction snapshot(connection_);
  events::FeedPage<events::OrderPlaced> page{.epoch = epoch, .head = head(), .events = {}};
  if (auto here = check(epoch, after, page.head); !here) return std::unexpected(here.error());
  limit = std::min(limit, events::kMaxFeedPage);
  page.events.reserve(std::min(limit, static_cast<std::size_t>(page.head - after.position)));
  auto row = after_.use(after.position, static_cast<std::int64_t>(limit));
  while (row.step())
    page.events.push_back(read_order(row));
  return page;
}

Result<void> OrderReader::check(const Uuid& epoch, const Cursor& after, Position head) {
  return events::check_cursor(
      after, {.epoch = epoch, .head = head, .event_at_cursor = event_at(after.position)});
}

Result<events::FeedSpan> OrderReader::span(const Uuid& epoch, const Cursor& after) {
  const sqlite::ReadTransaction snapshot(connection_);
  events::FeedSpan span{.epoch = epoch, .head = head(), .to = {}};
  if (auto here = check(epoch, after, span.head); !here) return std::unexpected(here.error());
  span.events = static_cast<std::size_t>(span.head - after.position);  // there are no gaps
  if (span.events == 0) return span;
  if (auto first = order_at_.use(after.position + 1); first.step()) {
    span.first_accepted = read_order(first).accepted_at;
  }
  if (auto last = order_at_.use(span.head); last.step()) {
    const auto event = read_order(last);
    span.last_accepted = event.accepted_at;
    span.to = {epoch, span.head, event.event_id};
  }
  return span;
}

std::optional<events::Recorded<events::OrderPlaced>> OrderReader::find(const Uuid& order_id) {
  const sqlite::ReadTransaction snapshot(connection_);
  Position first = 1;
  Position last = head();
  while (first <= last) {
    const Position middle = first + (last - first) / 2;
    auto row = order_at_.use(middle);
    if (!row.step()) return std::nullopt;
    const Uuid found = row.uuid(1);
    if (found == order_id) return read_order(row);
    if (found < order_id) {
      first = middle + 1;
    } else {
      last = middle - 1;
    }
  }
  return std::nullopt;
}

Position OrderReader::head() {
  auto row = head_.use();
  return row.step() ? row.int64(0) : 0;
}

std::optional<Uuid> OrderReader::event_at(Position position) {
  auto row = event_at_.use(position);
  return row.step() ? std::optional(row.uuid(0)) : std::nullopt;
}

}  // namespace orderly::order
