#include "orderinfo/sqlite/tables.hpp"

#include <fmt/format.h>

#include <string>

#include "base/check.hpp"
#include "orderinfo/sqlite/columns.hpp"

namespace orderly::orderinfo {

using sqlite::InsertOutcome;
using sqlite::StoredId;

namespace {

std::optional<Position> source_position(const IncomingOrder& order) {
  return order.event.position > 0 ? std::optional(order.event.position) : std::nullopt;
}

}  // namespace

OrderRows::OrderRows(sqlite::Connection& connection)
    : insert_(connection.prepare(
          fmt::format("INSERT INTO order_info({}, source_position, product_name, unit_price, "
                      "projected_at, replaces, position, parked_at, first_projected_at) "
                      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, "
                      "?16)",
                      kOrderColumns))),
      remove_(connection.prepare("DELETE FROM order_info WHERE position = ?1")) {}

bool OrderRows::insert(const PricedOrder& priced, const LogPlace& place) {
  const auto& event = priced.order.event;
  const StoredOrder order(event);
  auto use = insert_.use();
  order.bind_to(use, 1);
  if (event.event_id.is_nil()) use.bind(7, place.event_id);
  use.bind(9, source_position(priced.order));
  use.bind(10, priced.price.product_name).bind(11, priced.price.unit_price);
  use.bind(12, place.projected_at).bind(13, place.replaces ? 1 : 0).bind(14, place.position);
  use.bind(15, place.parked_at).bind(16, place.first_projected_at);
  return use.step_insert() == InsertOutcome::kInserted;
}

void OrderRows::remove(Position position) { remove_.run(position); }

ParkedRows::ParkedRows(sqlite::Connection& connection)
    : insert_(connection.prepare(fmt::format(
          "INSERT INTO parked_order({}, source_position, source_epoch, origin, parked_at) "
          "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
          kOrderColumns))),
      remove_(connection.prepare("DELETE FROM parked_order WHERE order_id = ?1")) {}

void ParkedRows::insert(const IncomingOrder& incoming, UtcTime parked_at) {
  const StoredOrder order(incoming.event);
  auto use = insert_.use();
  order.bind_to(use, 1);
  use.bind(9, source_position(incoming));
  if (!incoming.epoch.is_nil()) use.bind(10, incoming.epoch);
  use.bind(11, static_cast<int>(incoming.origin)).bind(12, to_micros(parked_at));
  ORDERLY_CHECK(use.step_insert() == InsertOutcome::kInserted, "it was not parked");
}

void ParkedRows::remove(const OrderId& order) {
  const StoredId id(order);
  auto use = remove_.use();
  id.bind_to(use, 1);
  ORDERLY_CHECK(use.finish() == 1, "it was parked");
}

ParkedOfProduct::ParkedOfProduct(sqlite::Connection& connection)
    : select_(connection.prepare(
          fmt::format("SELECT {}, source_position, source_epoch, origin FROM parked_order "
                      "WHERE product_id = ?1 LIMIT ?2",
                      kOrderColumns))) {}

std::vector<IncomingOrder> ParkedOfProduct::read(const ProductId& product, std::size_t limit) {
  const StoredId product_id(product);
  auto row = select_.use();
  product_id.bind_to(row, 1);
  row.bind(2, static_cast<std::int64_t>(limit));
  std::vector<IncomingOrder> orders;
  while (row.step())
    orders.push_back(read_parked(row));
  return orders;
}

ProductCopy::ProductCopy(sqlite::Connection& connection)
    : insert_(connection.prepare(
          "INSERT INTO product_version(position, product_id, product_name, unit_price, "
          "valid_from, event_id, trace) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)")) {}

void ProductCopy::insert(const events::Recorded<events::ProductPut>& version) {
  const StoredId product(version.data.product_id);
  const StoredTrace trace(version.trace);
  auto use = insert_.use(version.position);
  product.bind_to(use, 2);
  use.bind(3, version.data.product_name).bind(4, version.data.unit_price);
  use.bind(5, to_micros(version.accepted_at)).bind(6, version.event_id);
  trace.bind_to(use, 7);
  ORDERLY_CHECK(use.step_insert() == InsertOutcome::kInserted,
                "a product version is copied once, with the cursor that passes it");
}

ProductVersions::ProductVersions(sqlite::Connection& connection)
    : select_(connection.prepare(
          "SELECT position, product_id, product_name, unit_price, valid_from, event_id, trace "
          "FROM product_version WHERE position > ?1 ORDER BY position LIMIT ?2")) {}

std::vector<events::Recorded<events::ProductPut>> ProductVersions::read(Position after,
                                                                        std::size_t limit) {
  std::vector<events::Recorded<events::ProductPut>> versions;
  auto row = select_.use(after, static_cast<std::int64_t>(limit));
  while (row.step())
    versions.push_back(read_version(row));
  return versions;
}

ListIndex::ListIndex(sqlite::Connection& connection)
    : insert_(connection.prepare("INSERT OR IGNORE INTO order_by_customer VALUES(?1, ?2, ?3, ?4)")),
      remove_(
          connection.prepare("DELETE FROM order_by_customer WHERE customer = ?1 AND date = ?2 AND "
                             "accepted = ?3 AND at_position = ?4")) {}

void ListIndex::run(sqlite::Statement& statement, const CustomerId& customer, const ListKey& key) {
  const StoredId id(customer);
  auto use = statement.use();
  id.bind_to(use, 1);
  use.bind(2, to_days(key.order_date)).bind(3, to_micros(key.accepted_at)).bind(4, key.position);
  use.finish();
}

void ListIndex::insert(const CustomerId& customer, const ListKey& key) {
  run(insert_, customer, key);
}

void ListIndex::remove(const CustomerId& customer, const ListKey& key) {
  run(remove_, customer, key);
}

ListKey list_key(const events::Recorded<events::OrderPlaced>& event, Position position) {
  return {
      .order_date = event.data.order_date, .accepted_at = event.accepted_at, .position = position};
}

}  // namespace orderly::orderinfo
