#pragma once

#include <chrono>

namespace orderly {

/// Wall-clock time in UTC, microseconds (the precision of every timestamp on the wire).
using UtcTime = std::chrono::sys_time<std::chrono::microseconds>;
/// Time that never jumps, for deadlines. Its epoch means nothing.
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

/// Where time comes from. Passed in, so that a simulation has its own. Any thread may call.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual UtcTime utc_now() const = 0;  ///< may jump, also backwards
  [[nodiscard]] virtual SteadyTime steady_now() const = 0;
};

class SystemClock final : public Clock {
 public:
  [[nodiscard]] UtcTime utc_now() const override {
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }
  [[nodiscard]] SteadyTime steady_now() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace orderly
