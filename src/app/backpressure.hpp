#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "app/burst.hpp"
#include "base/position.hpp"
#include "order/admission.hpp"
#include "runtime/event_loop.hpp"
#include "runtime/task_group.hpp"
#include "telemetry/metrics.hpp"

namespace orderly::app {

/// The pipeline, as far as it concerns a burst.
struct PipelineControl {
  std::function<void(bool aside)> stand_aside = {};  ///< null: it cannot
  std::function<bool()> awaited = {};  ///< whether somebody waits for what it does; null: never
};

/// Keeps what is accepted and not yet behind the last hop bounded while more comes in than the
/// pipeline moves: above kMaxBacklog orders are accepted ever more slowly, at twice that they are
/// refused, and the lag in time is that many orders at the rate of the slowest hop.
///
/// A hop that stands still is no overload: its peer is away, and slowing customers down would bring
/// it back no sooner. What waits then, or at the start, or for a store that is filled again, is on
/// the disk and is caught up with; it is not counted.
///
/// In a burst what follows the commit stands aside, where it can and nobody waits for it
/// (burst.hpp), so that the hops move little for a while. If the burst goes on, orders wait a
/// little until the hops have caught up.
///
/// Everything on one loop, the one that serves orders.
class Backpressure final : public order::AdmissionControl {
 public:
  /// Orders that may wait at one hop before the front door slows down.
  static constexpr Position kMaxBacklog = 750'000;
  static constexpr std::chrono::milliseconds kLongestDelay{100};  ///< of an order, at twice that
  /// Of an order, while the pipeline catches up with a burst that goes on.
  static constexpr std::chrono::milliseconds kDrainDelay{2};
  static constexpr std::chrono::milliseconds kLookInterval{50};
  /// A hop that has not moved for so long stands still.
  static constexpr std::chrono::milliseconds kStandstill{1'000};

  struct Hop {
    std::string name;
    std::function<std::optional<Position>()> head;      ///< of what it has to move
    std::function<std::optional<Position>()> position;  ///< how far it is
  };

  /// The head of the first hop is that of the orders. All outlive this; stop() has been awaited
  /// before it goes, unless the loop is already gone.
  Backpressure(runtime::EventLoop& loop, std::vector<Hop> hops, telemetry::Metrics& metrics,
               PipelineControl pipeline = {}, Position max_backlog = kMaxBacklog);

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
  /// Whether orders come in a burst for which the pipeline stands aside, or too many of them.
  Burst::Phase look_for_burst(SteadyTime now);
  void set_aside(bool aside);
  [[nodiscard]] static bool stands_still(const Watched& watched, SteadyTime now);
  /// What waits at one hop beyond max_backlog, as a share of that; 0 where it is no overload.
  double excess(Watched& watched, SteadyTime now) const;

  runtime::EventLoop& loop_;
  std::vector<Watched> hops_;
  Position max_backlog_;
  PipelineControl pipeline_;
  Burst burst_;
  bool aside_ = false;
  order::Admission admission_;
  telemetry::Gauge& delay_gauge_;
  telemetry::Gauge& aside_gauge_;
  runtime::TaskGroup tasks_;
};

}  // namespace orderly::app
