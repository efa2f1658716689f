#pragma once

#include <atomic>
#include <cstddef>
#include <mutex>
#include <vector>

#include "orderinfo/incoming_order.hpp"
#include "runtime/signal.hpp"

namespace orderly::orderinfo {

/// What the projector lets other threads know of the read model. Any thread.
class ProjectionNews {
 public:
  /// Orders that are kept until somebody takes them.
  static constexpr std::size_t kMostVisible = 1'024;

  /// Notified after every batch, when something became visible or was settled, and when there is
  /// something to take.
  [[nodiscard]] runtime::Signal& changed() { return changed_; }

  /// Whether orders that become visible are to be kept from now on. Where they are not, those that
  /// nobody has taken are forgotten.
  void want_visible(bool wanted);
  /// These have, and may not be durable yet. Nobody may rely on being told: there may be too many.
  void became_visible(const std::vector<PricedOrder>& rows);
  [[nodiscard]] std::vector<OrderId> take_visible();

 private:
  runtime::Signal changed_;
  std::atomic<bool> wanted_{false};
  std::mutex mutex_;
  std::vector<OrderId> visible_;  ///< guarded by mutex_
};

}  // namespace orderly::orderinfo
