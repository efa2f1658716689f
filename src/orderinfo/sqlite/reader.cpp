#include "orderinfo/sqlite/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "orderinfo/sqlite/columns.hpp"
#include "orderinfo/sqlite/recent_changes.hpp"
#include "sqlite/transaction.hpp"

namespace orderly::orderinfo {
namespace {

using sqlite::Statement;
using sqlite::StoredId;

/// After the common columns; then come product_name and unit_price.
events::OrderInfo read_info(const Statement::Use& row, int first) {
  const Price price{std::string(row.text(first + kOrderColumnCount)),
                    row.int64(first + kOrderColumnCount + 1)};
  return joined(read_order(row, first).data, price);
}

constexpr std::string_view kChangeColumns =
    "product_name, unit_price, position, projected_at, replaces";

/// Up to this many positions are looked through for a customer's; beyond it, all orders of the
/// customer.
constexpr Position kNear = 2'048;
constexpr std::size_t kReserved = 64;  ///< rows of a page that hardly ever has more

events::Recorded<events::OrderInfoPut> read_change(const Statement::Use& row) {
  return {.position = row.int64(kOrderColumnCount + 2),
          .event_id = row.uuid(6),
          .accepted_at = from_micros(row.int64(kOrderColumnCount + 3)),
          .trace = read_trace(row, 7),
          .data = {.info = read_info(row, 0), .replaces = row.int64(kOrderColumnCount + 4) != 0}};
}

/// As sqlite/reader_letters.cpp reads them.
constexpr std::string_view kLetterColumns =
    "number, kept_at, key, order_id, code, reason, message, attempts, attempted_at, resolved, "
    "resolved_at";
constexpr std::string_view kLetterColumnsWithoutMessage =
    "number, kept_at, key, order_id, code, reason, '', attempts, attempted_at, resolved, "
    "resolved_at";
/// Of a row of a customer's list; the customer is known.
constexpr std::string_view kListColumns =
    "position, order_date, accepted_at, order_id, product_id, number, product_name, unit_price";

ListKey listed_key(const Statement::Use& row) {
  return {.order_date = from_days(row.int64(1)),
          .accepted_at = from_micros(row.int64(2)),
          .position = row.int64(0)};
}

events::OrderInfo read_listed(const Statement::Use& row, const CustomerId& customer) {
  const std::int64_t number = row.int64(5);
  const std::int64_t unit_price = row.int64(7);
  return {.order_id = sqlite::read_id<OrderId>(row, 3),
          .customer_id = customer,
          .product_id = sqlite::read_id<ProductId>(row, 4),
          .product_name = std::string(row.text(6)),
          .number = number,
          .unit_price = unit_price,
          .total_price = number * unit_price,
          .order_date = from_days(row.int64(1))};
}

/// An id as its text, without a string of its own.
class IdText {
 public:
  /// Valid until the row is left or the next call.
  std::string_view read(const Statement::Use& row, int column) {
    if (!row.is_blob(column)) return row.text(column);
    row.uuid(column).write_to(text_.data());
    return {text_.data(), text_.size()};
  }

