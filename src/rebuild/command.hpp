#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "rebuild/store.hpp"

/// What a rebuild is told and what it tells.
namespace orderly::rebuild {

/// Differences that are named in a status.
inline constexpr std::size_t kMaxNamed = 100;
/// How long the one that was live is kept fed after a swap, unless somebody says otherwise.
inline constexpr std::chrono::seconds kDefaultKeep = std::chrono::hours(1);
inline constexpr std::chrono::seconds kMaxKeep = std::chrono::hours(24) * 7;

enum class Phase : std::uint8_t {
  kStarting,   ///< what an earlier process left is looked at
  kIdle,       ///< there is one
  kFilling,    ///< a second one is filled from the events
  kIndexing,   ///< its indexes are built
  kComparing,  ///< it follows the live one, and both are compared row by row
  kCompared,   ///< it follows; what differs is known
  kSwapping,   ///< they change places
  kKept,       ///< the one that was live before is kept fed, so that one can go back
};
std::string_view to_string(Phase phase);
/// A second one is being made, or waits for somebody's decision.
bool is_at_work(Phase phase);

struct Status {
  Phase phase = Phase::kStarting;
  std::int64_t done = 0;  ///< events (filling) or rows (comparing)
  std::int64_t of = 0;
  double rate = 0;  ///< of them a second, since the phase began; 0: not known
  std::optional<std::chrono::milliseconds> left = {};  ///< at this rate
  std::chrono::milliseconds took{0};  ///< from the last command to the last phase that it led to
  std::int64_t behind = 0;            ///< events that the second one lacks, as far as is known
  bool compared = false;              ///< all was
  std::size_t differences = 0;        ///< so far
  std::vector<Difference> named = {};
  std::optional<UtcTime> kept_until = {};
  std::string last = {};   ///< what happened last, or holds up what runs; a sentence
  std::int64_t ended = 0;  ///< commands that came to an end
  bool failed = false;     ///< what happened last
};

struct Command {
  enum class Action : std::uint8_t {
    kStart,     ///< make a second one
    kSwap,      ///< let it take over, although it differs
    kRollback,  ///< let the kept one take over again
    kCancel,    ///< remove the unfinished one
    kDrop,      ///< remove the kept one
  };
  Action action = Action::kStart;
  bool swap_when_equal = true;               ///< of kStart
  std::chrono::seconds keep = kDefaultKeep;  ///< after a swap; 0: what was live is removed at once
};

/// Whether the command can be given as things stand. kConflict with code "starting",
/// "rebuild_running", "one_is_kept", "nothing_to_swap", "nothing_kept", "still_comparing" or
/// "nothing_to_cancel".
Result<void> fits(const Command& command, const Status& status);

}  // namespace orderly::rebuild
