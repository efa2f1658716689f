#pragma once

#include <optional>
#include <string_view>

#include "orderinfo/incoming_order.hpp"
#include "orderinfo/sqlite/tables.hpp"
#include "sqlite/connection.hpp"

namespace orderly::orderinfo {

/// What read_place() reads of order_info.
inline constexpr std::string_view kPlaceColumns =
    "position, event_id, projected_at, replaces, parked_at, first_projected_at";
LogPlace read_place(const sqlite::Statement::Use& row, int first);

/// Finds places in the live log. Orders are asked for in the order of their feed, which is nearly
/// that of the log, so both are read side by side, and only an order that stands elsewhere costs a
/// search. One thread.
class LiveLog {
 public:
  explicit LiveLog(sqlite::Connection& live);

  /// One reading of the log, within a read transaction of the connection.
  class Reading {
   public:
    explicit Reading(LiveLog& log);
    /// Nothing where the live one has no row of the order.
    std::optional<LogPlace> find(const IncomingOrder& order);

   private:
    void advance() { there_is_more_ = row_.step(); }

    LiveLog& log_;
    sqlite::Statement::Use row_;
    bool there_is_more_;
  };

 private:
  sqlite::Statement in_order_, by_order_;
  Position after_ = 0;  ///< the next reading begins behind it
};

}  // namespace orderly::orderinfo
