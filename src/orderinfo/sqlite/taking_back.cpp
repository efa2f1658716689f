#include "orderinfo/sqlite/taking_back.hpp"

#include <fmt/format.h>

#include <string>

#include "orderinfo/sqlite/columns.hpp"
#include "sqlite/stored_id.hpp"

namespace orderly::orderinfo {
namespace {

constexpr std::string_view kOfTheFork = "source_position > ?1";

/// Rows whose price may be one of the versions that go: from the first of these on, or where the
/// product has no other.
constexpr std::string_view kPricedByThem =
    "product_id IN (SELECT product_id FROM product_version WHERE position > ?1) AND ("
    "accepted_at >= (SELECT min(valid_from) FROM product_version AS v "
    "WHERE v.product_id = order_info.product_id AND v.position > ?1) OR NOT EXISTS "
    "(SELECT 1 FROM product_version AS v WHERE v.product_id = order_info.product_id "
    "AND v.position <= ?1))";

constexpr std::string_view kListedColumns =
    "order_id, customer_id, product_id, number_ordered, order_date, accepted_at, event_id, trace";

}  // namespace

TakenBack TakingBack::orders_after(const TakeBack& fork, Log& log) {
  const auto list = [&](std::string_view price, std::string_view table) {
    return connection_
        .prepare(fmt::format("INSERT INTO taken_out_order({}, source_epoch, source_position, "
                             "product_name, unit_price, taken_out_at) SELECT {}, ?2, "
                             "source_position, {}, ?3 FROM {} WHERE {} ORDER BY source_position",
                             kListedColumns, kOrderColumns, price, table, kOfTheFork))
        .run(fork.to.position, fork.from.epoch, to_micros(log.now));
  };
  TakenBack taken;
  taken.orders += static_cast<std::size_t>(list("product_name, unit_price", "order_info"));
  taken.orders += static_cast<std::size_t>(list("NULL, NULL", "parked_order"));
  if (taken.orders == 0) return taken;  // mostly only the epoch is new
  remove_rows(kOfTheFork, fork.to.position, log);
  connection_.prepare(fmt::format("DELETE FROM parked_order WHERE {}", kOfTheFork))
      .run(fork.to.position);
  return taken;
}

TakenBack TakingBack::versions_after(const TakeBack& fork, const Cursor& orders, Log& log) {
  TakenBack taken;
  const Position after = fork.to.position;
  if (!has_versions(after)) return taken;
  connection_
      .prepare(fmt::format(
          "INSERT INTO parked_order({0}, source_position, source_epoch, origin, parked_at) "
          "SELECT {0}, source_position, CASE WHEN source_position IS NULL THEN NULL ELSE ?2 END, "
          "CASE WHEN source_position IS NULL THEN {1} ELSE {2} END, ?3 FROM order_info WHERE {3}",
          kOrderColumns, static_cast<int>(Origin::kForeign), static_cast<int>(Origin::kFeed),
          kPricedByThem))
      .run(after, orders.epoch, to_micros(log.now));
  taken.repriced = remove_rows(kPricedByThem, after, log);
  taken.versions = static_cast<std::size_t>(
      connection_
          .prepare("INSERT INTO taken_out_version(source_epoch, source_position, product_id, "
                   "product_name, unit_price, valid_from, event_id, trace, taken_out_at) "
                   "SELECT ?2, position, product_id, product_name, unit_price, valid_from, "
                   "event_id, trace, ?3 FROM product_version WHERE position > ?1 ORDER BY position")
          .run(after, fork.from.epoch, to_micros(log.now)));
  connection_.prepare("DELETE FROM product_version WHERE position > ?1").run(after);
  return taken;
}

bool TakingBack::has_versions(Position after) {
  auto first = connection_.prepare("SELECT 1 FROM product_version WHERE position > ?1 LIMIT 1");
  return first.use(after).step();
}

std::size_t TakingBack::remove_rows(std::string_view condition, Position after, Log& log) {
  const auto removed =
      connection_
          .prepare(fmt::format(
              "INSERT INTO removed_change({0}, product_name, unit_price, position, removed_at) "
              "SELECT {0}, product_name, unit_price, ?2 + row_number() OVER (ORDER BY position), "
              "?3 FROM order_info WHERE {1}",
              kOrderColumns, condition))
          .run(after, log.head, to_micros(log.now));
  // A reader may stand at any of them.
  connection_
      .prepare(fmt::format(
          "INSERT INTO superseded_change SELECT position, event_id FROM order_info WHERE {}",
          condition))
      .run(after);
  unlist(condition, after, log);
  connection_.prepare(fmt::format("DELETE FROM order_info WHERE {}", condition)).run(after);
  log.head += removed;
  return static_cast<std::size_t>(removed);
}

/// From the index of the lists, of which the newest rows are in memory.
void TakingBack::unlist(std::string_view condition, Position after, Log& log) {
  const std::string rows = fmt::format(
      "SELECT customer_id, order_date, accepted_at, position FROM order_info WHERE {}", condition);
  connection_
      .prepare("DELETE FROM order_by_customer WHERE (customer, date, accepted, at_position) IN (" +
               rows + ")")
      .run(after);
  auto newest = connection_.prepare(
      rows + " AND position > (SELECT merged_upto FROM list_index) ORDER BY position");
  for (auto row = newest.use(after); row.step();) {
    log.unlisted.emplace_back(sqlite::read_id<CustomerId>(row, 0),
                              ListKey{.order_date = from_days(row.int64(1)),
                                      .accepted_at = from_micros(row.int64(2)),
                                      .position = row.int64(3)});
  }
}

}  // namespace orderly::orderinfo
