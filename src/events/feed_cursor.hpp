#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/position.hpp"
#include "base/result.hpp"

namespace orderly::events {

inline constexpr std::string_view kPositionConflict = "position_conflict";

/// Where a log stands as it is read.
struct LogState {
  Uuid epoch;
  Position head = 0;
  /// The id of the event at the cursor's position; nothing where there is none.
  std::optional<Uuid> event_at_cursor;
};

/// Whether a reader at `cursor` has read this log and no other: the rule of EventLog::read_events.
/// kConflict with code kPositionConflict, saying what differs.
Result<void> check_cursor(const Cursor& cursor, const LogState& log);

}  // namespace orderly::events
