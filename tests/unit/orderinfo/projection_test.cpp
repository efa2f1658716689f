#include "orderinfo/projection.hpp"

#include <gtest/gtest.h>

#include "unit/orderinfo/builders.hpp"

namespace orderly::orderinfo {
namespace {

using testing::at;
using testing::foreign;
using testing::from_feed;
using testing::from_push;
using testing::order_event;

/// given the versions of the product, when the order comes, then …
Decision given_versions_when(std::vector<ProductVersion> versions, const IncomingOrder& order) {
  return decide(order, versions);
}

TEST(Decide, GivenAVersionWhenAnOrderComesThenItIsProjectedAtItsPrice) {
  EXPECT_EQ(given_versions_when({{at(0), {"Web Camera", 100}}}, from_feed(order_event(1))),
            Decision(Project{{"Web Camera", 100}}));
}

TEST(Decide, GivenALaterPriceWhenAnEarlierOrderComesThenItHasTheEarlierPrice) {
  EXPECT_EQ(given_versions_when({{at(0), {"old", 100}}, {at(2), {"new", 200}}},
                                from_feed(order_event(1))),
            Decision(Project{{"old", 100}}));
}

TEST(Decide, GivenNoVersionWhenAnOrderComesThenItIsParked) {
  EXPECT_EQ(given_versions_when({}, from_feed(order_event(1))), Decision(Park{}));
}

TEST(Decide, GivenANumberOutOfRangeWhenItComesThenItIsADeadLetter) {
  for (const std::int64_t number : {std::int64_t{-1}, std::int64_t{0}, events::kMaxNumber + 1}) {
    auto order = from_feed(order_event(1));
    order.event.data.number = number;
    const auto decision = given_versions_when({{at(0), {"x", 1}}}, order);
    const auto* letter = std::get_if<DeadLetter>(&decision);
    ASSERT_NE(letter, nullptr) << number;
    EXPECT_EQ(letter->code, "invalid_event");
    EXPECT_EQ(letter->order_id, order.event.data.order_id.value);
  }
}

TEST(Joined, MultipliesExactlyUpToTheLimits) {
  auto order = order_event(1).data;
  order.number = events::kMaxNumber;
  EXPECT_EQ(joined(order, {"x", events::kMaxUnitPrice}).total_price, 9'000'000'000'000'000);
}

TEST(Resolve, TheSameContentIsADuplicate) {
  EXPECT_EQ(resolve(order_event(1), from_feed(order_event(1))), Again::kDuplicate);
  auto other_event_id = order_event(1);
  other_event_id.event_id = {};
  EXPECT_EQ(resolve(order_event(1), foreign(other_event_id)), Again::kDuplicate);
}

TEST(Resolve, AnotherContentIsAConflictWhoeverSaysIt) {
  auto other = order_event(1);
  other.data.customer_id = {"c2"};
  EXPECT_EQ(resolve(order_event(1), from_feed(other)), Again::kConflict);
  EXPECT_EQ(resolve(order_event(1), from_push(other)), Again::kConflict);
}

TEST(Resolve, OnlyTheFeedCorrectsATime) {
  auto other_time = order_event(1);
  other_time.accepted_at += std::chrono::microseconds(1);
  EXPECT_EQ(resolve(order_event(1), from_feed(other_time)), Again::kReplace);
  EXPECT_EQ(resolve(order_event(1), from_push(other_time)), Again::kDuplicate);
  EXPECT_EQ(resolve(order_event(1), foreign(other_time)), Again::kDuplicate);
}

TEST(ConflictLetter, IsTheSameForTheSameContentOnly) {
  const auto letter = conflict_letter(from_feed(order_event(1)));
  EXPECT_EQ(letter, conflict_letter(from_feed(order_event(1))));
  auto other = order_event(1);
  other.data.number += 1;
  EXPECT_NE(letter.key, conflict_letter(from_feed(other)).key);
}

TEST(UnreadableLetter, TellsMessagesApartByIdAndContent) {
  events::Message message;
  message.message_id = "7";
  message.data = "not JSON";
  const Error error{ErrorKind::kInvalid, "malformed_json", "it is no JSON", {}};
  const auto letter = unreadable_letter(message, error);
  EXPECT_EQ(letter, unreadable_letter(message, error));
  EXPECT_EQ(letter.code, "malformed_json");
  EXPECT_EQ(letter.reason, "it is no JSON");
  EXPECT_EQ(events::parse_push(letter.message)->message, message);
  message.message_id = "8";
  EXPECT_NE(letter.key, unreadable_letter(message, error).key);
  message.message_id = "7";
  message.data = "nor this";
  EXPECT_NE(letter.key, unreadable_letter(message, error).key);
}

}  // namespace
}  // namespace orderly::orderinfo
