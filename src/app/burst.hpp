#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "base/position.hpp"

namespace orderly::app {

/// Tells a burst of orders from a stream of them (ADR 0036). A burst has the processors for itself:
/// what follows the commit stands aside and catches up afterwards. One that goes on is a stream:
/// the pipeline stands aside only as long as little waits for it.
///
/// Pure: it is told how things stand, in intervals of Backpressure::kLookInterval.
class Burst {
 public:
  /// Orders a second from which on somebody may be in somebody's way.
  static constexpr double kFast = 10'000;
  /// So long the rate may be lower before it counts as over.
  static constexpr std::chrono::milliseconds kPause{500};
  static constexpr std::chrono::seconds kLongest{10};  ///< of a burst, and of its drain
  /// The pipeline is behind once so much waits at a hop, until it has caught up.
  static constexpr Position kBehind = 50'000;
  static constexpr Position kCaughtUp = 10'000;

  enum class Phase : std::uint8_t {
    kCalm,     ///< there is enough for everybody
    kBurst,    ///< the pipeline stands aside
    kDrain,    ///< the burst has left much behind and goes on: the front door slows down
    kStream,   ///< it went on for long, and the pipeline stands aside while it is not behind
    kCatchUp,  ///< the same, and it is
  };

  /// What waits may become `max_backlog` orders.
  explicit Burst(Position max_backlog) : max_backlog_(max_backlog) {}

  /// `head`: orders accepted; `backlog`: those that wait at the hop where most do, of those that
  /// move.
  Phase look(SteadyTime now, Position head, Position backlog);
  [[nodiscard]] static bool stands_aside(Phase phase) {
    return phase == Phase::kBurst || phase == Phase::kStream;
  }

 private:
  [[nodiscard]] bool is_fast(SteadyTime now, Position head);
  [[nodiscard]] Phase next(SteadyTime now, bool fast, Position backlog) const;

  Position max_backlog_;
  Phase phase_ = Phase::kCalm;
  SteadyTime began_{};  ///< the phase
  SteadyTime looked_at_{};
  std::optional<Position> head_;
  std::optional<SteadyTime> fast_at_;
};

}  // namespace orderly::app
