#include "app/backpressure.hpp"

#include <algorithm>
#include <utility>

namespace orderly::app {

Backpressure::Backpressure(runtime::EventLoop& loop, std::vector<Hop> hops,
                           telemetry::Metrics& metrics, PipelineControl pipeline,
                           Position max_backlog)
    : loop_(loop),
      max_backlog_(max_backlog),
      pipeline_(std::move(pipeline)),
      burst_(max_backlog),
      delay_gauge_(metrics.gauge("orderly_order_admission_delay_seconds",
                                 "How long an order waits before it is accepted, so that the "
                                 "pipeline behind keeps up")),
      aside_gauge_(
          metrics.gauge("orderly_pipeline_stands_aside",
                        "1 while the pipeline leaves the processors to a burst of orders")),
      tasks_(loop) {
  metrics
      .gauge("orderly_order_admission_max_backlog",
             "Orders that may wait at one hop before others are accepted more slowly; at twice as "
             "many they are refused")
      .set(static_cast<double>(max_backlog));
  for (Hop& hop : hops)
    hops_.push_back({.hop = std::move(hop), .moved_at = loop_.steady_now()});
}

void Backpressure::start() { tasks_.spawn("backpressure", watch()); }

runtime::Task<void> Backpressure::stop() {
  tasks_.stop();
  co_await tasks_.join();
  set_aside(false);
}

runtime::Task<void> Backpressure::watch() {
  for (;;) {
    look();
    co_await loop_.sleep_for(kLookInterval);
  }
}

bool Backpressure::stands_still(const Watched& watched, SteadyTime now) {
  return now - watched.moved_at > kStandstill;
}

double Backpressure::excess(Watched& watched, SteadyTime now) const {
  const auto head = watched.hop.head();
  const auto position = watched.hop.position();
  if (!head || !position) return 0;
  const Position backlog = *head - *position;
  const bool begins_anew = !watched.floor || *position < watched.position;
  if (*position != watched.position || aside_) watched.moved_at = now;
  watched.position = *position;
  if (begins_anew || stands_still(watched, now)) watched.floor = backlog;
  watched.floor = std::min(*watched.floor, backlog);
  const Position too_much = std::max<Position>(backlog - *watched.floor - max_backlog_, 0);
  return static_cast<double>(too_much) / static_cast<double>(max_backlog_);
}

void Backpressure::set_aside(bool aside) {
  if (std::exchange(aside_, aside) == aside) return;
  pipeline_.stand_aside(aside);
  aside_gauge_.set(aside ? 1 : 0);
}

Burst::Phase Backpressure::look_for_burst(SteadyTime now) {
  if (!pipeline_.stand_aside) return Burst::Phase::kCalm;
  Position backlog = 0;
  for (const Watched& watched : hops_) {
    const auto head = watched.hop.head();
    const auto position = watched.hop.position();
    if (!head || !position || stands_still(watched, now)) continue;
    backlog = std::max(backlog, *head - *position);
  }
  return burst_.look(now, hops_.front().hop.head().value_or(0), backlog);
}

void Backpressure::look() {
  const SteadyTime now = loop_.steady_now();
  double worst = 0;
  for (Watched& watched : hops_)
    worst = std::max(worst, excess(watched, now));
  const Burst::Phase phase = look_for_burst(now);
  const bool awaited = pipeline_.awaited && pipeline_.awaited();
  set_aside(Burst::stands_aside(phase) && !awaited);
  const double share = std::min(worst, 1.0);
  admission_.refused = worst >= 1;
  admission_.delay = std::chrono::ceil<std::chrono::milliseconds>(
      share * std::chrono::duration<double>(kLongestDelay));
  if (phase == Burst::Phase::kDrain) admission_.delay = std::max(admission_.delay, kDrainDelay);
  delay_gauge_.set(std::chrono::duration<double>(admission_.delay).count());
}

}  // namespace orderly::app
