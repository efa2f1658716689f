#include "orderinfo/delivery_endpoint.hpp"

namespace orderly::orderinfo {

runtime::Task<std::vector<broker::Outcome>> DeliveryEndpoint::deliver(
    std::span<const broker::Delivery> batch) {
  std::vector<ReceivedMessage> messages;
  messages.reserve(batch.size());
  for (const broker::Delivery& delivery : batch)
    messages.push_back(receive(*delivery.message));
  co_await projector_.deliver(std::move(messages));
  co_return std::vector<broker::Outcome>(batch.size());
}

runtime::Task<void> FeedFollower::follow(Cursor head) {
  for (;;) {
    const Cursor settled = store_.progress().orders;
    if (settled.epoch == head.epoch && settled.position >= head.position) co_return;
    if (co_await projector_.settle(std::chrono::milliseconds(0)) > 0) continue;
    const Cursor now = store_.progress().orders;
    if (now == settled) throw Unavailable("the order feed does not show its newest orders yet");
  }
}

}  // namespace orderly::orderinfo
