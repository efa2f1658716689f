#pragma once

#include <algorithm>
#include <cstddef>

namespace orderly::broker {

/// How many requests a subscriber gets at once: it starts with one, doubles with every success and
/// halves with every failure (Pub/Sub's push flow control, research/google-cloud.md B).
class SlowStart {
 public:
  explicit SlowStart(std::size_t maximum) : maximum_(maximum) {}

  [[nodiscard]] std::size_t window() const { return window_; }
  void succeeded() { window_ = std::min(window_ * 2, maximum_); }
  void failed() { window_ = std::max<std::size_t>(window_ / 2, 1); }

 private:
  std::size_t maximum_;
  std::size_t window_ = 1;
};

}  // namespace orderly::broker
