#include "orderinfo/sqlite/writer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.hpp"
#include "orderinfo/projection.hpp"
#include "orderinfo/sqlite/columns.hpp"
#include "orderinfo/sqlite/schema.hpp"
#include "sqlite/transaction.hpp"

namespace orderly::orderinfo {
namespace {

using sqlite::StoredId;

/// While rows are merged into the index of the lists, a transaction takes twice as many as it has
/// new ones, so that the merge ends before the next one begins; of these at least so many.
constexpr std::size_t kMinMerged = 256;
/// A batch of more rows is not told of before it is durable: its commit takes longer than the sync.
constexpr std::size_t kMaxToldEarly = 64;
/// More rows than this are not loaded into memory at the start but merged at once.
constexpr Position kMaxLoaded = 500'000;

sqlite::Connection open(const sqlite::OpenOptions& options, const Uuid& fresh_epoch) {
  sqlite::Connection connection(options);
  sqlite::migrate(connection, read_model_schema(), fresh_epoch);
  return connection;
}

}  // namespace

Writer::Writer(const sqlite::OpenOptions& options, const Clock& clock, Random& random,
               NewestRows& newest, ListVersions& list_versions)
    : clock_(clock),
      newest_(newest),
      list_versions_(list_versions),
      ids_(random),
      connection_(open(options, ids_.next(clock.utc_now()))),
      epoch_(sqlite::Metadata(connection_).epoch()),
      rows_(connection_),
      parked_(connection_),
      products_(connection_),
      list_index_(connection_),
      find_row_(connection_.prepare(
          fmt::format("SELECT {}, position, ifnull(first_projected_at, projected_at), parked_at, "
                      "source_position IS NOT NULL FROM order_info WHERE order_id = ?1",
                      kOrderColumns))),
      insert_superseded_(connection_.prepare("INSERT INTO superseded_change VALUES(?1, ?2)")),
      find_parked_(connection_.prepare(
          fmt::format("SELECT {}, 0, NULL, parked_at, source_position IS NOT NULL "
                      "FROM parked_order WHERE order_id = ?1",
                      kOrderColumns))),
      insert_letter_(connection_.prepare(
          "INSERT INTO dead_letter(key, order_id, code, reason, message, kept_at, change, "
          "change_id) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT(key) DO NOTHING")),
      find_letter_(connection_.prepare(
          "SELECT (SELECT count(*) FROM dead_letter WHERE number = ?1 AND resolved = 0), "
          "(SELECT count(*) FROM dead_letter WHERE key = ?2)")),
      insert_error_(connection_.prepare(
          "INSERT INTO dead_letter_error SELECT number, attempts, ifnull(attempted_at, kept_at), "
          "code, reason FROM dead_letter WHERE number = ?1")),
      forget_errors_(
          connection_.prepare("DELETE FROM dead_letter_error WHERE number = ?1 AND attempt <= "
                              "(SELECT attempts FROM dead_letter WHERE number = ?1) - ?2")),
      fail_letter_(connection_.prepare(
          "UPDATE dead_letter SET attempts = attempts + 1, attempted_at = ?2, code = ?3, "
          "reason = ?4, change = ?5, change_id = ?6 WHERE number = ?1")),
      // It keeps its number; its key is free for the same event.
      resolve_letter_(connection_.prepare(
          "UPDATE dead_letter SET resolved = ?2, resolved_at = ?3, message = '', "
          "key = 'resolved:' || number, change = ?4, change_id = ?5 "
          "WHERE number = ?1 AND resolved = 0")),
      // The newest number and change stay: the next ones come after them.
      forget_resolved_(connection_.prepare(
          "DELETE FROM dead_letter WHERE number IN (SELECT number FROM dead_letter "
          "WHERE resolved <> 0 AND resolved_at < ?1 ORDER BY resolved_at LIMIT ?2) "
          "AND number < (SELECT max(number) FROM dead_letter) AND change < ?3")),
      forget_errors_of_(connection_.prepare("DELETE FROM dead_letter_error WHERE number = ?1")),
      insert_foreign_(connection_.prepare(
          fmt::format("INSERT INTO foreign_event({}) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
                      "ON CONFLICT(order_id) DO NOTHING",
                      kOrderColumns))),
      delete_foreign_(connection_.prepare("DELETE FROM foreign_event WHERE order_id = ?1")),
      get_cursor_(
          connection_.prepare("SELECT epoch, position, event_id FROM feed_cursor WHERE feed = ?1")),
      set_cursor_(connection_.prepare("INSERT OR REPLACE INTO feed_cursor VALUES(?1, ?2, ?3, ?4)")),
      count_(connection_.prepare(
          "SELECT (SELECT count(*) FROM parked_order), "
          "(SELECT count(*) FROM dead_letter WHERE resolved = 0), "
          "max(ifnull((SELECT max(position) FROM order_info), 0), "
          "    ifnull((SELECT max(position) FROM superseded_change), 0), "
          "    ifnull((SELECT max(position) FROM removed_change), 0)), "
          "(SELECT projected_at FROM order_info ORDER BY position DESC LIMIT 1), "
          "(SELECT count(*) FROM foreign_event), "
          "ifnull((SELECT max(change) FROM dead_letter), 0), "
          "(SELECT count(*) FROM removed_change), (SELECT count(*) FROM taken_out_order) + "
          "(SELECT count(*) FROM taken_out_version)")),
      set_merged_(connection_.prepare("UPDATE list_index SET merged_upto = ?1")),
      find_removed_(
          connection_.prepare("SELECT position, event_id FROM removed_change WHERE order_id = ?1")),
      delete_removed_(connection_.prepare("DELETE FROM removed_change WHERE order_id = ?1")),
      find_taken_out_(connection_.prepare("SELECT 1 FROM taken_out_order WHERE order_id = ?1")),
      delete_taken_out_(connection_.prepare("DELETE FROM taken_out_order WHERE order_id = ?1")),
      adopt_row_(
          connection_.prepare("UPDATE order_info SET source_position = ?2 WHERE position = ?1")),
      adopt_parked_(connection_.prepare("UPDATE parked_order SET source_position = ?2, "
                                        "source_epoch = ?3, origin = ?4 WHERE order_id = ?1")),
      insert_ahead_(connection_.prepare("INSERT OR IGNORE INTO ahead_push VALUES(?1, ?2)")),
      forget_ahead_(connection_.prepare("DELETE FROM ahead_push WHERE position <= ?1")),
      furthest_ahead_(connection_.prepare(
          "SELECT position, event_id FROM ahead_push ORDER BY position DESC LIMIT 1")),
      marks_(connection_) {
  load();
  load_newest();
  // Its cache is for the pages that it writes, not for those that were read once.
  connection_.exec("PRAGMA shrink_memory");
}

void Writer::load_newest() {
  auto merged_upto = connection_.prepare("SELECT merged_upto FROM list_index");
  auto rest = connection_.prepare(
      "SELECT customer_id, order_date, accepted_at, position FROM order_info "
      "WHERE position > ?1 ORDER BY position");
  Position upto = 0;
  if (auto row = merged_upto.use(); row.step()) upto = row.int64(0);
  if (progress_.head - upto > kMaxLoaded) {
    sqlite::WriteTransaction transaction(connection_);
    connection_
        .prepare(
            "INSERT OR IGNORE INTO order_by_customer SELECT customer_id, order_date, accepted_at, "
            "position FROM order_info WHERE position > ?1 "
            "ORDER BY customer_id, order_date, accepted_at, position")
        .run(upto);
    set_merged_.run(progress_.head);
    transaction.commit();
    return;
  }
  for (auto row = rest.use(upto); row.step();) {
    const auto customer = sqlite::read_id<CustomerId>(row, 0);
    newest_.add({{&customer,
                  {.order_date = from_days(row.int64(1)),
                   .accepted_at = from_micros(row.int64(2)),
                   .position = row.int64(3)}}});
  }
}

/// Where the disk failed to take what was committed, nothing is built on it before the log is
/// written again, into the file.
void Writer::empty_log() {
  if (!connection_.checkpoint()) throw Unavailable(connection_.path() + ": readers hold its log");
  in_doubt_ = false;
}

void Writer::load() {
  if (in_doubt_) empty_log();
  const sqlite::ReadTransaction snapshot(connection_);
  Progress progress{.orders = load_cursor(kOrderFeed), .products = load_cursor(kProductFeed)};
  auto row = count_.use();
  row.step();
  progress.parked = static_cast<std::size_t>(row.int64(0));
  progress.dead_letters = static_cast<std::size_t>(row.int64(1));
  progress.head = row.int64(2);
  if (!row.is_null(3)) last_projected_at_ = from_micros(row.int64(3));
  progress.foreign_orders = static_cast<std::size_t>(row.int64(4));
  last_change_ = row.int64(5);
  removed_ = static_cast<std::size_t>(row.int64(6));
  progress.taken_out = static_cast<std::size_t>(row.int64(7));
  if (auto ahead = furthest_ahead_.use(); ahead.step()) {
    progress.ahead = {progress.orders.epoch, ahead.int64(0), ahead.uuid(1)};
  }
  progress_ = progress;
  outdated_ = false;
}

Cursor Writer::load_cursor(std::string_view feed) {
  auto row = get_cursor_.use(feed);
  if (!row.step()) return {};
  return {.epoch = row.uuid(0), .position = row.int64(1), .event_id = row.uuid(2)};
}

bool Writer::stands_at_from(const ProjectionBatch& batch) const {
  return (!batch.order_cursor || batch.order_cursor->from == progress_.orders) &&
         (!batch.product_cursor || batch.product_cursor->from == progress_.products);
}

Result<Applied> Writer::apply(const ProjectionBatch& batch, const std::function<void()>& visible) {
  if (outdated_) load();
  if (!stands_at_from(batch)) {
    return failure(ErrorKind::kConflict, "cursor_moved",
                   "The feed is not settled up to where this batch begins.");
  }
  const bool early = visible && !batch.rows.empty() && batch.rows.size() <= kMaxToldEarly;
  outdated_ = true;  // until all of it is durable
  if (!early) {
    Applied applied = commit(batch, sqlite::Durable::kAtCommit);
    outdated_ = false;
    return applied;
  }
  Applied applied = commit(batch, sqlite::Durable::kLater);
  visible();
  connection_.sync_log();
  in_doubt_ = false;
  outdated_ = false;
  return applied;
}

/// Everybody sees it when this returns.
Applied Writer::commit(const ProjectionBatch& batch, sqlite::Durable durable) {
  Applied applied;
  inserted_.clear();
  superseded_.clear();
  changes_.clear();
  changes_.reserve(batch.rows.size() + batch.corrections.size());
  const Position head_before = progress_.head;  // newest_ has the rows up to here
  sqlite::WriteTransaction transaction(connection_, durable);
  apply_all(batch, applied);
  const auto merged = merge_some(head_before, std::max(2 * inserted_.size(), kMinMerged));
  ListVersions::Change change(list_versions_);
  for (const auto& [customer, key] : inserted_)
    change.concerns(*customer);
  for (const Known& row : superseded_)
    change.concerns(row.event.data.customer_id);
  transaction.commit();
  in_doubt_ = durable == sqlite::Durable::kLater;
  if (merged) newest_.merged(*merged);
  if (!inserted_.empty()) newest_.add(inserted_);
  if (!superseded_.empty()) forget_superseded();
  return applied;
}

Result<Applied> Writer::rehearse(const ProjectionBatch& batch) {
  if (outdated_) load();
  if (!stands_at_from(batch)) {
    return failure(ErrorKind::kConflict, "cursor_moved",
                   "The feed is not settled up to where this batch begins.");
  }
  const Progress progress = progress_;
  const UtcTime last_projected_at = last_projected_at_;
  const Position last_change = last_change_;
  const std::size_t removed = removed_;
  Applied applied;
  inserted_.clear();
  superseded_.clear();
  changes_.clear();
  outdated_ = true;  // where it throws
  {
    const sqlite::WriteTransaction rolled_back(connection_);
    apply_all(batch, applied);
  }
  inserted_.clear();
  superseded_.clear();
  changes_.clear();
  progress_ = progress;
  last_projected_at_ = last_projected_at;
  last_change_ = last_change;
  removed_ = removed;
  outdated_ = false;
  return applied;
}

void Writer::apply_all(const ProjectionBatch& batch, Applied& applied) {
  limits_ = batch.limits;
  for (const auto& version : batch.products)
    products_.insert(version);
  for (const PricedOrder& row : batch.rows) {
    note_if_ahead(row.order);
    keep_conflict(put_row(row, applied), row.order, applied);
  }
  for (const PricedOrder& row : batch.corrections)
    correct(row, applied);
  for (const IncomingOrder& order : batch.parked) {
    note_if_ahead(order);
    keep_conflict(park(order, applied), order, applied);
  }
  for (const DeadLetter& letter : batch.dead_letters)
    keep(letter, applied);
  for (const RedrivenLetter& letter : batch.redriven)
    redrive(letter, applied);
  if (batch.order_cursor) {
    move(kOrderFeed, progress_.orders, batch.order_cursor->to);
    forget_ahead(batch.order_cursor->to.position);
  }
  if (batch.product_cursor) move(kProductFeed, progress_.products, batch.product_cursor->to);
}

void Writer::forget_superseded() {
  std::vector<NewestRows::Row> rows;
  rows.reserve(superseded_.size());
  for (const Known& row : superseded_)
    rows.emplace_back(&row.event.data.customer_id, list_key(row.event, row.position));
  newest_.remove(rows);
}

std::optional<std::size_t> Writer::merge_some(Position head, std::size_t limit) {
  if (!newest_.merges(head)) return std::nullopt;
  const auto rows = newest_.next_to_merge(limit);
  for (const auto& [customer, key] : rows)
    list_index_.insert(*customer, key);
  if (rows.size() == newest_.left_to_merge()) set_merged_.run(newest_.merging_upto());
  return rows.size();
}

Writer::Effect Writer::put_row(const PricedOrder& priced, Applied& applied) {
  const IncomingOrder& order = priced.order;
  const OrderId& id = order.event.data.order_id;
  if (stays_taken_out(order)) {
    ++applied.duplicates;
    return Effect::kDuplicate;
  }
  std::optional<Known> parked;
  if (progress_.parked > 0) parked = find(find_parked_, id);
  if (parked) {
    if (resolve(parked->event, order) == Again::kConflict) return Effect::kConflict;
    unarchive_if_of_feed(order);
    unpark(id);
  } else if (refuses_order(order)) {
    ++applied.refused_orders;
    return Effect::kRefused;
  }
  bool replaced = false;
  if (!insert_row(priced, bring_back(id), parked ? parked->past : Past{})) {
    const auto row = find(find_row_, id);
    ORDERLY_CHECK(row.has_value(), "only a known order_id keeps a row out");
    if (const auto effect = without_replacing(*row, order, applied)) return *effect;
    supersede(*row);
    adopt(*row, order);
    ORDERLY_CHECK(insert_row(priced, true, row->past), "the replaced row is gone");
    replaced = true;
  } else if (!parked) {
    archive_if_foreign(order);
  }
  ++applied.projected;
  applied.replaced += replaced ? 1 : 0;
  applied.released += parked ? 1 : 0;
  return replaced ? Effect::kReplaced : Effect::kProjected;
}

void Writer::correct(const PricedOrder& priced, Applied& applied) {
  const OrderId& id = priced.order.event.data.order_id;
  Past past;
  if (progress_.parked > 0) {
    if (const auto parked = find(find_parked_, id)) {
      past = parked->past;
      unpark(id);
      ++applied.released;
    }
  }
  if (const auto row = find(find_row_, id)) {
    past = row->past;
    supersede(*row);
    ++applied.replaced;
  }
  (void)bring_back(id);
  // Also where no row was here: the warehouse may have one all the same.
  ORDERLY_CHECK(insert_row(priced, true, past), "the row that stood there is gone");
  ++applied.projected;
}

Writer::Effect Writer::park(const IncomingOrder& order, Applied& applied) {
  const OrderId& id = order.event.data.order_id;
  if (stays_taken_out(order)) {
    ++applied.duplicates;
    return Effect::kDuplicate;
  }
  leave_list(id);
  auto known = find(find_row_, id);
  if (!known && progress_.parked > 0) known = find(find_parked_, id);
  if (known) {
    if (const auto effect = without_replacing(*known, order, applied)) return *effect;
    if (known->position > 0) {  // it has its price: there is nothing to wait for
      ++applied.duplicates;
      return Effect::kDuplicate;
    }
    unpark(id);
    adopt(*known, order);
  } else if (refuses_order(order)) {
    ++applied.refused_orders;
    return Effect::kRefused;
  } else {
    archive_if_foreign(order);
  }
  insert_parked(order);
  ++applied.parked;
  return Effect::kParked;
}

std::optional<Writer::Effect> Writer::without_replacing(const Known& known,
                                                        const IncomingOrder& order,
                                                        Applied& applied) {
  switch (resolve(known.event, order)) {
    case Again::kReplace:
      unarchive_if_of_feed(order);
      return std::nullopt;
    case Again::kDuplicate:
      unarchive_if_of_feed(order);
      ++applied.duplicates;
      adopt(known, order);
      return Effect::kDuplicate;
    case Again::kConflict:
      return Effect::kConflict;
  }
  return Effect::kConflict;
}

bool Writer::refuses_order(const IncomingOrder& order) {
  return limits_ && order.origin == Origin::kForeign &&
         progress_.foreign_orders >= limits_->max_foreign_orders &&
         !find(find_row_, order.event.data.order_id);
}

std::optional<Writer::Known> Writer::find(sqlite::Statement& statement, const OrderId& order) {
  const StoredId id(order);
  auto row = statement.use();
  id.bind_to(row, 1);
  if (!row.step()) return std::nullopt;
  const auto time = [&](int column) {
    return row.is_null(column) ? std::nullopt : std::optional(row.int64(column));
  };
  return Known{.position = row.int64(kOrderColumnCount),
               .of_the_feed = row.int64(kOrderColumnCount + 3) != 0,
               .event = read_order(row, 0),
               .past = {.first_projected_at = time(kOrderColumnCount + 1),
                        .parked_at = time(kOrderColumnCount + 2)}};
}

bool Writer::insert_row(const PricedOrder& priced, bool replaces, const Past& past) {
  // The change log's events have ids even where the message that brought the order had none.
  const UtcTime now = std::max(clock_.utc_now(), last_projected_at_ + std::chrono::microseconds(1));
  const auto& event = priced.order.event;
  const LogPlace place{.position = progress_.head + 1,
                       .event_id = event.event_id.is_nil() ? ids_.next(now) : event.event_id,
                       .projected_at = to_micros(now),
                       .replaces = replaces,
                       .parked_at = past.parked_at,
                       .first_projected_at = past.first_projected_at};
  if (!rows_.insert(priced, place)) return false;
  ++progress_.head;
  inserted_.emplace_back(&event.data.customer_id, list_key(event, place.position));
  last_projected_at_ = now;
  changes_.push_back(
      {.position = place.position,
       .event_id = place.event_id,
       .accepted_at = now,
       .trace = event.trace,
       .data = {.info = joined(event.data, priced.price), .replaces = place.replaces}});
  return true;
}

void Writer::insert_parked(const IncomingOrder& order) {
  parked_.insert(order, clock_.utc_now());
  ++progress_.parked;
}

void Writer::unpark(const OrderId& order) {
  parked_.remove(order);
  --progress_.parked;
}

void Writer::supersede(const Known& row) {
  insert_superseded_.run(row.position, row.event.event_id);
  rows_.remove(row.position);
  list_index_.remove(row.event.data.customer_id, list_key(row.event, row.position));
  superseded_.push_back(row);
}

void Writer::archive_if_foreign(const IncomingOrder& incoming) {
  if (incoming.origin != Origin::kForeign) return;
  const StoredOrder order(incoming.event);
  auto use = insert_foreign_.use();
  order.bind_to(use, 1);
  if (use.finish() > 0) ++progress_.foreign_orders;
}

void Writer::unarchive_if_of_feed(const IncomingOrder& incoming) {
  if (incoming.origin != Origin::kFeed || progress_.foreign_orders == 0) return;
  const StoredId id(incoming.event.data.order_id);
  auto use = delete_foreign_.use();
  id.bind_to(use, 1);
  if (use.finish() > 0) --progress_.foreign_orders;
}

}  // namespace orderly::orderinfo
