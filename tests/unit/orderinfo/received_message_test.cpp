#include "orderinfo/received_message.hpp"

#include <gtest/gtest.h>

#include "orderinfo/delivery_endpoint.hpp"
#include "unit/orderinfo/pipeline.hpp"

namespace orderly::orderinfo::testing {
namespace {

TEST(Receive, ReadsAnOrderWithItsPlace) {
  const auto event = order_event(7);
  const auto received = receive(events::to_message(kOrderEpoch, event));
  ASSERT_TRUE(received.place);
  EXPECT_EQ(received.place->epoch, kOrderEpoch);
  EXPECT_EQ(received.place->position, 7);
  EXPECT_EQ(received.event_id, event.event_id);
  EXPECT_EQ(std::get<OrderEvent>(received.content), event);
}

TEST(Receive, KeepsThePlaceOfWhatCannotBeRead) {
  auto message = events::to_message(kOrderEpoch, order_event(7));
  message.data = "no JSON";
  const auto received = receive(message);
  EXPECT_EQ(received.place->position, 7);
  EXPECT_EQ(std::get<DeadLetter>(received.content).code, "malformed_json");
}

TEST(Receive, BelievesNoHalfPlaces) {
  const auto place_with = [](std::string_view attribute, const char* value) {
    auto message = events::to_message(kOrderEpoch, order_event(7));
    message.attributes.set(attribute, value);
    return receive(message).place.has_value();
  };
  EXPECT_FALSE(place_with("epoch", "x"));
  EXPECT_FALSE(place_with("epoch", "00000000-0000-0000-0000-000000000000"));
  EXPECT_FALSE(place_with("position", "0"));
  EXPECT_FALSE(place_with("position", "-1"));
  EXPECT_FALSE(place_with("position", "1.5"));
  EXPECT_TRUE(place_with("position", "1"));
}

TEST(Receive, KnowsAnUnknownType) {
  auto message = events::to_message(kOrderEpoch, order_event(7));
  message.attributes.set("event_type", "order_cancelled");
  EXPECT_TRUE(std::holds_alternative<UnknownEvent>(receive(message).content));
}

TEST(DeliveryEndpoint, AcknowledgesWhatIsSettled) {
  Pipeline pipeline;
  pipeline.products.put("p1", 500, at(1));
  DeliveryEndpoint endpoint(*pipeline.projector);
  std::vector<broker::Delivery> batch;
  for (int i = 0; i < 3; ++i) {
    batch.push_back({.message = std::make_shared<events::Message>(
                         events::to_message(kOrderEpoch, pipeline.place("p1", 10 + i))),
                     .attempt = 1});
  }
  const auto outcomes = run(pipeline.loop, endpoint.deliver(batch));
  EXPECT_EQ(outcomes, std::vector<broker::Outcome>(3));
  EXPECT_EQ(pipeline.settled(), 3);
  pipeline.products.log.available = false;
  batch = {{.message = std::make_shared<events::Message>(
                events::to_message(kOrderEpoch, pipeline.place("p1", 20))),
            .attempt = 1}};
  EXPECT_THROW(run(pipeline.loop, endpoint.deliver(batch)), Unavailable);
}

}  // namespace
}  // namespace orderly::orderinfo::testing
