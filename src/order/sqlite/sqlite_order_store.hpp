#pragma once

#include <atomic>
#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "order/order_store.hpp"
#include "order/sqlite/order_reader.hpp"
#include "runtime/batcher.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/idempotency.hpp"
#include "sqlite/reader_pool.hpp"
#include "telemetry/metrics.hpp"

namespace orderly::order {

/// Orders in a SQLite database of their own: one append-only table without a secondary index, whose
/// rows are the events too. All orders that are ready together share one commit, which is made on
/// the loop that serves them: measured, that is the fastest way (research, "hot path").
class SqliteOrderStore final : public OrderStore {
 public:
  /// Opens or makes the database. `random` is used on `loop`; all outlive the store. Throws
  /// Unavailable, sqlite::IncompatibleDatabase.
  SqliteOrderStore(runtime::EventLoop& loop, const sqlite::OpenOptions& options, Random& random,
                   telemetry::Metrics& metrics);

  runtime::Task<Result<PlacedOrder>> append(NewOrder order) override;
  [[nodiscard]] std::optional<events::Recorded<events::OrderPlaced>> find(
      const OrderId& id) const override;
  [[nodiscard]] Result<events::FeedPage<events::OrderPlaced>> read_events(
      const Cursor& after, std::size_t limit) const override;
  [[nodiscard]] std::optional<Position> fork_of(const Uuid& epoch) const override {
    return readers_.lease()->fork_of(epoch);
  }
  [[nodiscard]] Result<events::FeedSpan> read_span(const Cursor& after) const override;
  [[nodiscard]] runtime::Signal& appended() const override { return appended_; }

  [[nodiscard]] const Uuid& epoch() const { return epoch_; }
  /// Begins a new history that forks at the head (sqlite/epoch_history.hpp). On the loop, before
  /// anything is accepted or read.
  void begin_epoch();
  /// The newest position. From memory; any thread.
  [[nodiscard]] Position head() const { return head_.load(std::memory_order_relaxed); }
  /// Waits until every append has been answered: before the store goes. On the loop.
  runtime::Task<void> drain() { return batcher_.join(); }

 private:
  /// Where the table ends.
  struct Tail {
    Position position = 0;
    UtcTime accepted_at{};
  };
  using Placed = std::vector<Result<PlacedOrder>>;

  runtime::Task<Placed> commit(std::vector<NewOrder>& orders);
  Placed write(std::vector<NewOrder>& orders);
  Result<PlacedOrder> place(NewOrder& order, UtcTime now, Tail& tail);
  PlacedOrder insert(NewOrder& order, UtcTime now, Tail& tail);
  PlacedOrder replay(Position position);
  Tail load_tail();

  runtime::EventLoop& loop_;
  sqlite::Connection connection_;
  Uuid epoch_;
  UuidSource ids_;
  sqlite::Statement insert_, order_at_, last_;
  sqlite::IdempotencyKeys keys_;
  mutable sqlite::ReaderPool<OrderReader> readers_;
  mutable runtime::Signal appended_;
  /// Nothing: to be read before the next order, as at the start and after a failed commit.
  std::optional<Tail> tail_;
  std::atomic<Position> head_;
  UtcTime ids_from_{};  ///< no new id may be of an earlier time
  telemetry::Histogram& commit_seconds_;
  telemetry::Histogram& group_size_;
  runtime::Batcher<NewOrder, Result<PlacedOrder>> batcher_;
};

}  // namespace orderly::order
