#include "rebuild/command.hpp"

namespace orderly::rebuild {
namespace {

using Action = Command::Action;

Result<void> conflict(const char* code, const char* message) {
  return failure(ErrorKind::kConflict, code, message);
}

}  // namespace

std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::kStarting:
      return "starting";
    case Phase::kIdle:
      return "idle";
    case Phase::kFilling:
      return "filling";
    case Phase::kIndexing:
      return "indexing";
    case Phase::kComparing:
      return "comparing";
    case Phase::kCompared:
      return "compared";
    case Phase::kSwapping:
      return "swapping";
    case Phase::kKept:
      return "kept";
  }
  return "starting";
}

bool is_at_work(Phase phase) {
  return phase != Phase::kStarting && phase != Phase::kIdle && phase != Phase::kKept;
}

Result<void> fits(const Command& command, const Status& status) {
  if (status.phase == Phase::kStarting) {
    return conflict("starting", "What an earlier rebuild left is being looked at; try again soon.");
  }
  const bool is_kept = status.phase == Phase::kKept;
  switch (command.action) {
    case Action::kStart:
      if (is_kept) {
        return conflict("one_is_kept",
                        "The one that was live before is still kept; drop it first.");
      }
      if (status.phase != Phase::kIdle) {
        return conflict("rebuild_running", "A rebuild runs already; one runs at a time.");
      }
      return {};
    case Action::kSwap:
      if (status.phase == Phase::kCompared) return {};
      return conflict("nothing_to_swap", "There is none that is rebuilt and compared.");
    case Action::kRollback:
      if (!is_kept) return conflict("nothing_kept", "The one that was live before is not kept.");
      if (status.compared) return {};
      return conflict("still_comparing", "What differs is not known yet; try again soon.");
    case Action::kCancel:
      if (!is_kept && status.phase != Phase::kIdle) return {};
      return conflict("nothing_to_cancel", "No rebuild runs that could be cancelled.");
    case Action::kDrop:
      if (is_kept) return {};
      return conflict("nothing_kept", "The one that was live before is not kept.");
  }
  return {};
}

}  // namespace orderly::rebuild
