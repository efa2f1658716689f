#include "orderinfo/hops.hpp"

namespace orderly::orderinfo {

runtime::Task<std::size_t> SettleHop::move_batch() {
  if (mode_ == Mode::kFollow) co_return co_await projector_.settle(kFeedWait);
  const std::size_t moved = co_await projector_.settle(std::chrono::milliseconds(0));
  if (moved < events::kMaxFeedPage) co_await loop_.sleep_for(kSettleInterval);
  co_return moved;
}

}  // namespace orderly::orderinfo
