#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "runtime/task.hpp"

namespace orderly::rebuild {

/// What the second one was made from has another history now: it is of no use any more.
class OtherHistory : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Something that the two do not have alike.
struct Difference {
  std::string table;    ///< where a store has several; else empty
  std::string key;      ///< e.g. the order_id
  std::string live;     ///< what the live one has, as a JSON value; empty: nothing
  std::string rebuilt;  ///< what the second one has

  bool operator==(const Difference&) const = default;
};

struct Progress {
  bool more = false;  ///< there is more to do at once
  std::int64_t done = 0;
  std::int64_t of = 0;
};

/// A store of which a second one can be made beside the live one: the port of a rebuild. There is
/// at most one second one. Used on the rebuild's loop, one call at a time; a call is a step of a
/// fraction of a second unless it says otherwise.
///
/// All throw Unavailable (to be tried again; StorageFull: in vain) and OtherHistory.
class RebuildableStore {
 public:
  virtual ~RebuildableStore() = default;

  /// Opens what an earlier process kept; until when it is kept, if anything is. What is neither
  /// live nor kept is removed.
  virtual runtime::Task<std::optional<UtcTime>> open_kept() = 0;

  /// Makes an empty second one.
  virtual runtime::Task<void> create() = 0;
  /// Removes the second one, if there is one, in whatever state it is. After a throw it is to be
  /// called again before anything else is.
  virtual runtime::Task<void> remove() = 0;

  /// Feeds it from the events, up to where the live one is. `done` and `of` count events.
  virtual runtime::Task<Progress> fill() = 0;
  /// The first fill is through: makes it ready to be compared and to follow. May take long.
  virtual runtime::Task<void> finish() = 0;
  /// Feeds it what came meanwhile; whether so much came that there will be more at once.
  virtual runtime::Task<bool> follow() = 0;
  /// What it lacks of the live one, in events.
  virtual runtime::Task<std::int64_t> behind() = 0;

  /// Compares a further part of both, which go on meanwhile. `done` and `of` count rows.
  virtual runtime::Task<Progress> compare() = 0;
  /// How many differ, of what was compared so far.
  virtual runtime::Task<std::size_t> differences() = 0;
  virtual runtime::Task<std::vector<Difference>> first_differences(std::size_t limit) = 0;

  /// Lets the second one take the place of the live one, atomically and durably: it has the last
  /// events, too, and where both differ and `although_it_differs` is not set, it answers false and
  /// nothing has happened. What was live is the second one then, not kept yet. After a throw
  /// nothing has happened, but the second one may be gone.
  virtual runtime::Task<bool> swap(bool although_it_differs) = 0;
  /// Keeps the second one until then, also if the process ends: it follows from now on.
  virtual runtime::Task<void> keep(UtcTime until) = 0;
};

}  // namespace orderly::rebuild
