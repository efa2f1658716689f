#include "events/message.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "events/define_event.hpp"

namespace orderly::events {
namespace {

Result<UtcTime> accepted_at(const Message& message) {
  const auto* text = message.attributes.find(kAcceptedAtAttribute);
  if (text == nullptr) return message.publish_time;
  const auto time = parse_rfc3339(*text);
  if (!time) return invalid(kAcceptedAtAttribute, "accepted_at must be an RFC 3339 time");
  return *time;
}

std::optional<FeedPlace> feed_place(const Message& message) {
  const auto* epoch = message.attributes.find(kEpochAttribute);
  const auto* position = message.attributes.find(kPositionAttribute);
  if (epoch == nullptr || position == nullptr) return std::nullopt;
  const auto parsed_epoch = Uuid::parse(*epoch);
  const auto parsed_position = parse_int64(*position);
  if (!parsed_epoch || parsed_epoch->is_nil() || parsed_position.value_or(0) < 1) {
    return std::nullopt;
  }
  return FeedPlace{*parsed_epoch, *parsed_position};
}

}  // namespace

void Attributes::set(std::string_view name, std::string value) {
  const auto pair = std::ranges::find(pairs_, name, &Pair::first);
  if (pair != pairs_.end()) {
    pair->second = std::move(value);
  } else {
    pairs_.emplace_back(name, std::move(value));
  }
}

const std::string* Attributes::find(std::string_view name) const {
  const auto pair = std::ranges::find(pairs_, name, &Pair::first);
  return pair == pairs_.end() ? nullptr : &pair->second;
}

Message to_message(const Uuid& epoch, const Recorded<OrderPlaced>& event) {
  return make_message(epoch, event, event.data.order_id.value);
}

Message to_message(const Uuid& epoch, const Recorded<ProductPut>& event) {
  return make_message(epoch, event, event.data.product_id.value);
}

Result<ReceivedOrder> parse_order_message(const Message& message) {
  const auto* type = message.attributes.find(kEventTypeAttribute);
  if (type == nullptr || *type != OrderPlaced::kType) {
    return invalid(kEventTypeAttribute, "event_type is not " + std::string(OrderPlaced::kType),
                   "unknown_event_type");
  }
  auto order = parse_order_placed(message.data);
  if (!order) return std::unexpected(std::move(order.error()));
  const auto time = accepted_at(message);
  if (!time) return std::unexpected(time.error());
  ReceivedOrder received;
  received.event.accepted_at = *time;
  received.event.data = std::move(*order);
  received.place = feed_place(message);
  received.event.position = received.place ? received.place->position : 0;
  // An id that is no UUID is not one of ours, and to us as good as none.
  if (const auto* id = message.attributes.find(kEventIdAttribute)) {
    received.event.event_id = Uuid::parse(*id).value_or(Uuid{});
  }
  if (const auto* trace = message.attributes.find(kTraceparentAttribute)) {
    received.event.trace = TraceContext::parse(*trace).value_or(TraceContext{});
  }
  return received;
}

}  // namespace orderly::events
