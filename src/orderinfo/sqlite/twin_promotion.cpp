#include <fmt/format.h>

#include <array>
#include <string>

#include "orderinfo/sqlite/columns.hpp"
#include "orderinfo/sqlite/sqlite_twin.hpp"

/// How the twin becomes the live one, and the live one the twin.
namespace orderly::orderinfo {
namespace {

/// Made from the events; everything else is taken over from the live one.
constexpr std::array kMadeFromEvents = {"order_info",        "parked_order",    "product_version",
                                        "feed_cursor",       "foreign_event",   "meta",
                                        "schema_version",    "twin_difference", "superseded_change",
                                        "order_by_customer", "list_index"};

std::string quoted(const std::string& text) {
  std::string sql = "'";
  for (const char c : text)
    sql += c == '\'' ? std::string("''") : std::string(1, c);
  return sql += '\'';
}

/// Undone unless committed. Of the twin's file alone: the live one is only read, so its writer is
/// not locked out, as it would be by BEGIN IMMEDIATE.
class Transaction {
 public:
  explicit Transaction(sqlite::Connection& connection) : connection_(connection) {
    connection_.exec("BEGIN");
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() {
    if (!connection_.in_transaction()) return;
    try {
      connection_.exec("ROLLBACK");
    } catch (const Unavailable&) {
      // The connection is closed next.
    }
  }
  void commit() { connection_.exec("COMMIT"); }

 private:
  sqlite::Connection& connection_;
};

struct Place {
  Position position = 0;
  Uuid event_id;
};

std::optional<Place> find_place(sqlite::Statement& statement, const OrderId& order) {
  const sqlite::StoredId id(order);
  auto row = statement.use();
  id.bind_to(row, 1);
  if (!row.step()) return std::nullopt;
  return Place{row.int64(0), row.uuid(1)};
}

std::optional<Position> first_position(sqlite::Statement& statement, Position after) {
  auto row = statement.use(after);
  return row.step() ? std::optional(row.int64(0)) : std::nullopt;
}

}  // namespace

void SqliteTwin::attach_live() {
  auto attached = connection_.prepare("SELECT 1 FROM pragma_database_list WHERE name = 'live'");
  const bool is_attached = attached.use().step();
  if (!is_attached) connection_.exec("ATTACH " + quoted(live_.path()) + " AS live");
}

void SqliteTwin::promote() {
  attach_live();
  connection_.exec("PRAGMA main.synchronous = FULL");
  Transaction transaction(connection_);
  take_over_what_has_no_events();
  move_what_differs();
  const std::int64_t generation = live_metadata_.number(kGenerationKey).value_or(0);
  metadata_.set(kGenerationKey, generation + 1);
  metadata_.remove(kKeptUntilKey);
  metadata_.remove(kTwinLogKey);
  transaction.commit();
}

void SqliteTwin::take_over_what_has_no_events() {
  std::string made;
  for (const char* const table : kMadeFromEvents)
    made += fmt::format("{}'{}'", made.empty() ? "" : ", ", table);
  std::vector<std::string> tables;
  {
    auto statement = connection_.prepare(
        "SELECT name FROM live.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' "
        "AND name NOT IN (" +
        made + ")");
    auto row = statement.use();
    while (row.step())
      tables.emplace_back(row.text(0));
  }
  for (const std::string& table : tables) {
    connection_.exec(
        fmt::format("DELETE FROM main.{0}; INSERT INTO main.{0} SELECT * FROM live.{0}", table));
  }
  connection_.exec(fmt::format(
      "INSERT OR IGNORE INTO main.superseded_change SELECT * FROM live.superseded_change;"
      // Since when an order waits, and who waits ahead of the feed.
      "UPDATE main.parked_order SET parked_at = ifnull((SELECT parked_at FROM live.parked_order "
      "AS l WHERE l.order_id = parked_order.order_id), parked_at);"
      "INSERT OR IGNORE INTO main.parked_order SELECT * FROM live.parked_order "
      "WHERE source_position > {};"
      // An order leaves the archive where the feed brings it after all.
      "DELETE FROM main.foreign_event WHERE (position, order_id) NOT IN "
      "(SELECT position, order_id FROM live.foreign_event);"
      "INSERT OR IGNORE INTO main.foreign_event SELECT * FROM live.foreign_event;"
      "INSERT OR REPLACE INTO main.meta SELECT * FROM live.meta "
      "WHERE key NOT IN ('{}', '{}', '{}');"
      // What was taken out of the live one and is in this one is back.
      "INSERT OR IGNORE INTO main.superseded_change SELECT position, event_id "
      "FROM main.removed_change AS r WHERE EXISTS "
      "(SELECT 1 FROM main.order_info AS o WHERE o.order_id = r.order_id);"
      "DELETE FROM main.removed_change WHERE EXISTS "
      "(SELECT 1 FROM main.order_info AS o WHERE o.order_id = removed_change.order_id);"
      "DELETE FROM main.taken_out_order WHERE EXISTS "
      "(SELECT 1 FROM main.order_info AS o WHERE o.order_id = taken_out_order.order_id) OR EXISTS "
      "(SELECT 1 FROM main.parked_order AS p WHERE p.order_id = taken_out_order.order_id)",
      stand_.orders.position, kGenerationKey, kKeptUntilKey, kTwinLogKey));
}

/// Every order that differs gets a new place behind the live log, which is how readers of the log
/// hear of it, and one that has a row no more leaves a removal there; where it stood, a reader may
/// still stand.
void SqliteTwin::move_what_differs() {
  auto live_row =
      connection_.prepare("SELECT position, event_id FROM live.order_info WHERE order_id = ?1");
  auto own_row =
      connection_.prepare("SELECT position, event_id FROM main.order_info WHERE order_id = ?1");
  auto superseded =
      connection_.prepare("INSERT OR IGNORE INTO main.superseded_change VALUES(?1, ?2)");
  auto append = connection_.prepare(
      "UPDATE main.order_info SET position = ?2, projected_at = ?3, replaces = 1, "
      "event_id = CASE event_id WHEN zeroblob(16) THEN randomblob(16) ELSE event_id END, "
      "first_projected_at = (SELECT ifnull(l.first_projected_at, l.projected_at) "
      "FROM live.order_info AS l WHERE l.order_id = order_info.order_id) WHERE position = ?1");
  Position head = live_stand().log;
  std::int64_t projected_at = newest_projection();
  // Behind the head the index of the lists does not reach.
  auto unindex = connection_.prepare(
      "DELETE FROM main.order_by_customer WHERE (customer, date, accepted, at_position) IN "
      "(SELECT customer_id, order_date, accepted_at, position FROM main.order_info "
      "WHERE position = ?1)");
  auto remove = connection_.prepare(fmt::format(
      "INSERT INTO main.removed_change({0}, product_name, unit_price, position, removed_at) "
      "SELECT {0}, product_name, unit_price, ?2, ?3 FROM live.order_info WHERE position = ?1",
      kOrderColumns));
  const auto append_order = [&](Position from) {
    unindex.run(from);
    append.run(from, ++head, ++projected_at);
  };
  constexpr std::size_t kPage = 1'000;
  std::int64_t after = 0;
  for (auto page = comparison_.ids(after, kPage); !page.empty();
       page = comparison_.ids(after, kPage)) {
    after = page.back().first;
    for (const auto& [number, order] : page) {
      const auto there = find_place(live_row, order);
      if (there) superseded.run(there->position, there->event_id);
      if (const auto here = find_place(own_row, order)) {
        append_order(here->position);
      } else if (there) {
        remove.run(there->position, ++head, ++projected_at);
      }
    }
  }
  auto without_place = connection_.prepare(
      "SELECT position FROM main.order_info WHERE position > ?1 ORDER BY position LIMIT 1");
  for (;;) {
    const std::optional<Position> left = first_position(without_place, kNoPlaceYet);
    if (!left) break;
    append_order(*left);
  }
}

std::int64_t SqliteTwin::newest_projection() {
  auto newest = connection_.prepare(
      "SELECT ifnull((SELECT projected_at FROM live.order_info ORDER BY position DESC LIMIT 1), "
      "0)");
  auto row = newest.use();
  row.step();
  return row.int64(0);
}

void SqliteTwin::keep_until(UtcTime until) {
  metadata_.set(kTwinLogKey, stand_.log);
  metadata_.set(kKeptUntilKey, to_micros(until));
}

void SqliteTwin::take_over_differences() {
  attach_live();
  Transaction transaction(connection_);
  connection_.exec(
      "DELETE FROM main.twin_difference;"
      "INSERT INTO main.twin_difference SELECT * FROM live.twin_difference");
  transaction.commit();
  comparison_.load();
}

}  // namespace orderly::orderinfo
