#include "events/feed_cursor.hpp"

#include <fmt/format.h>

namespace orderly::events {
namespace {

std::unexpected<Error> conflict(std::string message) {
  return failure(ErrorKind::kConflict, std::string(kPositionConflict), std::move(message));
}

}  // namespace

Result<void> check_cursor(const Cursor& cursor, const LogState& log) {
  if (!cursor.epoch.is_nil() && cursor.epoch != log.epoch) {
    return conflict(
        fmt::format("The epoch is {}, not {}.", log.epoch.to_string(), cursor.epoch.to_string()));
  }
  if (cursor.position > log.head) {
    return conflict(fmt::format("Position {} lies beyond the head {}.", cursor.position, log.head));
  }
  if (cursor.position > 0 && !cursor.event_id.is_nil() && cursor.event_id != log.event_at_cursor) {
    return conflict(fmt::format("Another event than {} stands at position {}.",
                                cursor.event_id.to_string(), cursor.position));
  }
  return {};
}

}  // namespace orderly::events
