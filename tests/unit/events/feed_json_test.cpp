#include "events/feed_json.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "unit/events/golden.hpp"

namespace orderly::events {
namespace {

using orderly::testing::golden;

FeedPage<OrderPlaced> sample() {
  const OrderPlaced order{.order_id = {"0177174b-2c00-7a5e-8c1d-0f3a5b7c9d11"},
                          .customer_id = {"customer01"},
                          .product_id = {"product00001"},
                          .number = 1,
                          .order_date = *parse_date("2021-01-18")};
  auto second = order;
  second.order_id = {"0177174b-2c00-7a5e-8c1d-0f3a5b7c9d13"};
  second.number = 2;
  return {
      .epoch = *Uuid::parse("0177174a-0000-7000-8000-000000000001"),
      .head = 3,
      .events = {
          {.position = 1,
           .event_id = *Uuid::parse("0177174b-2c00-7a5e-8c1d-0f3a5b7c9d12"),
           .accepted_at = *parse_rfc3339("2021-01-18T20:00:00.000001Z"),
           .trace = *TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
           .data = order},
          {.position = 2,
           .event_id = *Uuid::parse("0177174b-2c00-7a5e-8c1d-0f3a5b7c9d14"),
           .accepted_at = *parse_rfc3339("2021-01-18T20:00:00.000002Z"),
           .trace = {},
           .data = second}}};
}

TEST(FeedJson, WritesAndReadsTheGoldenPage) {
  EXPECT_EQ(encode_page(sample()), golden("feed.v1.sample.json"));
  EXPECT_EQ(parse_page<OrderPlaced>(golden("feed.v1.sample.json")), sample());
}

TEST(FeedJson, AnEmptyPageHasItsMembersToo) {
  const FeedPage<ProductPut> page{.epoch = sample().epoch, .head = 0, .events = {}};
  EXPECT_EQ(encode_page(page),
            R"({"epoch":"0177174a-0000-7000-8000-000000000001","head":0,"events":[]})");
  EXPECT_EQ(parse_page<ProductPut>(encode_page(page)), page);
}

TEST(FeedJson, IgnoresUnknownMembersAndABrokenTrace) {
  auto json = golden("feed.v1.sample.json");
  json.replace(json.find("00-4bf9"), 4, "zz-4");
  json.insert(1, R"("later":true,)");
  auto expected = sample();
  expected.events[0].trace = {};
  EXPECT_EQ(parse_page<OrderPlaced>(json), expected);
}

TEST(FeedJson, RefusesWhatIsNoPage) {
  const std::string good = golden("feed.v1.sample.json");
  const auto with = [&](const std::string& from, const std::string& to) {
    auto json = good;
    json.replace(json.find(from), from.size(), to);
    return json;
  };
  struct Broken {
    std::string json;
    std::string field;
  };
  const std::vector<Broken> table = {
      {"{}", "epoch"},
      {"[]", ""},
      {good.substr(0, good.size() - 1), ""},
      {with(R"("head":3)", R"("head":-1)"), "head"},
      {with(R"("head":3)", R"("head":1)"), "position"},
      {with(R"("position":2)", R"("position":1)"), "position"},
      {with(R"("position":1)", R"("position":0)"), "position"},
      {with("order_create", "product_put"), "type"},
      {with(R"("type":"order_create",)", ""), "type"},
      {with("2021-01-18T20:00:00.000001Z", "yesterday"), "accepted_at"},
      {with("0177174b-2c00-7a5e-8c1d-0f3a5b7c9d12", "1"), "event_id"},
      {with(R"("number":1)", R"("number":0)"), "number"},
      {with(R"("events":[)", R"("events":{},"x":[)"), "events"},
  };
  for (const auto& [json, field] : table) {
    SCOPED_TRACE(json);
    const auto page = parse_page<OrderPlaced>(json);
    ASSERT_FALSE(page);
    EXPECT_EQ(page.error().field, field);
  }
}

}  // namespace
}  // namespace orderly::events
