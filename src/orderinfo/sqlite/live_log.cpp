#include "orderinfo/sqlite/live_log.hpp"

#include <fmt/format.h>

#include "sqlite/stored_id.hpp"

namespace orderly::orderinfo {
namespace {

/// A row that was projected this far ahead of its turn is passed over, not waited for.
constexpr Position kFarAhead = 1'000;

/// Before the columns of the place.
constexpr int kSource = 0;

}  // namespace

LogPlace read_place(const sqlite::Statement::Use& row, int first) {
  const auto time = [&](int column) {
    return row.is_null(column) ? std::nullopt : std::optional(row.int64(column));
  };
  return {.position = row.int64(first),
          .event_id = row.uuid(first + 1),
          .projected_at = row.int64(first + 2),
          .replaces = row.int64(first + 3) != 0,
          .parked_at = time(first + 4),
          .first_projected_at = time(first + 5)};
}

LiveLog::LiveLog(sqlite::Connection& live)
    : in_order_(
          live.prepare(fmt::format("SELECT source_position, {} FROM order_info WHERE position > ?1 "
                                   "ORDER BY position",
                                   kPlaceColumns))),
      by_order_(live.prepare(fmt::format(
          "SELECT source_position, {} FROM order_info WHERE order_id = ?1", kPlaceColumns))) {}

LiveLog::Reading::Reading(LiveLog& log)
    : log_(log), row_(log.in_order_.use(log.after_)), there_is_more_(row_.step()) {}

std::optional<LogPlace> LiveLog::Reading::find(const IncomingOrder& order) {
  const Position source = order.event.position;
  if (source > 0) {
    const auto passed = [&] {
      const Position at = row_.is_null(kSource) ? 0 : row_.int64(kSource);
      return at < source || at > source + kFarAhead;
    };
    while (there_is_more_ && passed())
      advance();
    if (there_is_more_ && row_.int64(kSource) == source) {
      const LogPlace place = read_place(row_, kSource + 1);
      if (place.event_id == order.event.event_id) {
        log_.after_ = place.position;
        return place;
      }
    }
  }
  const sqlite::StoredId id(order.event.data.order_id);
  auto row = log_.by_order_.use();
  id.bind_to(row, 1);
  if (!row.step()) return std::nullopt;
  return read_place(row, kSource + 1);
}

}  // namespace orderly::orderinfo
