#include "orderinfo/sqlite/twin_comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "orderinfo/sqlite/columns.hpp"
#include "sqlite/transaction.hpp"

namespace orderly::orderinfo {
namespace {

using sqlite::Statement;
using sqlite::StoredId;

/// What is compared of a row: all that the events decide, and the id by which the log names it.
constexpr std::string_view kCompared =
    "order_id, customer_id, product_id, number, order_date, accepted_at, event_id, product_name, "
    "unit_price";
constexpr int kIds = 3;
constexpr int kNumbersEnd = 6;
constexpr int kEventId = 6;
constexpr int kName = 7;
constexpr int kPrice = 8;
constexpr int kPositionColumn = 9;
constexpr int kSourceColumn = 10;
constexpr Position kMaxPosition = std::numeric_limits<Position>::max();

bool same_bytes(std::span<const std::byte> a, std::span<const std::byte> b) {
  return std::ranges::equal(a, b);
}

bool same_id(const Statement::Use& a, const Statement::Use& b, int column) {
  if (a.is_blob(column) != b.is_blob(column)) return false;
  return a.is_blob(column) ? same_bytes(a.blob(column), b.blob(column))
                           : a.text(column) == b.text(column);
}

/// Both stand at rows that begin with these columns.
bool same_order(const Statement::Use& a, const Statement::Use& b) {
  for (int column = 0; column < kIds; ++column)
    if (!same_id(a, b, column)) return false;
  for (int column = kIds; column < kNumbersEnd; ++column)
    if (a.int64(column) != b.int64(column)) return false;
  return same_bytes(a.blob(kEventId), b.blob(kEventId));
}

bool same_row(const Statement::Use& a, const Statement::Use& b) {
  return same_order(a, b) && a.text(kName) == b.text(kName) && a.int64(kPrice) == b.int64(kPrice);
}

OrderId order_of(const Statement::Use& row) { return sqlite::read_id<OrderId>(row, 0); }

}  // namespace

TwinComparison::Sides::Sides(sqlite::Connection& connection)
    : row(connection.prepare(
          fmt::format("SELECT {} FROM order_info WHERE order_id = ?1", kCompared))),
      row_at(connection.prepare(
          fmt::format("SELECT {} FROM order_info WHERE position = ?1", kCompared))),
      rows(connection.prepare(fmt::format("SELECT {}, position FROM order_info WHERE position > ?1 "
                                          "AND position <= ?2 ORDER BY position LIMIT ?3",
                                          kCompared))),
      parked(connection.prepare(
          "SELECT order_id, customer_id, product_id, number, order_date, accepted_at, event_id, "
          "NULL, NULL, NULL, source_position FROM parked_order WHERE order_id = ?1")),
      parked_after(connection.prepare("SELECT order_id FROM parked_order WHERE order_id > ?1 "
                                      "ORDER BY order_id LIMIT ?2")),
      has_parked(connection.prepare("SELECT 1 FROM parked_order WHERE order_id = ?1")) {}

void TwinComparison::make_table(sqlite::Connection& twin) {
  twin.exec(
      "CREATE TABLE IF NOT EXISTS twin_difference(number INTEGER PRIMARY KEY, "
      "order_id ANY NOT NULL UNIQUE) STRICT");
}

TwinComparison::TwinComparison(sqlite::Connection& twin, sqlite::Connection& live)
    : twin_connection_(twin),
      live_connection_(live),
      twin_(twin),
      live_(live),
      note_(twin.prepare("INSERT INTO twin_difference(order_id) VALUES(?1) "
                         "ON CONFLICT(order_id) DO NOTHING")),
      forget_(twin.prepare("DELETE FROM twin_difference WHERE order_id = ?1")),
      list_(twin.prepare("SELECT number, order_id FROM twin_difference WHERE number > ?1 "
                         "ORDER BY number LIMIT ?2")),
      count_statement_(twin.prepare("SELECT count(*) FROM twin_difference")) {
  load();
}

void TwinComparison::load() {
  auto row = count_statement_.use();
  row.step();
  count_ = static_cast<std::size_t>(row.int64(0));
  outdated_ = false;
}

std::size_t TwinComparison::count() {
  if (outdated_) load();
  return count_;
}

bool TwinComparison::compare(std::size_t limit, const Stand& stand) {
  if (outdated_) load();
  const Walk before = walk_;
  outdated_ = true;  // until all of it is committed
  try {
    const sqlite::ReadTransaction snapshot(live_connection_);
    sqlite::WriteTransaction transaction(twin_connection_);
    compare_part(limit, stand);
    transaction.commit();
  } catch (...) {
    walk_ = before;  // what was found there is not noted
    throw;
  }
  outdated_ = false;
  return walk_.part == Part::kThrough;
}

void TwinComparison::compare_part(std::size_t limit, const Stand& stand) {
  switch (walk_.part) {
    case Part::kRows:
      compare_rows(limit, stand);
      break;
    case Part::kLiveParked:
      compare_parked(live_, Part::kTwinParked, limit, stand);
      break;
    case Part::kTwinParked:
      compare_parked(twin_, Part::kThrough, limit, stand);
      break;
    case Part::kThrough:
      break;
  }
}

/// Both logs side by side: equal rows stand at equal positions.
void TwinComparison::compare_rows(std::size_t limit, const Stand& stand) {
  const auto count = static_cast<std::int64_t>(limit);
  const Position upto = std::min(stand.log, walk_.compared + count);
  std::vector<OrderId> suspects;
  {
    auto live = live_.rows.use(walk_.compared, upto, count);
    auto twin = twin_.rows.use(walk_.compared, upto, count);
    bool more_live = live.step();
    bool more_twin = twin.step();
    while (more_live || more_twin) {
      const Position at_live = more_live ? live.int64(kPositionColumn) : kMaxPosition;
      const Position at_twin = more_twin ? twin.int64(kPositionColumn) : kMaxPosition;
      const bool equal = at_live == at_twin && same_row(live, twin);
      if (!equal && at_live <= at_twin) suspects.push_back(order_of(live));
      if (!equal && at_twin <= at_live) suspects.push_back(order_of(twin));
      if (at_live <= at_twin) more_live = live.step();
      if (at_twin <= at_live) more_twin = twin.step();
    }
  }
  for (const OrderId& order : suspects)
    judge(order, stand);
  walk_.compared = upto;
  if (walk_.compared >= stand.log) walk_.part = Part::kLiveParked;
}

void TwinComparison::compare_parked(Sides& of, Part next, std::size_t limit, const Stand& stand) {
  std::vector<OrderId> page;
  {
    const StoredId after(walk_.last_parked);
    auto row = of.parked_after.use();
    after.bind_to(row, 1);
    row.bind(2, static_cast<std::int64_t>(limit));
    while (row.step())
      page.push_back(order_of(row));
  }
  for (const OrderId& order : page)
    judge(order, stand);
  const bool through = page.size() < limit;
  walk_.last_parked = through ? OrderId{} : page.back();
  if (through) walk_.part = next;
}

void TwinComparison::judge(const OrderId& order, const Stand& stand) {
  if (is_equal(order, stand)) {
    const StoredId id(order);
    auto use = forget_.use();
    id.bind_to(use, 1);
    if (use.finish() > 0) --count_;
  } else {
    suspect(order);
  }
}

void TwinComparison::suspect(const OrderId& order) {
  const StoredId id(order);
  auto use = note_.use();
  id.bind_to(use, 1);
  if (use.finish() > 0) ++count_;
}

void TwinComparison::judge_row_at(Position position, const Stand& stand) {
  OrderId order;
  {
    auto live = live_.row_at.use(position);
    if (!live.step()) return;
    auto twin = twin_.row_at.use(position);
    if (twin.step() && same_row(live, twin)) return;  // recheck() forgets what was different
    order = order_of(live);
  }
  judge(order, stand);
}

bool TwinComparison::is_equal(const OrderId& order, const Stand& stand) {
  const StoredId id(order);
  auto live_row = live_.row.use();
  auto twin_row = twin_.row.use();
  id.bind_to(live_row, 1);
  id.bind_to(twin_row, 1);
  const bool in_live = live_row.step();
  const bool in_twin = twin_row.step();
  if (in_live != in_twin) return false;
  if (in_live) return same_row(live_row, twin_row);
  auto live_parked = live_.parked.use();
  auto twin_parked = twin_.parked.use();
  id.bind_to(live_parked, 1);
  id.bind_to(twin_parked, 1);
  const bool waits_in_live = live_parked.step();
  const bool waits_in_twin = twin_parked.step();
  if (waits_in_live && waits_in_twin) return same_order(live_parked, twin_parked);
  // A push that came before its turn in the feed: the twin will get it from there.
  const bool ahead = waits_in_live && !live_parked.is_null(kSourceColumn) &&
                     live_parked.int64(kSourceColumn) > stand.orders.position;
  return waits_in_live == waits_in_twin || ahead;
}

void TwinComparison::recheck(const Stand& stand) {
  constexpr std::size_t kPage = 1'000;
  if (outdated_) load();
  outdated_ = true;  // until all of it is committed
  const sqlite::ReadTransaction snapshot(live_connection_);
  sqlite::WriteTransaction transaction(twin_connection_);
  std::int64_t after = 0;
  for (auto page = ids(after, kPage); !page.empty(); page = ids(after, kPage)) {
    after = page.back().first;
    for (const auto& [number, order] : page)
      judge(order, stand);
  }
  transaction.commit();
  outdated_ = false;
}

std::vector<std::pair<std::int64_t, OrderId>> TwinComparison::ids(std::int64_t after,
                                                                  std::size_t limit) {
  std::vector<std::pair<std::int64_t, OrderId>> page;
  auto row = list_.use(after, static_cast<std::int64_t>(limit));
  while (row.step())
    page.emplace_back(row.int64(0), sqlite::read_id<OrderId>(row, 1));
  return page;
}

Difference::Side TwinComparison::side_of(Sides& side, const OrderId& order) {
  const StoredId id(order);
  auto row = side.row.use();
  id.bind_to(row, 1);
  if (row.step()) {
    const events::OrderPlaced placed{.order_id = order_of(row),
                                     .customer_id = sqlite::read_id<CustomerId>(row, 1),
                                     .product_id = sqlite::read_id<ProductId>(row, 2),
                                     .number = row.int64(3),
                                     .order_date = from_days(row.int64(4))};
    return {Standing::kVisible, joined(placed, {std::string(row.text(kName)), row.int64(kPrice)}),
            from_micros(row.int64(5))};
  }
  auto parked = side.has_parked.use();
  id.bind_to(parked, 1);
  return {parked.step() ? Standing::kParked : Standing::kUnknown, std::nullopt, {}};
}

std::vector<Difference> TwinComparison::first(std::size_t limit) {
  const sqlite::ReadTransaction snapshot(live_connection_);
  std::vector<Difference> found;
  for (const auto& [number, order] : ids(0, limit))
    found.push_back({order, side_of(live_, order), side_of(twin_, order)});
  return found;
}

}  // namespace orderly::orderinfo
