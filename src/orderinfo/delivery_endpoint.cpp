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

}  // namespace orderly::orderinfo
