#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "events/feed.hpp"
#include "events/orders.hpp"
#include "events/products.hpp"
#include "orderinfo/incoming_order.hpp"
#include "sqlite/statement.hpp"
#include "sqlite/stored_id.hpp"

/// How values of the read model become columns and back.
namespace orderly::orderinfo {

constexpr std::int64_t to_micros(UtcTime time) { return time.time_since_epoch().count(); }
constexpr UtcTime from_micros(std::int64_t micros) {
  return UtcTime(std::chrono::microseconds(micros));
}
constexpr std::int64_t to_days(Date date) { return date.time_since_epoch().count(); }
constexpr Date from_days(std::int64_t days) {
  return Date(std::chrono::days(static_cast<std::chrono::days::rep>(days)));
}

/// A trace context as 25 bytes, NULL where there is none. Lives as long as the use it is bound to.
class StoredTrace {
 public:
  explicit StoredTrace(const TraceContext& trace);
  void bind_to(sqlite::Statement::Use& use, int index) const;

 private:
  bool empty_;
  std::array<std::byte, 25> bytes_{};
};
TraceContext read_trace(const sqlite::Statement::Use& row, int column);

/// The feeds, as feed_cursor and feed_mark name them.
inline constexpr std::string_view kOrderFeed = "order";
inline constexpr std::string_view kProductFeed = "product";

/// The columns that order_info, parked_order and foreign_event have in common, in this order;
/// kOrderColumnCount of them.
inline constexpr const char* kOrderColumns =
    "order_id, customer_id, product_id, number, order_date, accepted_at, event_id, trace";
inline constexpr int kOrderColumnCount = 8;

/// Binds them from `first` on. Keep it, and the event, until the use ends.
class StoredOrder {
 public:
  explicit StoredOrder(const events::Recorded<events::OrderPlaced>& event);
  void bind_to(sqlite::Statement::Use& use, int first) const;

 private:
  const events::Recorded<events::OrderPlaced>& event_;
  sqlite::StoredId order_id_, customer_id_, product_id_;
  StoredTrace trace_;
};
/// Reads them from `first` on; the position is left 0.
events::Recorded<events::OrderPlaced> read_order(const sqlite::Statement::Use& row, int first);
/// Reads position, product_id, product_name, unit_price, valid_from, event_id and trace.
events::Recorded<events::ProductPut> read_version(const sqlite::Statement::Use& row);

/// A row of parked_order: after the common columns come source_position, source_epoch and origin.
IncomingOrder read_parked(const sqlite::Statement::Use& row);

}  // namespace orderly::orderinfo
