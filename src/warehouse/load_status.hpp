#pragma once

#include <chrono>
#include <mutex>
#include <optional>

#include "base/clock.hpp"
#include "base/position.hpp"

namespace orderly::warehouse {

/// How far behind its source the warehouse is, as the loader last saw it: written by the loader,
/// read by routes and metrics. Any thread may call.
class LoadStatus {
 public:
  struct Lag {
    Position changes;                ///< not loaded yet
    std::chrono::milliseconds time;  ///< age of the oldest of them; 0 where there is none
  };

  /// The source was read: its newest position, ours, and when the first change that we do not have
  /// was accepted (if we do not have all).
  void saw_source(Position head, Position loaded, std::optional<UtcTime> oldest_missing);
  /// The source cannot be asked, so nobody knows what it has.
  void lost_source();

  /// Nothing where the source's head is unknown.
  [[nodiscard]] std::optional<Lag> lag(UtcTime now) const;

 private:
  struct Seen {
    Position head;
    Position loaded;
    std::optional<UtcTime> oldest_missing;
  };

  mutable std::mutex mutex_;
  std::optional<Seen> seen_;
};

}  // namespace orderly::warehouse
