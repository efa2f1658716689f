#include "order_status.hpp"

#include <array>
#include <utility>

#include "sqlite/migrations.hpp"
#include "sqlite/stored_values.hpp"
#include "sqlite/transaction.hpp"

namespace cancellation {

using namespace orderly;  // NOLINT(google-build-using-namespace): one file of a small example

namespace {

constexpr std::chrono::seconds kFeedWait{20};

constexpr std::array kMigrations{sqlite::Migration{1, "order status", R"sql(
CREATE TABLE order_status(
  order_id     TEXT NOT NULL PRIMARY KEY,
  reason       TEXT NOT NULL,
  cancelled_at INTEGER NOT NULL  -- microseconds since 1970
) STRICT, WITHOUT ROWID;
CREATE TABLE feed_cursor(
  id       INTEGER PRIMARY KEY CHECK (id = 1),
  epoch    BLOB NOT NULL,
  position INTEGER NOT NULL,
  event_id BLOB NOT NULL
) STRICT;
)sql"}};
constexpr sqlite::Schema kSchema{"order status", sqlite::application_id("ExOs"), kMigrations};

sqlite::Connection open(const sqlite::OpenOptions& options, Random& random, UtcTime now) {
  sqlite::Connection connection(options);
  sqlite::migrate(connection, kSchema, UuidSource(random).next(now));
  return connection;
}

}  // namespace

OrderStatus::OrderStatus(runtime::EventLoop& loop, const sqlite::OpenOptions& options,
                         Random& random, events::Feed<OrderCancelled>& feed)
    : feed_(feed),
      connection_(open(options, random, loop.utc_now())),
      put_(connection_.prepare("INSERT INTO order_status VALUES(?1, ?2, ?3) "
                               "ON CONFLICT(order_id) DO NOTHING")),
      find_(connection_.prepare("SELECT reason, cancelled_at FROM order_status "
                                "WHERE order_id = ?1")),
      get_cursor_(connection_.prepare("SELECT epoch, position, event_id FROM feed_cursor")),
      set_cursor_(connection_.prepare("INSERT OR REPLACE INTO feed_cursor VALUES(1, ?1, ?2, ?3)")) {
  auto row = get_cursor_.use();
  if (row.step()) settled_ = {row.uuid(0), row.int64(1), row.uuid(2)};
}

runtime::Task<std::size_t> OrderStatus::move_batch() {
  const auto page = co_await feed_.read(settled_, events::kMaxFeedPage, kFeedWait);
  // Another history than the one that was read: nothing is guessed, and the pump says it again.
  if (!page) throw Unavailable("the cancellations' feed: " + page.error().message);
  if (page->events.empty()) co_return 0;
  apply(*page);
  settled_ = events::cursor_after(*page);
  co_return page->events.size();
}

void OrderStatus::apply(const events::FeedPage<OrderCancelled>& page) {
  sqlite::WriteTransaction transaction(connection_);
  for (const Cancelled& event : page.events)
    put_.run(event.data.order_id.value, event.data.reason, sqlite::to_micros(event.accepted_at));
  const Cursor to = events::cursor_after(page);
  set_cursor_.run(to.epoch, to.position, to.event_id);
  transaction.commit();
}

std::optional<OrderStatus::Status> OrderStatus::find(const OrderId& order) {
  auto row = find_.use(order.value);
  if (!row.step()) return std::nullopt;
  return Status{.cancelled_at = sqlite::from_micros(row.int64(1)),
                .reason = std::string(row.text(0))};
}

}  // namespace cancellation
