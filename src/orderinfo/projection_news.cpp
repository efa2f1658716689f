#include "orderinfo/projection_news.hpp"

#include <utility>

namespace orderly::orderinfo {

void ProjectionNews::want_visible(bool wanted) {
  wanted_ = wanted;
  if (!wanted) (void)take_visible();
}

void ProjectionNews::became_visible(const std::vector<PricedOrder>& rows) {
  if (!wanted_) return;
  {
    const std::lock_guard lock(mutex_);
    for (const PricedOrder& row : rows) {
      if (visible_.size() == kMostVisible) break;
      visible_.push_back(row.order.event.data.order_id);
    }
  }
  changed_.notify();
}

std::vector<OrderId> ProjectionNews::take_visible() {
  const std::lock_guard lock(mutex_);
  return std::exchange(visible_, {});
}

}  // namespace orderly::orderinfo
