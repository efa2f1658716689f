#pragma once

#include <mutex>
#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "product/product_store.hpp"
#include "product/sqlite/product_reader.hpp"
#include "runtime/batcher.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/idempotency.hpp"
#include "sqlite/metadata.hpp"
#include "sqlite/reader_pool.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace orderly::product {

/// Products in a SQLite database of their own: an append-only table of versions, whose rows are the
/// events too, and a table that names the newest version of each product. Commits are made on the
/// loop and shared, as in order::SqliteOrderStore.
class SqliteProductStore final : public ProductStore {
 public:
  /// Opens or makes the database. `random` is used on `loop`; all outlive the store. Throws
  /// Unavailable, sqlite::IncompatibleDatabase.
  SqliteProductStore(runtime::EventLoop& loop, const sqlite::OpenOptions& options, Random& random,
                     telemetry::Metrics& metrics);

  runtime::Task<Result<PutOutcome>> put(NewVersion version) override;
  runtime::Task<Result<ClosedTime>> close(UtcTime time) override;
  std::optional<ClosedTime> close_at_once(UtcTime time) override;
  [[nodiscard]] std::optional<events::ProductPut> get(const ProductId& id) const override;
  [[nodiscard]] ProductPage list(const ProductQuery& query) const override;
  [[nodiscard]] Result<events::FeedPage<events::ProductPut>> read_events(
      const Cursor& after, std::size_t limit) const override;
  [[nodiscard]] std::optional<Position> fork_of(const Uuid& epoch) const override {
    return readers_.lease()->fork_of(epoch);
  }
  [[nodiscard]] runtime::Signal& appended() const override { return appended_; }

  [[nodiscard]] const Uuid& epoch() const { return epoch_; }
  /// Begins a new history that forks at the head (sqlite/epoch_history.hpp). On the loop, before
  /// anything is accepted or read.
  void begin_epoch();
  /// Waits until everything put has been committed or has failed: before the store goes. On the
  /// loop. A put may wait after that for its version to come into force, without the store.
  runtime::Task<void> drain() { return batcher_.join(); }

 private:
  /// Where the table of versions ends.
  struct Tail {
    Position position = 0;
    UtcTime valid_from{};
  };
  using Outcomes = std::vector<Result<PutOutcome>>;

  runtime::Task<Outcomes> commit(std::vector<NewVersion>& versions);
  Outcomes write(std::vector<NewVersion>& versions);
  Result<PutOutcome> place(NewVersion& version, UtcTime now, Tail& tail);
  Result<PutOutcome> insert(NewVersion& version, UtcTime now, Tail& tail);
  PutOutcome replay(Position position);
  void renew_lease(UtcTime time);
  ClosedTime close_from_memory(UtcTime time);
  Tail load_tail();
  Error refuse_skew(UtcTime time, UtcTime now);

  runtime::EventLoop& loop_;
  sqlite::Connection connection_;
  sqlite::Metadata metadata_;
  Uuid epoch_;
  UuidSource ids_;
  sqlite::Statement insert_, point_to_, version_at_, last_;
  sqlite::IdempotencyKeys keys_;
  mutable sqlite::ReaderPool<ProductReader> readers_;
  mutable runtime::Signal appended_;

  /// Held while a version gets its time and is committed, so that no time is closed in between; it
  /// guards epoch_ and what follows, which the loop alone changes but for closed_.
  std::mutex closing_;
  /// Nothing at the start, and after a failed commit until another one has written: a restart might
  /// find the failed one in the log after all, as long as nothing has taken its place there. So
  /// without it no time is closed from memory.
  std::optional<Tail> tail_;
  UtcTime closed_{};  ///< every later version is after this
  UtcTime leased_{};  ///< as closed_, and on the disk: where a restart begins

  telemetry::Histogram& commit_seconds_;
  telemetry::Histogram& group_size_;
  telemetry::Counter& skew_refusals_;
  log::Throttle skew_log_{std::chrono::seconds(10)};
  runtime::Batcher<NewVersion, Result<PutOutcome>> batcher_;
};

}  // namespace orderly::product
