#include "product/sqlite/sqlite_product_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "product/sqlite/schema.hpp"
#include "sqlite/epoch_history.hpp"
#include "sqlite/stored_id.hpp"
#include "sqlite/stored_values.hpp"
#include "sqlite/transaction.hpp"

namespace orderly::product {
namespace {

constexpr std::size_t kMaxReaders = 4;
/// Expired keys that a commit removes beside as many as it has versions.
constexpr std::size_t kSparePurges = 16;
constexpr std::chrono::microseconds kTick{1};
constexpr std::string_view kClosedUntil = "closed_until";
const telemetry::Labels kLabels{{"store", "product"}};

std::int64_t millis_between(UtcTime from, UtcTime to) {
  return std::chrono::ceil<std::chrono::milliseconds>(to - from).count();
}

/// What was answered is in force (P8): waits for a version whose time lies ahead.
runtime::Task<void> wait_until(runtime::EventLoop& loop, UtcTime valid_from) {
  const SteadyTime deadline = loop.steady_now() + kMaxForceWait;
  for (;;) {
    const UtcTime now = loop.utc_now();
    if (now >= valid_from) co_return;
    const auto left = deadline - loop.steady_now();
    if (left.count() <= 0) throw Unavailable("the clock was set back while a price was put");
    co_await loop.sleep_for(std::min<std::chrono::nanoseconds>(valid_from - now, left));
  }
}

}  // namespace

SqliteProductStore::SqliteProductStore(runtime::EventLoop& loop, const sqlite::OpenOptions& options,
                                       Random& random, telemetry::Metrics& metrics)
    : loop_(loop),
      connection_(open_database(options, random, loop.utc_now())),
      metadata_(connection_),
      epoch_(metadata_.epoch()),
      ids_(random),
      insert_(connection_.prepare(fmt::format(
          "INSERT INTO product_version({}) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)", kVersionColumns))),
      point_to_(connection_.prepare("INSERT INTO product VALUES(?1, ?2) "
                                    "ON CONFLICT(product_id) DO UPDATE SET position = ?2")),
      version_at_(connection_.prepare(
          fmt::format("SELECT {} FROM product_version WHERE position = ?1", kVersionColumns))),
      last_(connection_.prepare(fmt::format(
          "SELECT {} FROM product_version ORDER BY position DESC LIMIT 1", kVersionColumns))),
      keys_(connection_),
      readers_(options, kMaxReaders),
      closed_(sqlite::from_micros(metadata_.number(kClosedUntil).value_or(0))),
      leased_(closed_),
      commit_seconds_(metrics.histogram("orderly_store_commit_seconds",
                                        "Time a commit takes, its sync included",
                                        telemetry::latency_buckets(), kLabels)),
      group_size_(metrics.histogram("orderly_store_commit_group_size",
                                    "Commands that share a commit", telemetry::size_buckets(),
                                    kLabels)),
      skew_refusals_(metrics.counter("orderly_clock_skew_refusals_total",
                                     "Times that were too far ahead of the clock to be closed")),
      batcher_(loop, "product store", {},
               [this](std::vector<NewVersion>& versions) { return commit(versions); }) {}

runtime::Task<Result<PutOutcome>> SqliteProductStore::put(NewVersion version) {
  auto outcome = co_await batcher_.submit(std::move(version));
  if (outcome) co_await wait_until(loop_, outcome->valid_from);
  co_return outcome;
}

runtime::Task<Result<ClosedTime>> SqliteProductStore::close(UtcTime time) {
  const UtcTime now = loop_.utc_now();
  if (time > now + kMaxClockSkew) co_return std::unexpected(refuse_skew(time, now));
  const std::lock_guard lock(closing_);
  if (!tail_ || time > leased_) renew_lease(time);
  co_return close_from_memory(time);
}

std::optional<ClosedTime> SqliteProductStore::close_at_once(UtcTime time) {
  const std::unique_lock lock(closing_, std::try_to_lock);
  if (!lock || !tail_ || time > leased_) return std::nullopt;
  if (time > loop_.utc_now() + kMaxClockSkew) return std::nullopt;
  return close_from_memory(time);
}

ClosedTime SqliteProductStore::close_from_memory(UtcTime time) {
  closed_ = std::max(closed_, time);
  return {.epoch = epoch_, .position = tail_->position};
}

std::optional<events::ProductPut> SqliteProductStore::get(const ProductId& id) const {
  return readers_.lease()->get(id);
}

ProductPage SqliteProductStore::list(const ProductQuery& query) const {
  return readers_.lease()->list(query);
}

Result<events::FeedPage<events::ProductPut>> SqliteProductStore::read_events(
    const Cursor& after, std::size_t limit) const {
  return readers_.lease()->page(epoch_, after, limit);
}

void SqliteProductStore::begin_epoch() {
  // What was promised after the state that was put back is not known any more. No time further
  // ahead than this can have been closed, so no price of before is overtaken.
  const std::lock_guard lock(closing_);
  const UtcTime furthest = loop_.utc_now() + kMaxClockSkew;
  renew_lease(furthest);
  closed_ = std::max(closed_, furthest);
  const Uuid fresh = ids_.next(loop_.utc_now());
  sqlite::EpochHistory(connection_).begin(fresh, load_tail().position, loop_.utc_now());
  epoch_ = fresh;
}

runtime::Task<SqliteProductStore::Outcomes> SqliteProductStore::commit(
    std::vector<NewVersion>& versions) {
  const auto started = loop_.steady_now();
  auto outcomes = write(versions);
  commit_seconds_.observe(loop_.steady_now() - started);
  group_size_.observe(static_cast<double>(versions.size()));
  appended_.notify();
  co_return outcomes;
}

SqliteProductStore::Outcomes SqliteProductStore::write(std::vector<NewVersion>& versions) {
  const std::lock_guard lock(closing_);
  const UtcTime now = loop_.utc_now();
  Outcomes outcomes;
  outcomes.reserve(versions.size());
  try {
    sqlite::WriteTransaction transaction(connection_);
    const Tail before = tail_ ? *tail_ : load_tail();
    Tail tail = before;
    for (auto& version : versions)
      outcomes.push_back(place(version, now, tail));
    keys_.purge(now, versions.size() + kSparePurges);
    transaction.commit();
    if (tail_ || tail.position > before.position) tail_ = tail;
  } catch (...) {
    tail_.reset();
    keys_.forget_cache();
    throw;
  }
  return outcomes;
}

Result<PutOutcome> SqliteProductStore::place(NewVersion& version, UtcTime now, Tail& tail) {
  if (!version.idempotency_key) return insert(version, now, tail);
  const auto earlier = keys_.find(*version.idempotency_key);
  if (!earlier) return std::unexpected(earlier.error());
  if (*earlier) return replay(**earlier);
  auto outcome = insert(version, now, tail);
  if (outcome) keys_.add(*version.idempotency_key, outcome->position, outcome->valid_from);
  return outcome;
}

Result<PutOutcome> SqliteProductStore::insert(NewVersion& version, UtcTime now, Tail& tail) {
  const UtcTime valid_from = std::max({now, tail.valid_from + kTick, closed_ + kTick});
  if (valid_from > now + kMaxForceWait) {
    return failure(ErrorKind::kUnavailable, "clock_set_back",
                   fmt::format("The clock was set back; prices can be put again in {} ms.",
                               millis_between(now + kMaxForceWait, valid_from)));
  }
  const Position position = tail.position + 1;
  const Uuid event_id = ids_.next(valid_from);
  {
    const sqlite::StoredId product_id(version.command.product_id);
    const sqlite::StoredTrace trace(version.trace);
    auto row = insert_.use(position);
    product_id.bind_to(row, 2);
    row.bind(3, version.command.product_name);
    row.bind(4, version.command.unit_price);
    row.bind(5, sqlite::to_micros(valid_from));
    row.bind(6, event_id);
    trace.bind_to(row, 7);
    row.finish();
    auto newest = point_to_.use();
    product_id.bind_to(newest, 1);
    newest.bind(2, position).finish();
  }
  tail = {.position = position, .valid_from = valid_from};
  return PutOutcome{.product = {.product_id = std::move(version.command.product_id),
                                .product_name = std::move(version.command.product_name),
                                .unit_price = version.command.unit_price},
                    .epoch = epoch_,
                    .position = position,
                    .valid_from = valid_from};
}

PutOutcome SqliteProductStore::replay(Position position) {
  auto row = version_at_.use(position);
  ORDERLY_CHECK(row.step(), "an idempotency key without its product version");
  auto event = read_version(row);
  return {.product = std::move(event.data),
          .epoch = epoch_,
          .position = event.position,
          .valid_from = event.accepted_at,
          .replayed = true};
}

void SqliteProductStore::renew_lease(UtcTime time) {
  // Always another value: SQLite writes nothing where nothing changes, and a failed commit that may
  // still be in the log is only gone once something is written over it.
  const UtcTime until = std::max(leased_ + kTick, time + kClosedTimeLease);
  try {
    sqlite::WriteTransaction transaction(connection_);
    const Tail tail = tail_ ? *tail_ : load_tail();
    metadata_.set(kClosedUntil, sqlite::to_micros(until));
    transaction.commit();
    tail_ = tail;
    leased_ = until;
  } catch (...) {
    tail_.reset();
    throw;
  }
}

SqliteProductStore::Tail SqliteProductStore::load_tail() {
  auto row = last_.use();
  if (!row.step()) return {};
  const auto last = read_version(row);
  return {.position = last.position, .valid_from = last.accepted_at};
}

Error SqliteProductStore::refuse_skew(UtcTime time, UtcTime now) {
  skew_refusals_.add();
  const std::int64_t ahead = millis_between(now, time);
  if (const auto held_back = skew_log_.pass(loop_.steady_now())) {
    log::warning("a time too far ahead of the clock was not closed",
                 {{"ahead_ms", ahead}, {"held_back", *held_back}});
  }
  return {.kind = ErrorKind::kConflict,
          .code = "clock_skew",
          .message = fmt::format("The time is {} ms ahead of the product service's clock.", ahead),
          .field = "time"};
}

}  // namespace orderly::product
