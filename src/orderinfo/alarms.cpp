#include "orderinfo/alarms.hpp"

#include <string_view>
#include <utility>

#include "telemetry/log.hpp"

namespace orderly::orderinfo {
namespace {

constexpr std::array<std::string_view, kAlarms> kNames = {"order_feed_conflict",
                                                          "product_feed_conflict", "clock_skew"};

}  // namespace

Alarms::Alarms(telemetry::Metrics& metrics) {
  for (std::size_t i = 0; i < kAlarms; ++i) {
    gauges_[i] =
        &metrics.gauge("orderly_projector_alarm", "1 while the projection cannot go on by itself",
                       {{"alarm", std::string(kNames[i])}});
  }
}

void Alarms::raise(Alarm alarm, const std::string& reason) {
  const auto index = static_cast<std::size_t>(alarm);
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(reasons_[index], reason) == reason) return;
  }
  gauges_[index]->set(1);
  log::error("projection alarm raised", {{"alarm", kNames[index]}, {"reason", reason}});
}

void Alarms::clear(Alarm alarm) {
  const auto index = static_cast<std::size_t>(alarm);
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(reasons_[index], {}).empty()) return;
  }
  gauges_[index]->set(0);
  log::info("projection alarm cleared", {{"alarm", kNames[index]}});
}

std::vector<std::string> Alarms::standing() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> standing;
  for (const std::string& reason : reasons_) {
    if (!reason.empty()) standing.push_back(reason);
  }
  return standing;
}

}  // namespace orderly::orderinfo
