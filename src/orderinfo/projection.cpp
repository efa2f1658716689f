#include "orderinfo/projection.hpp"

#include <fmt/format.h>

#include "base/dates.hpp"
#include "orderinfo/fingerprint.hpp"

namespace orderly::orderinfo {
namespace {

std::string push_body(events::Message message) {
  return events::encode_push(
      {.message = std::move(message), .subscription = {}, .delivery_attempt = 0});
}

DeadLetter letter_of(const IncomingOrder& order, std::string code, std::string reason) {
  const events::OrderPlaced& data = order.event.data;
  // The content belongs to the key: two others under one id are two letters.
  const std::string content =
      fmt::format("{}\n{}\n{}\n{}", data.customer_id.value, data.product_id.value, data.number,
                  format_date(data.order_date));
  return {.key = fmt::format("order:{}:{:016x}", data.order_id.value, fingerprint(content)),
          .order_id = data.order_id.value,
          .code = std::move(code),
          .reason = std::move(reason),
          .message = push_body(events::to_message(order.epoch, order.event))};
}

}  // namespace

events::OrderInfo joined(const events::OrderPlaced& order, const Price& price) {
  return {.order_id = order.order_id,
          .customer_id = order.customer_id,
          .product_id = order.product_id,
          .product_name = price.product_name,
          .number = order.number,
          .unit_price = price.unit_price,
          .total_price = order.number * price.unit_price,
          .order_date = order.order_date};
}

Decision decide(const IncomingOrder& order, std::span<const ProductVersion> versions) {
  const std::int64_t number = order.event.data.number;
  if (number < 1 || number > events::kMaxNumber) {
    return letter_of(order, "invalid_event",
                     fmt::format("The number {} of the order is out of range.", number));
  }
  const ProductVersion* version = version_in_force(versions, order.event.accepted_at);
  if (version == nullptr) return Park{};
  return Project{version->price};
}

Again resolve(const events::Recorded<events::OrderPlaced>& known, const IncomingOrder& order) {
  if (known.data != order.event.data) return Again::kConflict;
  const bool corrected =
      order.origin == Origin::kFeed && known.accepted_at != order.event.accepted_at;
  return corrected ? Again::kReplace : Again::kDuplicate;
}

DeadLetter conflict_letter(const IncomingOrder& order) {
  return letter_of(order, "order_conflict", "Another order is already known under this order_id.");
}

DeadLetter unreadable_letter(const events::Message& message, const Error& error) {
  const std::string* event_id = message.attributes.find(events::kEventIdAttribute);
  return {
      .key = fmt::format("message:{}:{:016x}", event_id != nullptr ? *event_id : message.message_id,
                         fingerprint(message.data)),
      .order_id = {},
      .code = error.code,
      .reason = error.message,
      .message = push_body(message)};
}

}  // namespace orderly::orderinfo
