#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "telemetry/metrics.hpp"

namespace orderly::orderinfo {

/// What stops the projection until somebody looks at it.
enum class Alarm : std::uint8_t {
  kOrderFeedConflict,    ///< the order feed has another history than the one that was settled
  kProductFeedConflict,  ///< likewise the product feed
  kClockSkew,            ///< the product service refuses to close a time that lies ahead of it
};
inline constexpr std::size_t kAlarms = 3;

/// The alarms that stand, for the log (once when one is raised and when it is cleared), the metric
/// `orderly_projector_alarm` and readiness. Any thread.
class Alarms {
 public:
  explicit Alarms(telemetry::Metrics& metrics);

  void raise(Alarm alarm, const std::string& reason);
  void clear(Alarm alarm);
  [[nodiscard]] std::vector<std::string> standing() const;

 private:
  mutable std::mutex mutex_;
  std::array<std::string, kAlarms> reasons_;  ///< empty: not raised; guarded by mutex_
  std::array<telemetry::Gauge*, kAlarms> gauges_{};
};

}  // namespace orderly::orderinfo
