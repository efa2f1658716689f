#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rebuild/store.hpp"
#include "runtime/event_loop.hpp"
#include "runtime/signal.hpp"
#include "runtime/task_group.hpp"

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

/// Rebuilds a store beside the live one while everything goes on: makes a second one from the
/// events, compares both, lets the second take the place of the first, and keeps the first fed for
/// a while, so that one can go back at once.
///
/// Which one is live is one durable fact of the store's, so a crash at any moment leaves it whole;
/// a second one that was not finished is removed at the next start, one that was kept is kept on.
class Rebuild {
 public:
  /// `name` is for the log, e.g. "read model". All outlive it.
  Rebuild(runtime::EventLoop& loop, RebuildableStore& store, std::string name)
      : loop_(loop), store_(store), name_(std::move(name)), tasks_(loop) {}

  /// Goes on with what was kept. On the loop.
  void start() { tasks_.spawn("rebuild of the " + name_, run()); }
  /// On the loop. A swap that has been decided is finished first.
  runtime::Task<void> stop();

  /// kConflict where it does not fit the phase: "starting", "rebuild_running", "one_is_kept",
  /// "nothing_to_swap", "nothing_kept", "still_comparing", "nothing_to_cancel"; kOverloaded
  /// "command_is_waiting". Answers the count of ended commands: it has come to its end once the
  /// status has a higher one. Any thread.
  Result<std::int64_t> request(Command command);
  [[nodiscard]] Status status() const;

 private:
  runtime::Task<void> run();
  runtime::Task<void> open_kept();
  runtime::Task<void> obey(Command command);
  /// How it ended; empty: it goes on.
  runtime::Task<std::string> carry_out(Command command);
  runtime::Task<bool> step_or_fail();
  void is_held_up(std::string problem);
  void goes_on();
  runtime::Task<bool> step();
  runtime::Task<void> wait_for_work();

  runtime::Task<void> begin(Command command);
  runtime::Task<bool> fill();
  runtime::Task<bool> compare();
  runtime::Task<bool> follow();
  runtime::Task<void> has_compared();
  runtime::Task<bool> swap_if_equal();
  runtime::Task<bool> swap(bool although_it_differs);
  runtime::Task<void> keep();
  runtime::Task<void> remove_for_sure();
  void differ(std::size_t differences);
  void end(std::string how, bool failed = false);
  void note(std::string how, bool failed);

  void enter(Phase phase);
  void show(const Progress& progress, std::size_t differences);
  runtime::Task<void> show_differences();
  [[nodiscard]] Phase phase() const;
  [[nodiscard]] std::optional<Command> waiting_command();
  [[nodiscard]] static Result<void> fits(const Command& command, const Status& status);

  runtime::EventLoop& loop_;
  RebuildableStore& store_;
  std::string name_;
  runtime::TaskGroup tasks_;
  runtime::Signal commands_;
  bool there_is_a_second_ = false;
  bool swap_when_equal_ = false;
  bool compared_ = false;
  int looks_ = 0;  ///< at what differs
  std::chrono::seconds keep_ = kDefaultKeep;
  std::optional<UtcTime> kept_until_;
  std::optional<SteadyTime> failing_since_;  ///< every step has failed since
  SteadyTime began_{};
  SteadyTime phase_began_{};

  mutable std::mutex mutex_;  ///< guards what follows
  std::optional<Command> waiting_;
  Status status_;
};

}  // namespace orderly::rebuild
