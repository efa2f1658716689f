#include "events/message.hpp"

#include <gtest/gtest.h>

#include <string>

namespace orderly::events {
namespace {

const Uuid kEpoch = *Uuid::parse("0190b3a0-0000-7000-8000-000000000001");
const Uuid kEventId = *Uuid::parse("0190b3a0-0000-7000-8000-0000000000aa");
constexpr auto kTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

Recorded<OrderPlaced> order_event() {
  Recorded<OrderPlaced> event;
  event.position = 42;
  event.event_id = kEventId;
  event.accepted_at = *parse_rfc3339("2021-01-18T20:00:00.123456Z");
  event.data = {.order_id = OrderId{"order-1"},
                .customer_id = CustomerId{"customer01"},
                .product_id = ProductId{"product-001"},
                .number = 10,
                .order_date = *parse_date("2021-01-18")};
  return event;
}

std::string attribute(const Message& message, std::string_view name) {
  const auto* value = message.attributes.find(name);
  return value == nullptr ? "(none)" : *value;
}

TEST(Attributes, ReplaceAValueInItsPlace) {
  Attributes attributes;
  attributes.set("a", "1");
  attributes.set("b", "2");
  attributes.set("a", "3");
  ASSERT_EQ(attributes.pairs().size(), 2U);
  EXPECT_EQ(attributes.pairs()[0], (Attributes::Pair{"a", "3"}));
  EXPECT_EQ(attributes.find("c"), nullptr);
}

TEST(Message, OfAnOrderCarriesItsPlaceAndItsKey) {
  const Message message = to_message(kEpoch, order_event());
  EXPECT_EQ(message.ordering_key, "order-1");
  EXPECT_EQ(attribute(message, "event_id"), kEventId.to_string());
  EXPECT_EQ(attribute(message, "event_type"), "order_create");
  EXPECT_EQ(attribute(message, "epoch"), kEpoch.to_string());
  EXPECT_EQ(attribute(message, "position"), "42");
  EXPECT_EQ(attribute(message, "accepted_at"), "2021-01-18T20:00:00.123456Z");
  EXPECT_EQ(attribute(message, "traceparent"), "(none)");
  std::string json;
  append_json(json, order_event().data);
  EXPECT_EQ(message.data, json);
}

TEST(Message, OfAProductHasTheProductAsItsKey) {
  Recorded<ProductPut> event;
  event.position = 1;
  event.event_id = kEventId;
  event.data = {
      .product_id = ProductId{"product-001"}, .product_name = "sample", .unit_price = 700};
  const Message message = to_message(kEpoch, event);
  EXPECT_EQ(message.ordering_key, "product-001");
  EXPECT_EQ(attribute(message, "event_type"), "product_put");
}

TEST(Message, GivesBackTheOrderThatWasPutIn) {
  auto event = order_event();
  event.trace = *TraceContext::parse(kTrace);
  const Message message = to_message(kEpoch, event);
  EXPECT_EQ(attribute(message, "traceparent"), kTrace);
  const auto received = parse_order_message(message);
  ASSERT_TRUE(received) << received.error().message;
  EXPECT_EQ(received->event, event);
  ASSERT_TRUE(received->place);
  EXPECT_EQ(received->place->epoch, kEpoch);
  EXPECT_EQ(received->place->position, 42);
}

TEST(Message, OfTheLabHasAnEventIdAndNoPlace) {
  Message message;
  append_json(message.data, order_event().data);
  message.attributes.set("event_id", kEventId.to_string());
  message.attributes.set("event_type", "order_create");
  message.publish_time = *parse_rfc3339("2021-01-18T20:00:05Z");
  const auto received = parse_order_message(message);
  ASSERT_TRUE(received);
  EXPECT_EQ(received->event.event_id, kEventId);
  EXPECT_EQ(received->event.accepted_at, message.publish_time);
  EXPECT_EQ(received->event.position, 0);
  EXPECT_TRUE(received->event.trace.empty());
  EXPECT_FALSE(received->place);
}

TEST(Message, OfAnotherTypeIsToldApart) {
  Message message = to_message(kEpoch, order_event());
  message.attributes.set("event_type", "order_cancel");
  auto received = parse_order_message(message);
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().code, "unknown_event_type");
  message.attributes = {};
  received = parse_order_message(message);
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().code, "unknown_event_type");
}

TEST(Message, ThatCanNeverBeAppliedSaysWhy) {
  Message message = to_message(kEpoch, order_event());
  message.data = "{}";
  auto received = parse_order_message(message);
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().kind, ErrorKind::kInvalid);
  EXPECT_NE(received.error().code, "unknown_event_type");

  message = to_message(kEpoch, order_event());
  message.attributes.set("accepted_at", "yesterday");
  received = parse_order_message(message);
  ASSERT_FALSE(received);
  EXPECT_EQ(received.error().field, "accepted_at");
}

TEST(Message, WithAForgedPlaceHasNone) {
  for (const auto& [name, value] : {std::pair{"epoch", "abc"},
                                    {"epoch", "00000000-0000-0000-0000-000000000000"},
                                    {"position", "0"},
                                    {"position", "-5"},
                                    {"position", "9223372036854775808"},
                                    {"position", "4 2"}}) {
    Message message = to_message(kEpoch, order_event());
    message.attributes.set(name, value);
    const auto received = parse_order_message(message);
    ASSERT_TRUE(received) << name << " " << value;
    EXPECT_FALSE(received->place) << name << " " << value;
    EXPECT_EQ(received->event.position, 0);
  }
}

TEST(Message, WithAForeignEventIdOrTraceHasNone) {
  Message message = to_message(kEpoch, order_event());
  message.attributes.set("event_id", "event-17");
  message.attributes.set("traceparent", "garbage");
  const auto received = parse_order_message(message);
  ASSERT_TRUE(received);
  EXPECT_TRUE(received->event.event_id.is_nil());
  EXPECT_TRUE(received->event.trace.empty());
}

}  // namespace
}  // namespace orderly::events
