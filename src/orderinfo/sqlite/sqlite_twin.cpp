#include "orderinfo/sqlite/sqlite_twin.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.hpp"
#include "orderinfo/projection.hpp"
#include "orderinfo/sqlite/columns.hpp"
#include "orderinfo/sqlite/schema.hpp"
#include "sqlite/migrations.hpp"
#include "sqlite/transaction.hpp"

namespace orderly::orderinfo {
namespace {

using sqlite::StoredId;

constexpr std::string_view kStand =
    "SELECT o.epoch, o.position, o.event_id, p.epoch, p.position, p.event_id, "
    "(SELECT seq FROM sqlite_sequence WHERE name = 'foreign_event'), "
    "max(ifnull((SELECT max(position) FROM order_info WHERE position < ?1), 0), "
    "    ifnull((SELECT max(position) FROM superseded_change), 0), "
    "    ifnull((SELECT max(position) FROM removed_change), 0)), "
    "ifnull((SELECT value FROM meta WHERE key = ?2), 0) "
    "FROM (SELECT 1) LEFT JOIN feed_cursor AS o ON o.feed = 'order' "
    "LEFT JOIN feed_cursor AS p ON p.feed = 'product'";

Cursor read_cursor(const sqlite::Statement::Use& row, int first) {
  if (row.is_null(first)) return {};
  return {row.uuid(first), row.int64(first + 1), row.uuid(first + 2)};
}

Stand read_stand(sqlite::Statement& statement) {
  auto row = statement.use(kNoPlaceYet, kForksKey);
  row.step();
  return {.orders = read_cursor(row, 0),
          .products = read_cursor(row, 3),
          .foreign = row.int64(6),
          .log = row.int64(7),
          .forks = row.int64(8)};
}

sqlite::Connection open_live(sqlite::OpenOptions options) {
  options.read_only = true;
  return sqlite::Connection(options);
}

/// A new file is filled without syncing: a crash of the machine leaves it unfinished, and then it
/// is removed. Not in WAL mode, where everything would be written twice; but with a journal that is
/// a file, as one in memory is gone where undoing what could not be written fails as well.
sqlite::Connection open_twin(const sqlite::OpenOptions& file, sqlite::Connection& live,
                             SqliteTwin::As as) {
  sqlite::Connection connection(file);
  sqlite::migrate(connection, read_model_schema(), sqlite::Metadata(live).epoch());
  TwinComparison::make_table(connection);
  if (as == SqliteTwin::As::kNew)
    connection.exec("PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF");
  return connection;
}

}  // namespace

SqliteTwin::SqliteTwin(const sqlite::OpenOptions& file, const sqlite::OpenOptions& live, As as)
    : live_(open_live(live)),
      connection_(open_twin(file, live_, as)),
      metadata_(connection_),
      live_metadata_(live_),
      comparison_(connection_, live_),
      log_(live_),
      rows_(connection_),
      parked_rows_(connection_),
      parked_of_product_(connection_),
      product_copy_(connection_),
      product_versions_(connection_),
      list_index_(connection_),
      find_row_(connection_.prepare(
          fmt::format("SELECT {}, position FROM order_info WHERE order_id = ?1", kOrderColumns))),
      move_row_(connection_.prepare("UPDATE OR IGNORE order_info SET position = ?2, event_id = ?3, "
                                    "projected_at = ?4, replaces = ?5, parked_at = ?6, "
                                    "first_projected_at = ?7 WHERE position = ?1")),
      find_parked_(connection_.prepare(
          fmt::format("SELECT {}, 0 FROM parked_order WHERE order_id = ?1", kOrderColumns))),
      adopt_row_(connection_.prepare("UPDATE order_info SET source_position = ?2 "
                                     "WHERE position = ?1 AND source_position IS NULL")),
      adopt_parked_(connection_.prepare(
          "UPDATE parked_order SET source_position = ?2, source_epoch = ?3, origin = ?4 "
          "WHERE order_id = ?1 AND source_position IS NULL")),
      insert_foreign_(
          connection_.prepare(fmt::format("INSERT OR IGNORE INTO foreign_event({}, position) "
                                          "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                                          kOrderColumns))),
      set_cursor_(connection_.prepare("INSERT OR REPLACE INTO feed_cursor VALUES(?1, ?2, ?3, ?4)")),
      set_archived_(
          connection_.prepare("UPDATE sqlite_sequence SET seq = ?1 WHERE name = 'foreign_event'")),
      live_stand_(live_.prepare(kStand)),
      live_foreign_(live_.prepare(fmt::format("SELECT {}, position FROM foreign_event "
                                              "WHERE position > ?1 ORDER BY position LIMIT ?2",
                                              kOrderColumns))),
      live_tail_(
          live_.prepare(fmt::format("SELECT {}, source_position, {} FROM order_info "
                                    "WHERE position > ?1 AND position <= ?2 ORDER BY position",
                                    kOrderColumns, kPlaceColumns))) {
  if (as == As::kNew) {
    metadata_.set(kGenerationKey, std::int64_t{-1});
    const Stand of_live = live_stand();
    metadata_.set(kTwinLogKey, of_live.log);
    metadata_.set(kForksKey, of_live.forks);
  }
  load_stand();
}

void SqliteTwin::load_stand() {
  auto statement = connection_.prepare(kStand);
  stand_ = read_stand(statement);
  stand_.log = metadata_.number(kTwinLogKey).value_or(stand_.log);
  auto merged = connection_.prepare("SELECT merged_upto FROM list_index");
  if (auto row = merged.use(); row.step()) merged_upto_ = row.int64(0);
  auto count = connection_.prepare(
      "SELECT (SELECT count(*) FROM parked_order), ifnull((SELECT max(position) FROM order_info), "
      "0)");
  auto row = count.use();
  row.step();
  parked_ = static_cast<std::size_t>(row.int64(0));
  last_without_place_ = std::max(kNoPlaceYet, row.int64(1));
}

Stand SqliteTwin::live_stand() {
  if (outdated_) {
    load_stand();
    comparison_.load();
    outdated_ = false;
  }
  return read_stand(live_stand_);
}

void SqliteTwin::set_stand(const Stand& to) {
  const auto set = [&](std::string_view feed, const Cursor& cursor, const Cursor& before) {
    if (cursor != before) set_cursor_.run(feed, cursor.epoch, cursor.position, cursor.event_id);
  };
  set(kOrderFeed, to.orders, stand_.orders);
  set(kProductFeed, to.products, stand_.products);
  if (to.foreign != stand_.foreign) set_archived_.run(to.foreign);
  if (to.log != stand_.log) metadata_.set(kTwinLogKey, to.log);
}

void SqliteTwin::apply(const TwinBatch& batch) {
  const sqlite::ReadTransaction snapshot(live_);
  outdated_ = true;  // until all of it is committed
  sqlite::WriteTransaction transaction(connection_);
  for (const auto& version : batch.products)
    product_copy_.insert(version);
  if (!batch.rows.empty()) {
    LiveLog::Reading log(log_);
    for (const PricedOrder& row : batch.rows)
      put_row(row, log);
  }
  for (const IncomingOrder& order : batch.parked)
    park(order);
  copy_archive(batch.to.foreign);
  set_stand(batch.to);
  live_.sync_log();  // what it has taken from there is not to be lost there
  transaction.commit();
  outdated_ = false;
  stand_ = batch.to;
}

void SqliteTwin::copy_archive(Position upto) {
  Position after = stand_.foreign;
  while (after < upto) {
    const auto page = live_foreign(after, events::kMaxFeedPage);
    if (page.empty()) return;
    for (const auto& event : page) {
      if (event.position > upto) return;
      const StoredOrder order(event);
      auto use = insert_foreign_.use();
      order.bind_to(use, 1);
      use.bind(kOrderColumnCount + 1, event.position);
      use.finish();
      after = event.position;
    }
  }
}

LogPlace SqliteTwin::no_place(const PricedOrder& priced) {
  comparison_.suspect(priced.order.event.data.order_id);
  return {.position = ++last_without_place_,
          .event_id = priced.order.event.event_id,
          .projected_at = to_micros(priced.order.event.accepted_at),
          .replaces = true};
}

void SqliteTwin::put_row(const PricedOrder& priced, LiveLog::Reading& log) {
  const IncomingOrder& order = priced.order;
  const OrderId& id = order.event.data.order_id;
  if (parked_ > 0) {
    if (const auto parked = find(find_parked_, id)) {
      if (resolve(parked->event, order) == Again::kConflict) return;
      parked_rows_.remove(id);
      --parked_;
    }
  }
  const auto found = log.find(order);
  const LogPlace place = found ? *found : no_place(priced);
  if (insert_row(priced, place)) return;
  if (const auto known = find(find_row_, id)) {
    const Again again = resolve(known->event, order);
    if (again == Again::kDuplicate) adopt(*known, order);
    if (again != Again::kReplace) return;
    remove_row(*known);
    if (insert_row(priced, place)) return;
  }
  // Another order stands there: the live log has been tampered with.
  ORDERLY_CHECK(insert_row(priced, no_place(priced)), "a place that is nobody's");
}

bool SqliteTwin::insert_row(const PricedOrder& priced, const LogPlace& place) {
  if (!rows_.insert(priced, place)) return false;
  index(priced.order.event, place.position);
  return true;
}

void SqliteTwin::index(const events::Recorded<events::OrderPlaced>& event, Position position) {
  if (position > merged_upto_) return;
  list_index_.insert(event.data.customer_id, list_key(event, position));
}

void SqliteTwin::unindex(const Known& row) {
  list_index_.remove(row.event.data.customer_id, list_key(row.event, row.position));
}

void SqliteTwin::remove_row(const Known& row) {
  rows_.remove(row.position);
  unindex(row);
}

void SqliteTwin::park(const IncomingOrder& incoming) {
  const OrderId& id = incoming.event.data.order_id;
  auto known = find(find_row_, id);
  if (!known && parked_ > 0) known = find(find_parked_, id);
  if (known) {
    const Again again = resolve(known->event, incoming);
    if (again == Again::kDuplicate) adopt(*known, incoming);
    if (again != Again::kReplace || known->position > 0) return;
    parked_rows_.remove(id);
    --parked_;
  }
  parked_rows_.insert(incoming, incoming.event.accepted_at);
  ++parked_;
}

void SqliteTwin::adopt(const Known& known, const IncomingOrder& order) {
  if (order.origin != Origin::kFeed) return;
  if (known.position > 0) {
    adopt_row_.run(known.position, order.event.position);
    return;
  }
  const StoredId id(order.event.data.order_id);
  auto parked = adopt_parked_.use();
  id.bind_to(parked, 1);
  parked.bind(2, order.event.position).bind(3, order.epoch);
  parked.bind(4, static_cast<int>(order.origin)).finish();
}

std::optional<SqliteTwin::Known> SqliteTwin::find(sqlite::Statement& statement,
                                                  const OrderId& order) {
  const StoredId id(order);
  auto row = statement.use();
  id.bind_to(row, 1);
  if (!row.step()) return std::nullopt;
  return Known{.position = row.int64(kOrderColumnCount), .event = read_order(row, 0)};
}

std::vector<events::Recorded<events::OrderPlaced>> SqliteTwin::live_foreign(Position after,
                                                                            std::size_t limit) {
  std::vector<events::Recorded<events::OrderPlaced>> archive;
  auto row = live_foreign_.use(after, static_cast<std::int64_t>(limit));
  while (row.step()) {
    archive.push_back(read_order(row, 0));
    archive.back().position = row.int64(kOrderColumnCount);
  }
  return archive;
}

void SqliteTwin::finish() {
  // Once, in its order: by itself every row would cost a page.
  sqlite::WriteTransaction transaction(connection_);
  connection_.exec(fmt::format(
      "INSERT OR IGNORE INTO order_by_customer SELECT customer_id, order_date, accepted_at, "
      "position FROM order_info WHERE position < {0} "
      "ORDER BY customer_id, order_date, accepted_at, position;"
      "UPDATE list_index SET merged_upto = "
      "ifnull((SELECT max(position) FROM order_info WHERE position < {0}), 0)",
      kNoPlaceYet));
  transaction.commit();
  load_stand();
  // Pushes that were ahead of the feed before there was a twin are in no event yet: the log tells
  // of them once more.
  auto ahead = live_.prepare("SELECT min(position) FROM order_info WHERE source_position > ?1");
  if (auto row = ahead.use(stand_.orders.position); row.step() && !row.is_null(0)) {
    stand_.log = std::min(stand_.log, row.int64(0) - 1);
  }
  // This commit syncs the file, and with it all that was written before it.
  connection_.exec("PRAGMA synchronous = FULL");
  metadata_.set(kTwinLogKey, stand_.log);
  connection_.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
}

}  // namespace orderly::orderinfo
