#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.hpp"
#include "base/position.hpp"

namespace orderly::app {

/// Tells a burst of orders from a stream of them (ADR 0036). A burst has the processors for itself:
/// what follows the commit stands aside and catches up afterwards. One that goes on is a stream,
/// and has to leave the pipeline its share from then on.
///
/// Pure: it is told how things stand, in intervals of Backpressure::kLookInterval.
class Burst {
 public:
  /// Orders a second from which on somebody may be in somebody's way.
  static constexpr double kFast = 10'000;
  /// So long the rate may be lower before it counts as over.
  static constexpr std::chrono::milliseconds kPause{500};
  static constexpr std::chrono::seconds kLongest{10};
  /// The pipeline keeps up as long as less than this waits at every hop.
  static constexpr Position kCaughtUp = 50'000;

  enum class Phase : std::uint8_t {
    kCalm,    ///< the pipeline keeps up
    kBurst,   ///< the pipeline stands aside
    kDrain,   ///< the burst went on for too long, and the front door slows down
    kStream,  ///< orders come as fast, and the pipeline keeps up
  };

  /// What waits may become `max_backlog` orders.
  explicit Burst(Position max_backlog) : max_backlog_(max_backlog) {}

  /// `head`: orders accepted; `backlog`: those that wait at the hop where most do.
  Phase look(SteadyTime now, Position head, Position backlog);

 private:
  [[nodiscard]] bool is_fast(SteadyTime now, Position head);
  [[nodiscard]] Phase next(SteadyTime now, bool fast, Position backlog) const;

  Position max_backlog_;
  Phase phase_ = Phase::kCalm;
  SteadyTime began_{};
  SteadyTime looked_at_{};
  std::optional<Position> head_;
  std::optional<SteadyTime> fast_at_;
};

}  // namespace orderly::app
