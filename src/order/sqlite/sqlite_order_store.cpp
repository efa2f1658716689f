#include "order/sqlite/sqlite_order_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "order/sqlite/schema.hpp"
#include "sqlite/epoch_history.hpp"
#include "sqlite/metadata.hpp"
#include "sqlite/stored_id.hpp"
#include "sqlite/stored_values.hpp"
#include "sqlite/transaction.hpp"

namespace orderly::order {
namespace {

constexpr std::size_t kMaxReaders = 4;
/// Expired keys that a commit removes beside as many as it has orders.
constexpr std::size_t kSparePurges = 16;
const telemetry::Labels kLabels{{"store", "order"}};

/// The first millisecond after the one that a version 7 UUID was made in (RFC 9562, 5.7).
UtcTime millisecond_after(const Uuid& id) {
  std::int64_t millis = 0;
  for (std::size_t i = 0; i < 6; ++i)
    millis = millis << 8 | std::to_integer<std::int64_t>(id.bytes[i]);
  return UtcTime(std::chrono::milliseconds(millis + 1));
}

}  // namespace

SqliteOrderStore::SqliteOrderStore(runtime::EventLoop& loop, const sqlite::OpenOptions& options,
                                   Random& random, telemetry::Metrics& metrics)
    : loop_(loop),
      connection_(open_database(options, random, loop.utc_now())),
      epoch_(sqlite::Metadata(connection_).epoch()),
      ids_(random),
      insert_(connection_.prepare(
          fmt::format("INSERT INTO placed_order({}) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                      kOrderColumns))),
      order_at_(connection_.prepare(
          fmt::format("SELECT {} FROM placed_order WHERE position = ?1", kOrderColumns))),
      last_(connection_.prepare(fmt::format(
          "SELECT {} FROM placed_order ORDER BY position DESC LIMIT 1", kOrderColumns))),
      keys_(connection_),
      readers_(options, kMaxReaders),
      commit_seconds_(metrics.histogram("orderly_store_commit_seconds",
                                        "Time a commit takes, its sync included",
                                        telemetry::latency_buckets(), kLabels)),
      group_size_(metrics.histogram("orderly_store_commit_group_size",
                                    "Commands that share a commit", telemetry::size_buckets(),
                                    kLabels)),
      batcher_(loop, "order store", {},
               [this](std::vector<NewOrder>& orders) { return commit(orders); }) {
  tail_ = load_tail();
  head_.store(tail_->position);
}

runtime::Task<Result<PlacedOrder>> SqliteOrderStore::append(NewOrder order) {
  return batcher_.submit(std::move(order));
}

std::optional<events::Recorded<events::OrderPlaced>> SqliteOrderStore::find(
    const OrderId& id) const {
  const auto order_id = Uuid::parse(id.value);
  return order_id ? readers_.lease()->find(*order_id) : std::nullopt;
}

Result<events::FeedPage<events::OrderPlaced>> SqliteOrderStore::read_events(
    const Cursor& after, std::size_t limit) const {
  return readers_.lease()->page(epoch_, after, limit);
}

void SqliteOrderStore::begin_epoch() {
  const Uuid fresh = ids_.next(std::max(loop_.utc_now(), ids_from_));
  sqlite::EpochHistory(connection_).begin(fresh, head(), loop_.utc_now());
  epoch_ = fresh;
}

Result<events::FeedSpan> SqliteOrderStore::read_span(const Cursor& after) const {
  return readers_.lease()->span(epoch_, after);
}

runtime::Task<SqliteOrderStore::Placed> SqliteOrderStore::commit(std::vector<NewOrder>& orders) {
  const auto started = loop_.steady_now();
  auto placed = write(orders);
  commit_seconds_.observe(loop_.steady_now() - started);
  group_size_.observe(static_cast<double>(orders.size()));
  appended_.notify();
  co_return placed;
}

SqliteOrderStore::Placed SqliteOrderStore::write(std::vector<NewOrder>& orders) {
  const UtcTime now = loop_.utc_now();
  Placed placed;
  placed.reserve(orders.size());
  try {
    sqlite::WriteTransaction transaction(connection_);
    Tail tail = tail_ ? *tail_ : load_tail();
    for (auto& order : orders)
      placed.push_back(place(order, now, tail));
    keys_.purge(now, orders.size() + kSparePurges);
    transaction.commit();
    tail_ = tail;
    head_ = tail.position;
  } catch (...) {
    tail_.reset();
    keys_.forget_cache();
    throw;
  }
  return placed;
}

Result<PlacedOrder> SqliteOrderStore::place(NewOrder& order, UtcTime now, Tail& tail) {
  if (!order.idempotency_key) return insert(order, now, tail);
  const auto earlier = keys_.find(*order.idempotency_key);
  if (!earlier) return std::unexpected(earlier.error());
  if (*earlier) return replay(**earlier);
  auto placed = insert(order, now, tail);
  keys_.add(*order.idempotency_key, placed.position, placed.accepted_at);
  return placed;
}

PlacedOrder SqliteOrderStore::insert(NewOrder& order, UtcTime now, Tail& tail) {
  const UtcTime accepted_at = std::max(now, tail.accepted_at + std::chrono::microseconds(1));
  const Position position = tail.position + 1;
  const Uuid order_id = ids_.next(std::max(accepted_at, ids_from_));
  const Uuid event_id = ids_.next(std::max(accepted_at, ids_from_));
  const Date order_date = order.command.order_date.value_or(date_of(accepted_at));
  {
    const sqlite::StoredId customer_id(order.command.customer_id);
    const sqlite::StoredId product_id(order.command.product_id);
    const sqlite::StoredTrace trace(order.trace);
    auto row = insert_.use(position, order_id, event_id);
    customer_id.bind_to(row, 4);
    product_id.bind_to(row, 5);
    row.bind(6, order.command.number);
    row.bind(7, sqlite::to_days(order_date));
    row.bind(8, sqlite::to_micros(accepted_at));
    trace.bind_to(row, 9);
    row.finish();
  }
  tail = {.position = position, .accepted_at = accepted_at};
  return {.order = {.order_id = OrderId{order_id.to_string()},
                    .customer_id = std::move(order.command.customer_id),
                    .product_id = std::move(order.command.product_id),
                    .number = order.command.number,
                    .order_date = order_date},
          .epoch = epoch_,
          .position = position,
          .accepted_at = accepted_at};
}

PlacedOrder SqliteOrderStore::replay(Position position) {
  auto row = order_at_.use(position);
  ORDERLY_CHECK(row.step(), "an idempotency key without its order");
  auto event = read_order(row);
  return {.order = std::move(event.data),
          .epoch = epoch_,
          .position = event.position,
          .accepted_at = event.accepted_at,
          .replayed = true};
}

SqliteOrderStore::Tail SqliteOrderStore::load_tail() {
  auto row = last_.use();
  if (!row.step()) return {};
  const auto last = read_order(row);
  // The event's id is the newer one of the two. Ids ascend over restarts and clocks set back, too.
  ids_from_ = millisecond_after(last.event_id);
  return {.position = last.position, .accepted_at = last.accepted_at};
}

}  // namespace orderly::order
