#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

/// What the programs of the benchmark share: the clock, and a row of durations.
namespace orderly::bench {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

inline double seconds_since(Clock::time_point start) {
  return Seconds(Clock::now() - start).count();
}

/// Durations of the same thing, one of them after the other.
class Samples {
 public:
  void add(Clock::duration duration) { values_.push_back(Seconds(duration).count()); }
  [[nodiscard]] std::size_t size() const { return values_.size(); }

  /// A JSON object of milliseconds; nearest rank, zeros where there is no sample.
  [[nodiscard]] std::string to_json() {
    std::ranges::sort(values_);
    return fmt::format(R"({{"count": {}, "p50_ms": {:.4f}, "p99_ms": {:.4f}, "max_ms": {:.4f}}})",
                       values_.size(), at(0.5) * 1e3, at(0.99) * 1e3, at(1) * 1e3);
  }

 private:
  [[nodiscard]] double at(double share) const {
    if (values_.empty()) return 0;
    const auto rank = static_cast<std::size_t>(share * static_cast<double>(values_.size()));
    return values_[std::min(rank, values_.size() - 1)];
  }

  std::vector<double> values_;  ///< in seconds
};

}  // namespace orderly::bench
