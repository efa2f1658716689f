#include "orderinfo/sqlite/columns.hpp"
#include "orderinfo/sqlite/schema.hpp"
#include "orderinfo/sqlite/taking_back.hpp"
#include "orderinfo/sqlite/writer.hpp"
#include "sqlite/epoch_history.hpp"
#include "sqlite/stored_id.hpp"
#include "sqlite/transaction.hpp"

/// How the writer remembers its places in the feeds, and what it does where one of them has another
/// history, and with orders that went then.
namespace orderly::orderinfo {

using sqlite::StoredId;

void Writer::move(std::string_view feed, Cursor& cursor, const Cursor& to) {
  set_cursor_.run(feed, to.epoch, to.position, to.event_id);
  if (to.position > cursor.position) marks_.add(feed, to);
  cursor = to;
}

void Writer::note_if_ahead(const IncomingOrder& order) {
  const Position position = order.event.position;
  if (order.origin != Origin::kPush || position <= progress_.orders.position) return;
  insert_ahead_.run(position, order.event.event_id);
  if (position > progress_.ahead.position) {
    progress_.ahead = {order.epoch, position, order.event.event_id};
  }
}

void Writer::forget_ahead(Position upto) {
  if (progress_.ahead.position == 0) return;
  forget_ahead_.run(upto);
  if (progress_.ahead.position <= upto) progress_.ahead = {};
}

Result<TakenBack> Writer::take_back(const TakeBack& fork) {
  if (outdated_) load();
  const bool of_orders = fork.feed == SourceFeed::kOrders;
  Cursor& cursor = of_orders ? progress_.orders : progress_.products;
  if (cursor != fork.from) {
    return failure(ErrorKind::kConflict, "cursor_moved",
                   "The feed is not settled up to where this fork was seen.");
  }
  outdated_ = true;  // until it is committed, and counted again
  const std::string_view feed = of_orders ? kOrderFeed : kProductFeed;
  TakingBack taking(connection_);
  TakingBack::Log log{.head = progress_.head, .now = clock_.utc_now()};
  sqlite::WriteTransaction transaction(connection_);
  inserted_.clear();
  superseded_.clear();
  changes_.clear();
  const TakenBack taken = of_orders ? taking.orders_after(fork, log)
                                    : taking.versions_after(fork, progress_.orders, log);
  marks_.cut(feed, fork.to.position);
  if (of_orders) connection_.exec("DELETE FROM ahead_push");  // their rows went
  set_cursor_.run(feed, fork.to.epoch, fork.to.position, fork.to.event_id);
  sqlite::Metadata metadata(connection_);
  metadata.set(kForksKey, metadata.number(kForksKey).value_or(0) + 1);
  ListVersions::Change change(list_versions_);
  change.concerns_everyone();
  transaction.commit();
  std::vector<NewestRows::Row> gone;
  gone.reserve(log.unlisted.size());
  for (const auto& [customer, key] : log.unlisted)
    gone.emplace_back(&customer, key);
  newest_.remove(gone);
  load();
  return taken;
}

void Writer::begin_epoch() {
  const Uuid fresh = ids_.next(clock_.utc_now());
  sqlite::EpochHistory(connection_).begin(fresh, progress_.head, clock_.utc_now());
  epoch_ = fresh;
}

/// Nobody but the feed brings back what was taken out: a push may come from the history that is
/// gone.
bool Writer::stays_taken_out(const IncomingOrder& order) {
  if (progress_.taken_out == 0 || order.origin == Origin::kFeed) return false;
  const StoredId id(order.event.data.order_id);
  auto row = find_taken_out_.use();
  id.bind_to(row, 1);
  return row.step();
}

void Writer::leave_list(const OrderId& order) {
  if (progress_.taken_out == 0) return;
  const StoredId id(order);
  auto use = delete_taken_out_.use();
  id.bind_to(use, 1);
  progress_.taken_out -= static_cast<std::size_t>(use.finish());
}

bool Writer::bring_back(const OrderId& order) {
  leave_list(order);
  if (removed_ == 0) return false;
  const StoredId id(order);
  {
    auto row = find_removed_.use();
    id.bind_to(row, 1);
    if (!row.step()) return false;
    const Uuid event_id = row.uuid(1);
    insert_superseded_.run(row.int64(0), event_id);  // a reader may stand there
  }
  auto use = delete_removed_.use();
  id.bind_to(use, 1);
  use.finish();
  --removed_;
  return true;
}

void Writer::adopt(const Known& known, const IncomingOrder& order) {
  if (known.of_the_feed || order.origin != Origin::kFeed) return;
  const StoredId id(order.event.data.order_id);
  if (known.position > 0) {
    adopt_row_.run(known.position, order.event.position);
  } else {
    auto parked = adopt_parked_.use();
    id.bind_to(parked, 1);
    parked.bind(2, order.event.position).bind(3, order.epoch);
    parked.bind(4, static_cast<int>(order.origin)).finish();
  }
}

}  // namespace orderly::orderinfo
