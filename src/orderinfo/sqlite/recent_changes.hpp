#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <vector>

#include "events/feed.hpp"
#include "events/orders.hpp"
#include "orderinfo/read_model.hpp"

namespace orderly::orderinfo {

/// Shows one change of the log to `visit`, and counts it into `span`.
void show(const events::Recorded<events::OrderInfoPut>& change, events::FeedSpan& span,
          const ChangeVisitor& visit);

/// The newest changes of the read model in memory: who follows the log closely, as the warehouse
/// does, reads them without the database. Every member may be called from any thread.
class RecentChanges {
 public:
  using Change = events::Recorded<events::OrderInfoPut>;

  RecentChanges(const Uuid& epoch, std::size_t capacity) : epoch_(epoch), capacity_(capacity) {}

  /// What a transaction has appended to the log, in order and without gaps. `replaced`: rows before
  /// it have left the log, so that what was known of it holds no more.
  void append(std::vector<Change> changes, bool replaced);

  /// Rows have left the log otherwise, or its epoch is another one: begins anew.
  void restart(const Uuid& epoch);

  /// Shows the changes after `after`, at most `limit`, where all of them are here and the reader
  /// stands at one of them; otherwise the database has the answer.
  [[nodiscard]] std::optional<events::FeedSpan> visit(const Cursor& after, std::size_t limit,
                                                      const ChangeVisitor& visit) const;

 private:
  using Changes = std::deque<Change>;

  /// Behind the one that the reader stands at, where it is here. Under the lock.
  [[nodiscard]] std::optional<Changes::const_iterator> find(const Cursor& after) const;

  Uuid epoch_;  ///< guarded by mutex_
  std::size_t capacity_;
  mutable std::mutex mutex_;
  Changes changes_;  ///< guarded by mutex_
};

}  // namespace orderly::orderinfo
