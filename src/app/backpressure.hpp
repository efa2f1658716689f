#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/position.hpp"
#include "order/admission.hpp"
#include "runtime/event_loop.hpp"
#include "runtime/task_group.hpp"
#include "telemetry/metrics.hpp"

namespace orderly::app {

/// Keeps what is accepted and not yet behind the last hop bounded while more comes in than the
/// pipeline moves: above kMaxBacklog orders are accepted ever more slowly, at twice that they are
/// refused, and the lag in time is that many orders at the rate of the slowest hop.
///
/// A hop that stands still is no overload: its peer is away, and slowing customers down would bring
/// it back no sooner. What waits then, or at the start, or for a store that is filled again, is on
/// the disk and is caught up with; it is not counted.
///
/// Everything on one loop, the one that serves orders.
class Backpressure final : public order::AdmissionControl {
 public:
  /// Orders that may wait at one hop before the front door slows down.
  static constexpr Position kMaxBacklog = 500'000;
  static constexpr std::chrono::milliseconds kLongestDelay{100};  ///< of an order, at twice that
  static constexpr std::chrono::milliseconds kLookInterval{50};
  /// A hop that has not moved for so long stands still.
  static constexpr std::chrono::milliseconds kStandstill{1'000};

  struct Hop {
    std::string name;
    std::function<std::optional<Position>()> head;      ///< of what it has to move
    std::function<std::optional<Position>()> position;  ///< how far it is
  };

  /// All outlive this; stop() has been awaited before it goes, unless the loop is already gone.
  Backpressure(runtime::EventLoop& loop, std::vector<Hop> hops, telemetry::Metrics& metrics,
               Position max_backlog = kMaxBacklog);

  void start();
  runtime::Task<void> stop();

  [[nodiscard]] order::Admission now() const override { return admission_; }

 private:
  struct Watched {
    Hop hop;
    Position position = 0;
    SteadyTime moved_at{};
    /// What waited anyway: the least since the hop last began to move.
    std::optional<Position> floor = std::nullopt;
  };

  runtime::Task<void> watch();
  void look();
  /// What waits at one hop beyond max_backlog, as a share of that; 0 where it is no overload.
  double excess(Watched& watched, SteadyTime now) const;

  runtime::EventLoop& loop_;
  std::vector<Watched> hops_;
  Position max_backlog_;
  order::Admission admission_;
  telemetry::Gauge& delay_gauge_;
  runtime::TaskGroup tasks_;
};

}  // namespace orderly::app
