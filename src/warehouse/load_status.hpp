#pragma once

#include <chrono>
#include <mutex>
#include <optional>

#include "base/clock.hpp"
#include "base/position.hpp"
#include "runtime/signal.hpp"

namespace orderly::warehouse {

/// How far behind its source a table of the warehouse is, as its loader last saw it: written by the
/// loader, read by routes and metrics. Any thread may call.
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
  /// All up to `cursor` is in the warehouse.
  void has_loaded(const Cursor& cursor);

  /// From the source's head; unknown where the head is.
  [[nodiscard]] std::optional<Lag> lag(UtcTime now) const;
  /// Unknown until the warehouse has been asked. It may hold more already, never less.
  [[nodiscard]] std::optional<Cursor> loaded() const;
  /// Notified when loaded() has changed.
  [[nodiscard]] runtime::Signal& moved() const { return moved_; }

 private:
  struct Seen {
    Position head;
    Position loaded;
    std::optional<UtcTime> oldest_missing;
  };

  mutable std::mutex mutex_;
  std::optional<Seen> seen_;
  std::optional<Cursor> loaded_;
  mutable runtime::Signal moved_;
};

}  // namespace orderly::warehouse
