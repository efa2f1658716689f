// The JSON of events: what is written stands in api/events, what is read is strict about known
// members and blind to others.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "events/orders.hpp"
#include "events/products.hpp"
#include "json/reader.hpp"
#include "json/value.hpp"
#include "unit/events/golden.hpp"

namespace orderly::events {
namespace {

using orderly::testing::golden;

OrderPlaced sample_order() {
  return {.order_id = {"0177174b-2c00-7a5e-8c1d-0f3a5b7c9d11"},
          .customer_id = {"customer01"},
          .product_id = {"product00001"},
          .number = 1,
          .order_date = *parse_date("2021-01-18")};
}

OrderInfoPut sample_row() {
  return {.info = {.order_id = {"0177174b-2c00-7a5e-8c1d-0f3a5b7c9d11"},
                   .customer_id = {"customer01"},
                   .product_id = {"product00001"},
                   .product_name = "Écran \"4K\"",
                   .number = 3,
                   .unit_price = 500,
                   .total_price = 1500,
                   .order_date = *parse_date("2021-01-18")},
          .replaces = false};
}

template <class Event>
std::string json_of(const Event& event) {
  std::string out;
  append_json(out, event);
  return out;
}

TEST(EventCodec, WritesAndReadsTheGoldenSamples) {
  EXPECT_EQ(json_of(sample_order()), golden("order_create.v1.sample.json"));
  EXPECT_EQ(parse_order_placed(golden("order_create.v1.sample.json")), sample_order());

  const ProductPut product{{"product00001"}, "Gaming Display", 500};
  EXPECT_EQ(json_of(product), golden("product_put.v1.sample.json"));
  EXPECT_EQ(parse_product_put(golden("product_put.v1.sample.json")), product);

  auto row = sample_row();
  EXPECT_EQ(json_of(row), golden("orderinfo_put.v1.sample.json"));
  EXPECT_EQ(json_of(row.info), golden("orderinfo_put.v1.sample.json"));
  EXPECT_EQ(parse_order_info_put(golden("orderinfo_put.v1.sample.json")), row);
  row.replaces = true;
  EXPECT_EQ(json_of(row), golden("orderinfo_put.v1.replaces.sample.json"));
  EXPECT_EQ(parse_order_info_put(golden("orderinfo_put.v1.replaces.sample.json")), row);
}

TEST(EventCodec, SamplesHaveTheMembersThatTheirSchemasName) {
  const std::pair<const char*, const char*> pairs[] = {
      {"order_create.v1", "order_create.v1.sample.json"},
      {"product_put.v1", "product_put.v1.sample.json"},
      {"orderinfo_put.v1", "orderinfo_put.v1.sample.json"},
      {"orderinfo_put.v1", "orderinfo_put.v1.replaces.sample.json"}};
  for (const auto& [event, file] : pairs) {
    SCOPED_TRACE(file);
    const auto schema = json::Value::parse(golden(std::string(event) + ".schema.json"));
    const auto sample = json::Value::parse(golden(file));
    ASSERT_TRUE(schema);
    ASSERT_TRUE(sample);
    const auto required = schema->find("required");
    ASSERT_TRUE(required);
    EXPECT_GT(required->size(), 0U);
    for (std::size_t i = 0; i < required->size(); ++i)
      EXPECT_TRUE(sample->find(*required->at(i).as_string()));
    sample->for_each_member([&](std::string_view key, const json::Value&) {
      EXPECT_TRUE(schema->find("properties")->find(key)) << key;
    });
  }
}

TEST(EventCodec, IgnoresWhatItDoesNotKnow) {
  const auto read = parse_order_placed(
      R"({"colour":{"a":[1]},"product_id":"p","order_id":"o","order_date":"2024-02-29",)"
      R"("number":1000000,"customer_id":"c"})");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->number, kMaxNumber);
  EXPECT_EQ(read->order_date, *parse_date("2024-02-29"));
}

struct Broken {
  std::string json;
  std::string field;
  std::string code;
};

TEST(EventCodec, NamesTheMemberThatCannotBeTaken) {
  const auto order = [](const std::string& member) {
    return R"({"customer_id":"c","number":1,"order_date":"2021-01-18","order_id":"o",)"
           R"("product_id":"p",)" +
           member + "}";
  };
  const std::string too_long(129, 'x');
  const std::vector<Broken> table = {
      {"", "", "malformed_json"},
      {"[]", "", "malformed_json"},
      {"3", "", "malformed_json"},
      {R"({"number":1})", "order_id", "missing_field"},
      {order(R"("number":"1")"), "number", "wrong_type"},
      {order(R"("number":1.0)"), "number", "wrong_type"},
      {order(R"("number":0)"), "number", "out_of_range"},
      {order(R"("number":1000001)"), "number", "out_of_range"},
      {order(R"("order_date":"2021-02-29")"), "order_date", "invalid_value"},
      {order(R"("order_date":20210118)"), "order_date", "wrong_type"},
      {order(R"("customer_id":null)"), "customer_id", "wrong_type"},
      {order(R"("customer_id":"")"), "customer_id", "invalid_value"},
      {order(R"("product_id":"a\u0007")"), "product_id", "invalid_value"},
      {order(R"("product_id":")" + too_long + "\""), "product_id", "invalid_value"},
  };
  for (const auto& [json, field, code] : table) {
    SCOPED_TRACE(json);
    const auto read = parse_order_placed(json);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, ErrorKind::kInvalid);
    EXPECT_EQ(read.error().field, field);
    EXPECT_EQ(read.error().code, code);
    EXPECT_FALSE(read.error().message.empty());
  }
}

TEST(EventCodec, ARowsTotalIsItsNumberTimesItsPrice) {
  auto row = sample_row();
  row.info.total_price = 1501;
  const auto read = parse_order_info_put(json_of(row));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().field, "total_price");
}

TEST(EventCodec, TheDearestOrderIsExactInEveryClient) {
  auto row = sample_row();
  row.info.number = kMaxNumber;
  row.info.unit_price = kMaxUnitPrice;
  row.info.total_price = kMaxNumber * kMaxUnitPrice;
  EXPECT_LT(row.info.total_price, std::int64_t{1} << 53);
  EXPECT_EQ(parse_order_info_put(json_of(row)), row);
}

std::string printable() {
  const auto text = *rc::gen::container<std::string>(rc::gen::inRange<char>(0x20, 0x7f));
  return (text + "x").substr(0, kMaxIdBytes);
}

RC_GTEST_PROP(EventCodecProperty, WhatIsWrittenIsReadAgain, ()) {
  const OrderPlaced order{
      .order_id = {printable()},
      .customer_id = {printable()},
      .product_id = {printable()},
      .number = *rc::gen::inRange<std::int64_t>(1, kMaxNumber + 1),
      .order_date = *parse_date("0001-01-01") + std::chrono::days(*rc::gen::inRange(0, 3'652'059))};
  RC_ASSERT((parse_order_placed(json_of(order)).value() == order));
  const ProductPut product{.product_id = {printable()},
                           .product_name = printable(),
                           .unit_price = *rc::gen::inRange<std::int64_t>(0, kMaxUnitPrice + 1)};
  RC_ASSERT((parse_product_put(json_of(product)).value() == product));
}

}  // namespace
}  // namespace orderly::events
