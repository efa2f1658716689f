#include "app/burst.hpp"

#include <utility>

namespace orderly::app {

bool Burst::is_fast(SteadyTime now, Position head) {
  const std::chrono::duration<double> passed = now - std::exchange(looked_at_, now);
  const Position before = std::exchange(head_, head).value_or(head);
  if (static_cast<double>(head - before) >= kFast * passed.count() && head > before) fast_at_ = now;
  return fast_at_ && now - *fast_at_ < kPause;
}

Burst::Phase Burst::next(SteadyTime now, bool fast, Position backlog) const {
  const bool behind = backlog >= kBehind;
  const bool caught_up = backlog < kCaughtUp;
  // What is behind without a burst stands still, or is filled again: that is nobody's hurry.
  if (!fast) return Phase::kCalm;
  switch (phase_) {
    case Phase::kCalm:
      return behind ? Phase::kCalm : Phase::kBurst;
    case Phase::kBurst:
      if (now - began_ < kLongest && backlog < max_backlog_) return Phase::kBurst;
      return behind ? Phase::kDrain : Phase::kStream;
    case Phase::kDrain:
      if (caught_up) return Phase::kStream;
      // It may be a store that is filled again, which is to slow nobody down.
      return now - began_ < kLongest ? Phase::kDrain : Phase::kCatchUp;
    case Phase::kStream:
      return behind ? Phase::kCatchUp : Phase::kStream;
    case Phase::kCatchUp:
      return caught_up ? Phase::kStream : Phase::kCatchUp;
  }
  return Phase::kCalm;
}

Burst::Phase Burst::look(SteadyTime now, Position head, Position backlog) {
  const Phase phase = next(now, is_fast(now, head), backlog);
  if (phase != phase_) began_ = now;
  return phase_ = phase;
}

}  // namespace orderly::app
