#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "rebuild/command.hpp"
#include "rebuild/store.hpp"
#include "runtime/event_loop.hpp"
#include "runtime/signal.hpp"
#include "runtime/task_group.hpp"

namespace orderly::rebuild {

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

  /// None begins while `other` is at work: two at once are slower than one after the other. Before
  /// start(); `other` outlives it.
  void wait_for_turn_with(const Rebuild& other) { other_ = &other; }

  /// Goes on with what was kept. On the loop.
  void start() { tasks_.spawn("rebuild of the " + name_, run()); }
  /// On the loop. A swap that has been decided is finished first.
  runtime::Task<void> stop();

  /// kConflict where it does not fit the phase (see fits), or another rebuild is at work
  /// ("rebuild_running"); kOverloaded "command_is_waiting". Answers the count of ended commands: it
  /// has come to its end once the status has a higher one. Any thread.
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
  void tell(std::string problem);
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
  [[nodiscard]] Result<void> may(const Command& command, const Status& status) const;

  runtime::EventLoop& loop_;
  RebuildableStore& store_;
  std::string name_;
  const Rebuild* other_ = nullptr;  ///< whose turn it may be
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
