#include "orderinfo/received_message.hpp"

#include "base/text.hpp"
#include "orderinfo/projection.hpp"

namespace orderly::orderinfo {
namespace {

constexpr std::string_view kUnknownType = "unknown_event_type";

Uuid uuid_attribute(const events::Message& message, std::string_view name) {
  const std::string* text = message.attributes.find(name);
  if (text == nullptr) return {};
  return Uuid::parse(*text).value_or(Uuid{});
}

/// Also of a message whose data cannot be read, so that the feed can be settled past it.
std::optional<events::FeedPlace> place_of(const events::Message& message) {
  const Uuid epoch = uuid_attribute(message, events::kEpochAttribute);
  const std::string* text = message.attributes.find(events::kPositionAttribute);
  if (epoch.is_nil() || text == nullptr) return std::nullopt;
  const auto position = parse_int64(*text);
  if (!position || *position < 1) return std::nullopt;
  return events::FeedPlace{.epoch = epoch, .position = *position};
}

}  // namespace

ReceivedMessage receive(const events::Message& message) {
  ReceivedMessage received{.place = place_of(message),
                           .event_id = uuid_attribute(message, events::kEventIdAttribute),
                           .content = UnknownEvent{}};
  auto order = events::parse_order_message(message);
  if (order) {
    received.content = std::move(order->event);
  } else if (order.error().code != kUnknownType) {
    received.content = unreadable_letter(message, order.error());
  }
  return received;
}

}  // namespace orderly::orderinfo