 private:
  std::array<char, 36> text_{};
};

bool has_row(Statement& statement, const StoredId& id) {
  auto row = statement.use();
  id.bind_to(row, 1);
  return row.step();
}

}  // namespace

Reader::Reader(sqlite::Connection connection)
    : connection_(std::move(connection)),
      metadata_(connection_),
      find_(connection_.prepare(fmt::format("SELECT {}, product_name, unit_price FROM order_info "
                                            "WHERE order_id = ?1 AND customer_id = ?2",
                                            kOrderColumns))),
      row_(connection_.prepare(
          fmt::format("SELECT {}, product_name, unit_price FROM order_info WHERE order_id = ?1",
                      kOrderColumns))),
      // An entry whose row was replaced, or whose position another row has got, is passed over.
      list_(connection_.prepare(fmt::format(
          "SELECT {} FROM order_by_customer "
          "CROSS JOIN order_info ON position = at_position AND customer_id = customer "
          "AND order_date = date AND accepted_at = accepted "
          "WHERE customer = ?1 AND date <= ?2 AND (date, accepted, at_position) > (?3, ?4, ?5) "
          "ORDER BY date, accepted, at_position LIMIT ?6",
          kListColumns))),
      listed_(connection_.prepare(
          fmt::format("SELECT {} FROM order_info "
                      "WHERE position = ?1 AND customer_id = ?2 AND accepted_at = ?3",
                      kListColumns))),
      in_rows_(connection_.prepare("SELECT 1 FROM order_info WHERE order_id = ?1")),
      in_parked_(connection_.prepare("SELECT 1 FROM parked_order WHERE order_id = ?1")),
      in_dead_(
          connection_.prepare("SELECT 1 FROM dead_letter WHERE order_id = ?1 AND resolved = 0")),
      in_foreign_(connection_.prepare("SELECT 1 FROM foreign_event WHERE order_id = ?1")),
      changes_(connection_.prepare(
          fmt::format("SELECT {}, {} FROM order_info WHERE position > ?1 AND position <= ?2 "
                      "ORDER BY position LIMIT ?3",
                      kOrderColumns, kChangeColumns))),
      near_changes_of_(connection_.prepare(
          fmt::format("SELECT {}, {} FROM order_info NOT INDEXED WHERE customer_id = ?1 "
                      "AND position > ?2 AND position <= ?3 ORDER BY position LIMIT ?4",
                      kOrderColumns, kChangeColumns))),
      indexed_of_(connection_.prepare("SELECT at_position FROM order_by_customer WHERE customer = "
                                      "?1 AND at_position > ?2 AND at_position <= ?3")),
      change_at_(connection_.prepare(
          fmt::format("SELECT {}, {} FROM order_info WHERE position = ?1 AND customer_id = ?2",
                      kOrderColumns, kChangeColumns))),
      // A replaced row may have been the last one before a row was taken out.
      head_(connection_.prepare("SELECT max(ifnull((SELECT max(position) FROM order_info), 0), "
                                "ifnull((SELECT max(position) FROM superseded_change), 0), "
                                "ifnull((SELECT max(position) FROM removed_change), 0))")),
      event_at_(connection_.prepare("SELECT event_id FROM order_info WHERE position = ?1 UNION ALL "
                                    "SELECT event_id FROM superseded_change WHERE position = ?1 "
                                    "UNION ALL "
                                    "SELECT event_id FROM removed_change WHERE position = ?1")),
      removals_(connection_.prepare(fmt::format(
          "SELECT {}, product_name, unit_price, position, removed_at, 0 FROM removed_change "
          "WHERE position > ?1 AND position <= ?2 ORDER BY position LIMIT ?3",
          kOrderColumns))),
      products_(connection_),
      parked_for_(connection_),
      parked_(connection_.prepare(
          fmt::format("SELECT {}, source_position, source_epoch, origin, parked_at "
                      "FROM parked_order WHERE order_id > ?1 ORDER BY order_id LIMIT ?2",
                      kOrderColumns))),
      // From product to product in the index: DISTINCT would visit every parked order.
      releasable_(connection_.prepare(
          "WITH RECURSIVE parked(product_id) AS (SELECT min(product_id) FROM parked_order "
          "UNION ALL SELECT (SELECT min(p.product_id) FROM parked_order AS p WHERE p.product_id > "
          "parked.product_id) FROM parked WHERE parked.product_id IS NOT NULL) "
          "SELECT product_id FROM parked WHERE EXISTS (SELECT 1 FROM product_version AS v "
          "WHERE v.product_id = parked.product_id) LIMIT ?1")),
      foreign_(connection_.prepare(fmt::format("SELECT {}, position FROM foreign_event "
                                               "WHERE position > ?1 ORDER BY position LIMIT ?2",
                                               kOrderColumns))),
      dead_letters_(connection_.prepare(
          fmt::format("SELECT {} FROM dead_letter WHERE resolved = 0 AND number > ?1 "
                      "AND number <= ?2 AND (?3 = '' OR code = ?3) "
                      "AND (?4 IS NULL OR order_id = ?4) AND kept_at >= ?5 AND kept_at < ?6 "
                      "ORDER BY number LIMIT ?7",
                      kLetterColumnsWithoutMessage))),
      dead_letter_(connection_.prepare(fmt::format(
          "SELECT {} FROM dead_letter WHERE number = ?1 AND resolved = 0", kLetterColumns))),
      letter_errors_(connection_.prepare("SELECT attempt, at, code, reason FROM dead_letter_error "
                                         "WHERE number = ?1 ORDER BY attempt")),
      letters_of_(connection_.prepare(
          fmt::format("SELECT {} FROM dead_letter WHERE order_id = ?1 ORDER BY number LIMIT ?2",
                      kLetterColumnsWithoutMessage))),
      letter_changes_(connection_.prepare(
          fmt::format("SELECT {}, change, change_id FROM dead_letter WHERE change > ?1 "
                      "AND change <= ?2 ORDER BY change LIMIT ?3",
                      kLetterColumns))),
      last_letter_change_(connection_.prepare("SELECT ifnull(max(change), 0) FROM dead_letter")),
      letter_change_at_(connection_.prepare("SELECT change_id FROM dead_letter WHERE change = ?1")),
      row_stations_(connection_.prepare(
          fmt::format("SELECT {}, source_position, position, projected_at, first_projected_at, "
                      "parked_at FROM order_info WHERE order_id = ?1",
                      kOrderColumns))),
      parked_stations_(
          connection_.prepare(fmt::format("SELECT {}, source_position, parked_at FROM parked_order "
                                          "WHERE order_id = ?1",
                                          kOrderColumns))),
      taken_out_orders_(connection_.prepare(
          "SELECT order_id, customer_id, product_id, number_ordered, order_date, accepted_at, "
          "event_id, trace, number, source_epoch, source_position, product_name, unit_price, "
          "taken_out_at FROM taken_out_order WHERE number > ?1 ORDER BY number LIMIT ?2")),
      taken_out_versions_(connection_.prepare(
          "SELECT source_position, product_id, product_name, unit_price, valid_from, event_id, "
          "trace, number, taken_out_at, source_epoch FROM taken_out_version WHERE number > ?1 "
          "ORDER BY number LIMIT ?2")),
      ahead_(connection_.prepare(
          "SELECT position, event_id FROM ahead_push WHERE position <= ?1 ORDER BY position")),
      marks_(connection_) {}

std::optional<events::OrderInfo> Reader::find(const CustomerId& customer, const OrderId& order) {
  const StoredId order_id(order);
  const StoredId customer_id(customer);
  auto row = find_.use();
  order_id.bind_to(row, 1);
  customer_id.bind_to(row, 2);
  if (!row.step()) return std::nullopt;
  return read_info(row, 0);
}

OrderPage Reader::list(const NewestRows& newest, const CustomerId& customer, DateRange dates,
                       const std::optional<ListKey>& after, std::size_t limit) {
  // One more tells whether there is a next page. Memory first, the snapshot afterwards.
  const auto keys = newest.page(customer, dates, after, limit + 1);
  const sqlite::ReadTransaction snapshot(connection_);
  const ListKey key = after.value_or(ListKey{dates.first, UtcTime::min(), 0});
  const StoredId customer_id(customer);
  auto indexed = list_.use();
  customer_id.bind_to(indexed, 1);
  indexed.bind(2, to_days(dates.last)).bind(3, to_days(key.order_date));
  indexed.bind(4, to_micros(key.accepted_at)).bind(5, key.position);
  indexed.bind(6, static_cast<std::int64_t>(limit) + 1);
  OrderPage page;
  page.orders.reserve(std::min(limit, kReserved));
  ListKey last{};
  bool has_indexed = indexed.step();
  auto next = keys.begin();
  for (; has_indexed || next != keys.end();) {
    if (page.orders.size() == limit) {
      page.next = last;
      return page;
    }
    const bool from_index =
        has_indexed && (next == keys.end() || !ListKeyLess{}(*next, listed_key(indexed)));
    if (from_index) {
      last = listed_key(indexed);
      page.orders.push_back(read_listed(indexed, customer));
      if (next != keys.end() && next->position == last.position) ++next;  // merged just now
      has_indexed = indexed.step();
      continue;
    }
    last = *next++;
    auto row = listed_.use(last.position);
    customer_id.bind_to(row, 2);
    row.bind(3, to_micros(last.accepted_at));
    if (row.step()) page.orders.push_back(read_listed(row, customer));
  }
  // One that was replaced meanwhile may have stood for the one beyond the page.
  if (keys.size() > limit) page.next = last;
  return page;
}

std::vector<events::Recorded<events::OrderInfoPut>> Reader::changes_of(const NewestRows& newest,
                                                                       const CustomerId& customer,
                                                                       Position after,
                                                                       Position upto,
                                                                       std::size_t limit) {
  if (upto - after <= kNear) return near_changes_of(customer, after, upto, limit);
  auto positions = newest.positions(customer, after, upto);  // before the snapshot
  const sqlite::ReadTransaction snapshot(connection_);
  const StoredId id(customer);
  {
    auto row = indexed_of_.use();
    id.bind_to(row, 1);
    row.bind(2, after).bind(3, upto);
    while (row.step())
      positions.push_back(row.int64(0));
  }
  std::ranges::sort(positions);
  const auto repeated = std::ranges::unique(positions);
  positions.erase(repeated.begin(), repeated.end());
  std::vector<events::Recorded<events::OrderInfoPut>> changes;
  for (const Position position : positions) {
    if (changes.size() == limit) break;
    auto row = change_at_.use(position);
    id.bind_to(row, 2);
    if (row.step()) changes.push_back(read_change(row));
  }
  return changes;
}

std::vector<events::Recorded<events::OrderInfoPut>> Reader::near_changes_of(
    const CustomerId& customer, Position after, Position upto, std::size_t limit) {
  const StoredId id(customer);
  auto row = near_changes_of_.use();
  id.bind_to(row, 1);
  row.bind(2, after).bind(3, upto).bind(4, static_cast<std::int64_t>(limit));
  std::vector<events::Recorded<events::OrderInfoPut>> changes;
  while (row.step())
    changes.push_back(read_change(row));
  return changes;
}

std::optional<events::OrderInfo> Reader::row(const OrderId& order) {
  const StoredId id(order);
  auto row = row_.use();
  id.bind_to(row, 1);
  return row.step() ? std::optional(read_info(row, 0)) : std::nullopt;
}

bool Reader::is_foreign(const OrderId& order) { return has_row(in_foreign_, StoredId(order)); }

Standing Reader::standing(const OrderId& order) {
  const sqlite::ReadTransaction snapshot(connection_);
  const StoredId id(order);
  if (has_row(in_rows_, id)) return Standing::kVisible;
  if (has_row(in_parked_, id)) return Standing::kParked;
  return has_row(in_dead_, id) ? Standing::kDead : Standing::kUnknown;
}

bool Reader::stood_there(const Cursor& after, Position head) {
  if (after.position > head) return false;
  if (after.position == 0 || after.event_id.is_nil()) return true;
  auto row = event_at_.use(after.position);
  return row.step() && row.uuid(0) == after.event_id;
}

Result<events::FeedSpan> Reader::begin_reading(const Cursor& after) {
  events::FeedSpan span{.epoch = metadata_.epoch(), .head = 0, .to = after};
  {
    auto row = head_.use();
    if (row.step()) span.head = row.int64(0);
  }
  if ((!after.epoch.is_nil() && after.epoch != span.epoch) || !stood_there(after, span.head)) {
    return failure(ErrorKind::kConflict, "position_conflict",
                   fmt::format("The change log has no such event at position {}.", after.position));
  }
  return span;
}

std::vector<Reader::Change> Reader::changes_after(Position after, Position upto,
                                                  std::size_t limit) {
  std::vector<Change> changes;
  {
    auto row = changes_.use(after, upto, static_cast<std::int64_t>(limit));
    while (row.step())
      changes.push_back(read_change(row));
  }
  merge_removals(after, upto, limit, changes);
  return changes;
}

bool Reader::has_removals(Position after) {
  auto row = removals_.use(after, std::numeric_limits<Position>::max(), std::int64_t{1});
  return row.step();
}

Result<events::FeedPage<events::OrderInfoPut>> Reader::read_events(const Cursor& after,
                                                                   Position upto,
                                                                   std::size_t limit) {
  const sqlite::ReadTransaction snapshot(connection_);
  const auto begun = begin_reading(after);
  if (!begun) return std::unexpected(begun.error());
  return events::FeedPage<events::OrderInfoPut>{
      .epoch = begun->epoch,
      .head = begun->head,
      .events = changes_after(after.position, upto, limit)};
}

void Reader::merge_removals(Position after, Position upto, std::size_t limit,
                            std::vector<Change>& changes) {
  auto row = removals_.use(after, upto, static_cast<std::int64_t>(limit));
  const std::size_t rows = changes.size();
  while (row.step()) {
    changes.push_back(read_change(row));
    changes.back().data.removed = true;
  }
  if (changes.size() == rows) return;
  std::ranges::sort(changes, {}, &Change::position);
  if (changes.size() > limit) changes.resize(limit);
}

Result<events::FeedSpan> Reader::visit_changes(const Cursor& after, Position upto,
                                               std::size_t limit, const ChangeVisitor& visit) {
  const sqlite::ReadTransaction snapshot(connection_);
  auto span = begin_reading(after);
  if (!span) return span;
  if (has_removals(after.position)) {
    for (const auto& change : changes_after(after.position, upto, limit))
      show(change, *span, visit);
    return span;
  }
  IdText order;
  IdText customer;
  IdText product;
  auto row = changes_.use(after.position, upto, static_cast<std::int64_t>(limit));
  while (row.step()) {
    const ChangeView view{.event_id = row.uuid(6),
                          .projected_at = from_micros(row.int64(kOrderColumnCount + 3)),
                          .order_id = order.read(row, 0),
                          .customer_id = customer.read(row, 1),
                          .product_id = product.read(row, 2),
                          .product_name = row.text(kOrderColumnCount),
                          .number = row.int64(3),
                          .unit_price = row.int64(kOrderColumnCount + 1),
                          .order_date = from_days(row.int64(4)),
                          .replaces = row.int64(kOrderColumnCount + 4) != 0};
    visit(view);
    if (span->events++ == 0) span->first_accepted = view.projected_at;
    span->last_accepted = view.projected_at;
    span->to = {span->epoch, row.int64(kOrderColumnCount + 2), view.event_id};
  }
  return span;
}

std::vector<ParkedOrder> Reader::parked_orders(const OrderId& after, std::size_t limit) {
  const StoredId id(after);
  auto row = parked_.use();
  id.bind_to(row, 1);
  row.bind(2, static_cast<std::int64_t>(limit));
  std::vector<ParkedOrder> orders;
  while (row.step()) {
    orders.push_back({from_micros(row.int64(kOrderColumnCount + 3)), read_parked(row)});
  }
  return orders;
}

std::vector<ProductId> Reader::releasable_products(std::size_t limit) {
  std::vector<ProductId> products;
  auto row = releasable_.use(static_cast<std::int64_t>(limit));
  while (row.step()) {
    products.push_back(sqlite::read_id<ProductId>(row, 0));
  }
  return products;
}

std::vector<events::Recorded<events::OrderPlaced>> Reader::foreign_events(Position after,
                                                                          std::size_t limit) {
  std::vector<events::Recorded<events::OrderPlaced>> archive;
  auto row = foreign_.use(after, static_cast<std::int64_t>(limit));
  while (row.step()) {
    archive.push_back(read_order(row, 0));
    archive.back().position = row.int64(kOrderColumnCount);
  }
  return archive;
}

}  // namespace orderly::orderinfo
