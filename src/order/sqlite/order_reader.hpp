#pragma once

#include <cstddef>
#include <optional>

#include "events/feed.hpp"
#include "events/orders.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/epoch_history.hpp"
#include "sqlite/statement.hpp"

/// Private to this folder: the table of orders, read.
namespace orderly::order {

/// The columns of a row that read_order() takes, in this order.
inline constexpr std::string_view kOrderColumns =
    "position, order_id, event_id, customer_id, product_id, number, order_date, accepted_at, trace";

/// The event of the current row of a SELECT of kOrderColumns.
events::Recorded<events::OrderPlaced> read_order(const sqlite::Statement::Use& row);

/// A reading connection of the pool.
class OrderReader {
 public:
  explicit OrderReader(sqlite::Connection connection);

  /// As EventLog::fork_of.
  std::optional<Position> fork_of(const Uuid& epoch) {
    return sqlite::EpochHistory(connection_).fork_of(epoch);
  }

  /// As EventLog::read_events.
  Result<events::FeedPage<events::OrderPlaced>> page(const Uuid& epoch, const Cursor& after,
                                                     std::size_t limit);
  /// As EventLog::read_span; always up to the head.
  Result<events::FeedSpan> span(const Uuid& epoch, const Cursor& after);
  /// Order ids ascend with the position, so they need no index.
  std::optional<events::Recorded<events::OrderPlaced>> find(const Uuid& order_id);

 private:
  Position head();
  std::optional<Uuid> event_at(Position position);
  Result<void> check(const Uuid& epoch, const Cursor& after, Position head);

  sqlite::Connection connection_;
  sqlite::Statement head_, event_at_, order_at_, after_;
};

}  // namespace orderly::order
