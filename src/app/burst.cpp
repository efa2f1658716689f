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
  const bool behind = backlog >= kCaughtUp;
  // What is behind without a burst stands still, or is filled again: that is nobody's hurry.
  if (!fast) return Phase::kCalm;
  switch (phase_) {
    case Phase::kCalm:
      return behind ? Phase::kCalm : Phase::kBurst;
    case Phase::kBurst:
      return now - began_ >= kLongest || backlog >= max_backlog_ ? Phase::kDrain : Phase::kBurst;
    case Phase::kDrain:
      return behind ? Phase::kDrain : Phase::kStream;
    case Phase::kStream:
      return Phase::kStream;
  }
  return Phase::kCalm;
}

Burst::Phase Burst::look(SteadyTime now, Position head, Position backlog) {
  const Phase phase = next(now, is_fast(now, head), backlog);
  if (phase == Phase::kBurst && phase_ != Phase::kBurst) began_ = now;
  return phase_ = phase;
}

}  // namespace orderly::app
