#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

#include "events/dead_letters.hpp"
#include "events/feed.hpp"
#include "events/orders.hpp"
#include "runtime/task.hpp"
#include "warehouse/rows.hpp"
#include "warehouse/table.hpp"

namespace orderly::warehouse {

/// Where the rows of one table come from, position by position: what the loader reads. Most are a
/// FeedSource. Used on the loader's loop.
class RowSource {
 public:
  struct Page {
    std::size_t events = 0;  ///< read, whatever rows they became; 0: there is nothing after `after`
    Cursor to;               ///< behind the last of them, in the epoch that the source has
    Position head = 0;       ///< of the source's newest event
    UtcTime first_accepted{};
    UtcTime last_accepted{};
  };

  virtual ~RowSource() = default;
  [[nodiscard]] virtual const TableSpec& table() const = 0;
  /// Appends the rows of the next events after `after`, at most `limit` of them, to `rows`, which
  /// outlives the call. Errors, waiting and stopping as of events::Feed::read.
  virtual runtime::Task<Result<Page>> read(Cursor after, std::size_t limit,
                                           std::chrono::milliseconds wait, RowBatch& rows) = 0;
  /// Whether an event's id is given by the log it is in, so that a log with the same one at the
  /// same place has the same history up to there. The read model's changes have the ids of their
  /// orders, and may stand in another order after it was made anew.
  [[nodiscard]] virtual bool ids_tell_history() const { return true; }
  /// Whether it still has all from which the table was loaded, so that it can be made anew. The
  /// feed of dead letters forgets those that were resolved long ago.
  [[nodiscard]] virtual bool is_complete() const { return true; }
};

/// A feed whose events become rows of a table:
///
///     FeedSource<OrderCancelled> source(kCancelled, feed, [](const auto& event, RowBatch& rows) {
///       rows.begin_row(true).text(event.data.order_id.value).timestamp(event.accepted_at);
///     });
template <class Event>
class FeedSource final : public RowSource {
 public:
  /// Appends the rows of one event: none, one or several.
  using Append = std::function<void(const events::Recorded<Event>& event, RowBatch& rows)>;

  /// `feed` outlives this.
  FeedSource(TableSpec table, events::Feed<Event>& feed, Append append)
      : table_(std::move(table)), feed_(feed), append_(std::move(append)) {}

  [[nodiscard]] const TableSpec& table() const override { return table_; }
  [[nodiscard]] bool ids_tell_history() const override {
    return !std::is_same_v<Event, events::OrderInfoPut>;
  }
  [[nodiscard]] bool is_complete() const override {
    return !std::is_same_v<Event, events::DeadLetterPut>;
  }

  runtime::Task<Result<Page>> read(Cursor after, std::size_t limit, std::chrono::milliseconds wait,
                                   RowBatch& rows) override {
    auto read = co_await feed_.read(after, std::min(limit, events::kMaxFeedPage), wait);
    if (!read) co_return std::unexpected(std::move(read.error()));
    Page page{.events = read->events.size(),
              .to = {read->epoch, after.position, after.event_id},
              .head = read->head};
    if (!read->events.empty()) {
      page.to = events::cursor_after(*read);
      page.first_accepted = read->events.front().accepted_at;
      page.last_accepted = read->events.back().accepted_at;
    }
    for (const auto& event : read->events)
      append_(event, rows);
    co_return page;
  }

 private:
  TableSpec table_;
  events::Feed<Event>& feed_;
  Append append_;
};

}  // namespace orderly::warehouse
