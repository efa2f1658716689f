#include "rebuild/rebuild.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "telemetry/log.hpp"

namespace orderly::rebuild {
namespace {

using Action = Command::Action;

/// One that is this close behind may try to take over.
constexpr std::int64_t kCloseBehind = 20'000;
/// An unfinished one that fails for so long is given up. A peer may restart meanwhile.
constexpr std::chrono::minutes kGiveUpAfter{5};
constexpr std::chrono::milliseconds kRetry{500};
/// Between two looks at the live one when there was little.
constexpr std::chrono::milliseconds kIdleWait{200};
/// So often one looks again at what differs: it may have moved in the live one just then.
constexpr int kLooks = 3;

std::chrono::milliseconds between(SteadyTime began, SteadyTime now) {
  return std::chrono::floor<std::chrono::milliseconds>(now - began);
}

}  // namespace

runtime::Task<void> Rebuild::stop() {
  tasks_.stop();
  co_await tasks_.join();
}

Phase Rebuild::phase() const {
  const std::lock_guard lock(mutex_);
  return status_.phase;
}

Status Rebuild::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

Result<void> Rebuild::may(const Command& command, const Status& status) const {
  if (auto fit = fits(command, status); !fit) return fit;
  if (command.action != Action::kStart || other_ == nullptr) return {};
  if (!is_at_work(other_->phase())) return {};
  return failure(
      ErrorKind::kConflict, "rebuild_running",
      fmt::format("A rebuild of the {} runs already; one runs at a time.", other_->name_));
}

Result<std::int64_t> Rebuild::request(Command command) {
  // The other one's lock is not taken under this one's.
  if (const auto fit = may(command, status()); !fit) return std::unexpected(fit.error());
  const std::lock_guard lock(mutex_);
  if (waiting_) {
    return failure(ErrorKind::kOverloaded, "command_is_waiting",
                   "Another command waits already for its turn.");
  }
  waiting_ = command;
  commands_.notify();
  return status_.ended;
}

std::optional<Command> Rebuild::waiting_command() {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

runtime::Task<void> Rebuild::run() {
  co_await open_kept();
  for (;;) {
    const auto command = waiting_command();
    if (command) co_await obey(*command);
    const bool busy = co_await step_or_fail();
    if (busy) {
      co_await loop_.sleep_for(std::chrono::milliseconds(0));  // others have their turn
    } else {
      co_await wait_for_work();
    }
  }
}

runtime::Task<void> Rebuild::open_kept() {
  for (;;) {
    std::string problem;
    try {
      const auto until = co_await store_.open_kept();
      there_is_a_second_ = until.has_value();
      kept_until_ = until;
      enter(until ? Phase::kKept : Phase::kIdle);
      co_return;
    } catch (const Unavailable& unavailable) {
      problem = unavailable.what();
    }
    log::warning("what a rebuild left cannot be opened, trying again",
                 {{"store", name_}, {"error", problem}});
    co_await loop_.sleep_for(kRetry);
  }
}

runtime::Task<void> Rebuild::wait_for_work() {
  const auto ticket = commands_.ticket();
  if (waiting_command()) co_return;
  const auto wait =
      there_is_a_second_ ? kIdleWait : std::chrono::milliseconds(std::chrono::hours(1));
  co_await commands_.wait(loop_, ticket, loop_.steady_now() + wait);
}

runtime::Task<void> Rebuild::obey(Command command) {
  std::string outcome;
  bool failed = true;
  bool out_of_date = false;
  const auto fit = may(command, status());
  if (fit) {
    began_ = loop_.steady_now();
    try {
      outcome = co_await carry_out(command);
      failed = false;
    } catch (const Unavailable& unavailable) {
      outcome = unavailable.what();
    } catch (const OtherHistory& other) {
      outcome = other.what();
      out_of_date = true;
    }
  } else {
    outcome = fit.error().message;  // it was overtaken
  }
  const bool unfinished = fit.has_value() && command.action == Action::kStart;
  if (failed && (unfinished || out_of_date)) {
    tell(outcome);  // it may take long until there is room to remove it
    co_await remove_for_sure();
  }
  if (!outcome.empty()) end(std::move(outcome), failed);
  const std::lock_guard lock(mutex_);
  waiting_.reset();  // only now: the next command counts from its end on
}

runtime::Task<std::string> Rebuild::carry_out(Command command) {
  switch (command.action) {
    case Action::kStart:
      co_await begin(command);
      co_return std::string();
    case Action::kSwap:
    case Action::kRollback: {
      keep_ = command.keep;
      const std::size_t differ = co_await store_.differences();
      const bool swapped = co_await swap(true);
      if (!swapped) throw Unavailable("the two do not stand at the same positions; try again");
      std::string what = command.action == Action::kSwap ? "swapped" : "rolled back";
      if (differ > 0) what += fmt::format(", {} differed", differ);
      co_return what;
    }
    case Action::kCancel:
      co_await remove_for_sure();
      co_return std::string("cancelled");
    case Action::kDrop:
      co_await remove_for_sure();
      co_return std::string("the one that was live before is dropped");
  }
  co_return std::string();
}

runtime::Task<void> Rebuild::begin(Command command) {
  keep_ = command.keep;
  swap_when_equal_ = command.swap_when_equal;
  compared_ = false;
  looks_ = 0;
  failing_since_.reset();
  log::info("a rebuild begins", {{"store", name_}});
  co_await store_.create();
  there_is_a_second_ = true;
  enter(Phase::kFilling);
}

runtime::Task<bool> Rebuild::step_or_fail() {
  if (!there_is_a_second_) co_return false;
  std::string problem;
  bool hopeless = false;
  try {
    const bool busy = co_await step();
    goes_on();
    co_return busy;
  } catch (const StorageFull& full) {
    problem = full.what();
    hopeless = !kept_until_;
  } catch (const Unavailable& unavailable) {
    problem = unavailable.what();
    hopeless =
        !kept_until_ && failing_since_ && loop_.steady_now() - *failing_since_ >= kGiveUpAfter;
  } catch (const OtherHistory& other) {
    problem = other.what();
    hopeless = true;
  }
  if (hopeless) {
    const bool was_kept = kept_until_.has_value();
    tell(problem);
    co_await remove_for_sure();
    if (was_kept) {
      note(problem, true);
    } else {
      end(problem, true);
    }
    co_return false;
  }
  is_held_up(std::move(problem));
  co_await loop_.sleep_for(kRetry);
  co_return true;
}

void Rebuild::is_held_up(std::string problem) {
  if (!failing_since_) {
    failing_since_ = loop_.steady_now();
    log::warning("a rebuild is held up, trying again", {{"store", name_}, {"error", problem}});
  }
  tell(std::move(problem));
}

/// What holds it up.
void Rebuild::tell(std::string problem) {
  const std::lock_guard lock(mutex_);
  status_.last = std::move(problem);
}

void Rebuild::goes_on() {
  if (!failing_since_) return;
  failing_since_.reset();
  log::info("a rebuild goes on", {{"store", name_}});
  const std::lock_guard lock(mutex_);
  status_.last.clear();
}

/// One step of the phase; whether there is more to do at once.
runtime::Task<bool> Rebuild::step() {
  switch (phase()) {
    case Phase::kFilling:
      return fill();
    case Phase::kIndexing:
    case Phase::kComparing:
      return compare();
    default:
      return follow();
  }
}

runtime::Task<bool> Rebuild::fill() {
  const Progress progress = co_await store_.fill();
  show(progress, 0);
  if (progress.more) co_return true;
  enter(Phase::kIndexing);
  co_return true;
}

runtime::Task<bool> Rebuild::compare() {
  if (phase() == Phase::kIndexing) {
    co_await store_.finish();
    enter(Phase::kComparing);
    co_return true;
  }
  const bool more_came = co_await store_.follow();
  const Progress progress = co_await store_.compare();
  const std::size_t differences = co_await store_.differences();
  show(progress, differences);
  if (progress.more) co_return true;
  if (differences > 0 && more_came) co_return true;
  if (differences > 0 && ++looks_ < kLooks) co_return false;
  co_await has_compared();
  co_return true;
}

runtime::Task<void> Rebuild::has_compared() {
  compared_ = true;
  enter(Phase::kCompared);
  co_await show_differences();
  const std::size_t differences = co_await store_.differences();
  if (differences > 0) {
    differ(differences);
  } else if (!swap_when_equal_) {
    end("compared: equal");
  }
}

/// From now on it is somebody's decision.
void Rebuild::differ(std::size_t differences) {
  swap_when_equal_ = false;
  end(fmt::format("compared: {} differ", differences));
}

runtime::Task<bool> Rebuild::follow() {
  if (kept_until_ && loop_.utc_now() >= *kept_until_) {
    began_ = loop_.steady_now();
    co_await remove_for_sure();
    note("the one that was live before is dropped, for its time is over", false);
    co_return false;
  }
  const bool moved = co_await store_.follow();
  const std::int64_t behind = co_await store_.behind();
  {
    const std::lock_guard lock(mutex_);
    status_.behind = behind;
  }
  if (!compared_) {  // it was kept by an earlier process
    const Progress progress = co_await store_.compare();
    if (progress.more) co_return true;
    compared_ = true;
    co_await show_differences();
  }
  if (phase() != Phase::kCompared) co_return moved;
  const bool swapped = co_await swap_if_equal();
  co_return moved || swapped;
}

runtime::Task<bool> Rebuild::swap_if_equal() {
  if (!swap_when_equal_) co_return false;
  const std::size_t before = co_await store_.differences();
  const std::int64_t behind = co_await store_.behind();
  if (before > 0 || behind > kCloseBehind) co_return false;
  const bool swapped = co_await swap(false);
  if (swapped) {
    end("equal, and swapped");
    co_return true;
  }
  const std::size_t differences = co_await store_.differences();
  if (differences > 0) differ(differences);
  co_return false;
}

/// Lets the second one take over; false, with all as it was, where it differs and must not.
runtime::Task<bool> Rebuild::swap(bool although_it_differs) {
  const Phase before = phase();
  enter(Phase::kSwapping);
  bool swapped = false;
  std::exception_ptr failed;
  try {
    swapped = co_await store_.swap(although_it_differs);
  } catch (...) {
    failed = std::current_exception();
  }
  if (swapped) {
    kept_until_.reset();
    co_await keep();
    co_return true;
  }
  enter(before);
  if (failed) std::rethrow_exception(failed);
  co_await show_differences();
  co_return false;
}

/// After a swap: the one that was live is fed from now on.
runtime::Task<void> Rebuild::keep() {
  std::string problem;
  if (keep_.count() > 0) {
    const UtcTime until = loop_.utc_now() + keep_;
    try {
      co_await store_.keep(until);
      compared_ = true;
      kept_until_ = until;
      enter(Phase::kKept);
      co_await show_differences();
      co_return;
    } catch (const Unavailable& unavailable) {
      problem = unavailable.what();
    }
    log::warning("the one that was live before cannot be kept",
                 {{"store", name_}, {"error", problem}});
  }
  co_await remove_for_sure();
}

runtime::Task<void> Rebuild::remove_for_sure() {
  kept_until_.reset();
  std::string logged;  // once: it may be the log that fills the disk
  for (;;) {
    std::string problem;
    try {
      co_await store_.remove();
      break;
    } catch (const Unavailable& unavailable) {
      problem = unavailable.what();
    }
    if (problem != logged) {
      log::error("the second one cannot be removed, trying again",
                 {{"store", name_}, {"error", problem}});
    }
    logged = std::move(problem);
    co_await loop_.sleep_for(kRetry);
  }
  there_is_a_second_ = false;
  enter(Phase::kIdle);
}

/// A command has come to its end.
void Rebuild::end(std::string how, bool failed) {
  note(std::move(how), failed);
  const std::lock_guard lock(mutex_);
  ++status_.ended;
}

void Rebuild::note(std::string how, bool failed) {
  if (failed) {
    log::error("a rebuild ends", {{"store", name_}, {"error", how}});
  } else {
    log::info("a rebuild", {{"store", name_}, {"outcome", how}});
  }
  const std::lock_guard lock(mutex_);
  status_.last = std::move(how);
  status_.failed = failed;
}

void Rebuild::enter(Phase phase) {
  phase_began_ = loop_.steady_now();
  const std::lock_guard lock(mutex_);
  status_.phase = phase;
  status_.done = 0;
  status_.of = 0;
  status_.rate = 0;
  status_.left.reset();
  status_.compared = compared_;
  status_.kept_until = kept_until_;
  if (phase == Phase::kFilling) {
    status_.differences = 0;
    status_.named.clear();
    status_.last.clear();
    status_.failed = false;
  }
  if (phase == Phase::kIdle) {
    status_.behind = 0;
    status_.compared = false;
  } else if (phase != Phase::kKept) {
    status_.took = between(began_, phase_began_);
  }
}

void Rebuild::show(const Progress& progress, std::size_t differences) {
  const SteadyTime now = loop_.steady_now();
  const double elapsed = std::chrono::duration<double>(now - phase_began_).count();
  const std::lock_guard lock(mutex_);
  status_.done = progress.done;
  status_.of = progress.of;
  status_.took = between(began_, now);
  status_.differences = differences;
  if (elapsed <= 0 || progress.done <= 0) return;
  status_.rate = static_cast<double>(progress.done) / elapsed;
  const auto remaining = std::max<std::int64_t>(progress.of - progress.done, 0);
  const double left = static_cast<double>(remaining) / status_.rate;
  status_.left = std::chrono::milliseconds(static_cast<std::int64_t>(left * 1000));
}

runtime::Task<void> Rebuild::show_differences() {
  std::vector<Difference> named = co_await store_.first_differences(kMaxNamed);
  const std::size_t count = co_await store_.differences();
  const std::lock_guard lock(mutex_);
  status_.differences = count;
  status_.compared = compared_;
  status_.named = std::move(named);
}

}  // namespace orderly::rebuild
