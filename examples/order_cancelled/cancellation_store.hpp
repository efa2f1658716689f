#pragma once

#include <atomic>
#include <optional>
#include <vector>

#include "base/random.hpp"
#include "events/feed.hpp"
#include "order_cancelled.hpp"
#include "runtime/batcher.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/reader_pool.hpp"

namespace cancellation {

using Cancelled = orderly::events::Recorded<OrderCancelled>;

/// A cancellation to be stored.
struct Cancel {
  OrderCancelled command;
  orderly::TraceContext trace;
};

/// Cancellations and, since each is immutable, their events: one row is both, with its position
/// given inside the writer's transaction.
class CancellationStore final : public orderly::events::EventLog<OrderCancelled> {
 public:
  /// Opens or makes the database; commits on `loop`. Throws Unavailable, IncompatibleDatabase.
  CancellationStore(orderly::runtime::EventLoop& loop, const orderly::sqlite::OpenOptions& options,
                    orderly::Random& random);

  /// Durable when it returns. The same again answers as the first time; another reason for an order
  /// that is cancelled already is kConflict "already_cancelled".
  orderly::runtime::Task<orderly::Result<Cancelled>> append(Cancel cancel);

  [[nodiscard]] orderly::Result<orderly::events::FeedPage<OrderCancelled>> read_events(
      const orderly::Cursor& after, std::size_t limit) const override;
  [[nodiscard]] orderly::runtime::Signal& appended() const override { return appended_; }

  /// Waits until every append has been answered.
  orderly::runtime::Task<void> drain() { return batcher_.join(); }

 private:
  /// A connection that reads.
  class Reader {
   public:
    explicit Reader(orderly::sqlite::Connection connection);
    orderly::Result<orderly::events::FeedPage<OrderCancelled>> page(const orderly::Uuid& epoch,
                                                                    const orderly::Cursor& after,
                                                                    std::size_t limit);

   private:
    orderly::sqlite::Connection connection_;
    orderly::sqlite::Statement head_, event_at_, after_;
  };
  using Answers = std::vector<orderly::Result<Cancelled>>;

  orderly::runtime::Task<Answers> commit(std::vector<Cancel>& batch);
  orderly::Result<Cancelled> put(Cancel& cancel, orderly::UtcTime now);
  std::optional<Cancelled> find(const orderly::OrderId& order);

  orderly::runtime::EventLoop& loop_;
  orderly::sqlite::Connection connection_;
  orderly::Uuid epoch_;
  orderly::UuidSource ids_;
  orderly::sqlite::Statement insert_, find_, last_;
  mutable orderly::sqlite::ReaderPool<Reader> readers_;
  mutable orderly::runtime::Signal appended_;
  orderly::runtime::Batcher<Cancel, orderly::Result<Cancelled>> batcher_;
};

}  // namespace cancellation
