#pragma once

#include <cstdint>

#include "base/ids.hpp"

namespace orderly {

/// A place in an append-only feed: 1, 2, 3, … in commit order without gaps; 0 is before the first.
using Position = std::int64_t;

/// How far a reader is: the last event it has settled. It is sent with every read, so that a source
/// that has another event there (a restored backup) answers with a conflict.
struct Cursor {
  Uuid epoch;             ///< nil: the reader knows no epoch yet
  Position position = 0;  ///< of the last event settled; 0: none
  Uuid event_id;          ///< of that event; nil where position is 0 or the id is not known

  bool operator==(const Cursor&) const = default;
};

}  // namespace orderly
