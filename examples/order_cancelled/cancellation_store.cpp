#include "cancellation_store.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "events/feed_cursor.hpp"
#include "sqlite/metadata.hpp"
#include "sqlite/migrations.hpp"
#include "sqlite/stored_values.hpp"
#include "sqlite/transaction.hpp"

namespace cancellation {

using namespace orderly;  // NOLINT(google-build-using-namespace): one file of a small example

namespace {

constexpr std::size_t kMaxReaders = 2;

constexpr std::array kMigrations{sqlite::Migration{1, "cancelled orders", R"sql(
CREATE TABLE cancelled_order(
  position    INTEGER PRIMARY KEY,
  order_id    TEXT NOT NULL UNIQUE,
  reason      TEXT NOT NULL,
  event_id    BLOB NOT NULL,
  accepted_at INTEGER NOT NULL,  -- microseconds since 1970; never falls with the position
  trace       BLOB
) STRICT;
)sql"}};
constexpr sqlite::Schema kSchema{"cancellation", sqlite::application_id("ExCa"), kMigrations};
constexpr const char* kSelect =
    "SELECT position, order_id, reason, event_id, accepted_at, trace FROM cancelled_order ";

sqlite::Connection open(const sqlite::OpenOptions& options, Random& random, UtcTime now) {
  sqlite::Connection connection(options);
  sqlite::migrate(connection, kSchema, UuidSource(random).next(now));
  connection.checkpoint();  // what a killed process left unsynced is read from now on
  return connection;
}

Cancelled read(const sqlite::Statement::Use& row) {
  return {.position = row.int64(0),
          .event_id = row.uuid(3),
          .accepted_at = sqlite::from_micros(row.int64(4)),
          .trace = sqlite::read_trace(row, 5),
          .data = {.order_id = {std::string(row.text(1))}, .reason = std::string(row.text(2))}};
}

}  // namespace

CancellationStore::CancellationStore(runtime::EventLoop& loop, const sqlite::OpenOptions& options,
                                     Random& random)
    : loop_(loop),
      connection_(open(options, random, loop.utc_now())),
      epoch_(sqlite::Metadata(connection_).epoch()),
      ids_(random),
      insert_(connection_.prepare("INSERT INTO cancelled_order VALUES(?1, ?2, ?3, ?4, ?5, ?6)")),
      find_(connection_.prepare(std::string(kSelect) + "WHERE order_id = ?1")),
      last_(connection_.prepare(std::string(kSelect) + "ORDER BY position DESC LIMIT 1")),
      readers_(options, kMaxReaders),
      batcher_(loop, "cancellation store", {},
               [this](std::vector<Cancel>& batch) { return commit(batch); }) {}

runtime::Task<Result<Cancelled>> CancellationStore::append(Cancel cancel) {
  return batcher_.submit(std::move(cancel));
}

runtime::Task<CancellationStore::Answers> CancellationStore::commit(std::vector<Cancel>& batch) {
  const UtcTime now = loop_.utc_now();
  Answers answers;
  answers.reserve(batch.size());
  sqlite::WriteTransaction transaction(connection_);
  for (Cancel& cancel : batch)
    answers.push_back(put(cancel, now));
  transaction.commit();
  appended_.notify();
  co_return answers;
}

Result<Cancelled> CancellationStore::put(Cancel& cancel, UtcTime now) {
  if (auto earlier = find(cancel.command.order_id)) {
    if (earlier->data == cancel.command) return std::move(*earlier);
    return failure(ErrorKind::kConflict, "already_cancelled",
                   "The order is cancelled already, for another reason.");
  }
  Cancelled last;
  if (auto row = last_.use(); row.step()) last = read(row);
  Cancelled event{.position = last.position + 1,
                  .event_id = ids_.next(now),
                  .accepted_at = std::max(now, last.accepted_at + std::chrono::microseconds(1)),
                  .trace = cancel.trace,
                  .data = std::move(cancel.command)};
  const sqlite::StoredTrace trace(event.trace);
  auto row = insert_.use(event.position, event.data.order_id.value, event.data.reason,
                         event.event_id, sqlite::to_micros(event.accepted_at));
  trace.bind_to(row, 6);
  row.finish();
  return event;
}

std::optional<Cancelled> CancellationStore::find(const OrderId& order) {
  auto row = find_.use(order.value);
  return row.step() ? std::optional(read(row)) : std::nullopt;
}

Result<events::FeedPage<OrderCancelled>> CancellationStore::read_events(const Cursor& after,
                                                                        std::size_t limit) const {
  return readers_.lease()->page(epoch_, after, limit);
}

CancellationStore::Reader::Reader(sqlite::Connection connection)
    : connection_(std::move(connection)),
      head_(connection_.prepare("SELECT ifnull(max(position), 0) FROM cancelled_order")),
      event_at_(connection_.prepare("SELECT event_id FROM cancelled_order WHERE position = ?1")),
      after_(connection_.prepare(std::string(kSelect) +
                                 "WHERE position > ?1 ORDER BY position LIMIT ?2")) {}

Result<events::FeedPage<OrderCancelled>> CancellationStore::Reader::page(const Uuid& epoch,
                                                                         const Cursor& after,
                                                                         std::size_t limit) {
  const sqlite::ReadTransaction snapshot(connection_);
  events::FeedPage<OrderCancelled> page{.epoch = epoch, .head = 0, .events = {}};
  if (auto row = head_.use(); row.step()) page.head = row.int64(0);
  std::optional<Uuid> here;
  if (auto row = event_at_.use(after.position); row.step()) here = row.uuid(0);
  const auto known =
      events::check_cursor(after, {.epoch = epoch, .head = page.head, .event_at_cursor = here});
  if (!known) return std::unexpected(known.error());
  auto row =
      after_.use(after.position, static_cast<std::int64_t>(std::min(limit, events::kMaxFeedPage)));
  while (row.step())
    page.events.push_back(read(row));
  return page;
}

}  // namespace cancellation
