// What is accepted, and why not: given a body, when it is read, then …

#include "order/place_order.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace orderly::order {
namespace {

TEST(PlaceOrderTest, TakesWhatTheLabSends) {
  const auto command = parse_place_order(
      R"({"customer_id":"customer01", "product_id": "product00001", "number":1})");
  ASSERT_TRUE(command);
  EXPECT_EQ(command->customer_id.value, "customer01");
  EXPECT_EQ(command->product_id.value, "product00001");
  EXPECT_EQ(command->number, 1);
  EXPECT_FALSE(command->order_date);
}

TEST(PlaceOrderTest, TakesADateThatExists) {
  const auto command = parse_place_order(
      R"({"order_date":"2024-02-29","customer_id":"c","product_id":"p","number":1000000})");
  ASSERT_TRUE(command);
  EXPECT_EQ(command->order_date, parse_date("2024-02-29"));
}

struct Refusal {
  std::string body;
  std::string field;
  std::string code;
};

TEST(PlaceOrderTest, RefusesNamingTheField) {
  const auto with = [](const std::string& members) {
    return R"({"customer_id":"c","product_id":"p")" + members + "}";
  };
  const std::string longest(128, 'i');
  const std::vector<Refusal> table = {
      {"", "", "malformed_json"},
      {"[1]", "", "malformed_json"},
      {"{", "", "malformed_json"},
      {with(""), "number", "missing_field"},
      {with(R"(,"number":null)"), "number", "wrong_type"},
      {with(R"(,"number":"1")"), "number", "wrong_type"},
      {with(R"(,"number":1.0)"), "number", "wrong_type"},
      {with(R"(,"number":0)"), "number", "out_of_range"},
      {with(R"(,"number":-1)"), "number", "out_of_range"},
      {with(R"(,"number":1000001)"), "number", "out_of_range"},
      {with(R"(,"number":9999999999999999999)"), "number", "out_of_range"},
      {with(R"(,"number":1,"number":1)"), "number", "repeated_field"},
      {with(R"(,"number":1,"numbers":1)"), "numbers", "unknown_field"},
      {with(R"(,"number":1,"order_date":"2021-02-29")"), "order_date", "invalid_value"},
      {with(R"(,"number":1,"order_date":"2021/02/28")"), "order_date", "invalid_value"},
      {with(R"(,"number":1,"order_date":"")"), "order_date", "invalid_value"},
      {with(R"(,"number":1,"order_date":20210228)"), "order_date", "wrong_type"},
      {R"({"customer_id":"","product_id":"p","number":1})", "customer_id", "invalid_value"},
      {R"({"customer_id":7,"product_id":"p","number":1})", "customer_id", "wrong_type"},
      {R"({"customer_id":"a\nb","product_id":"p","number":1})", "customer_id", "invalid_value"},
      {R"({"customer_id":"c","product_id":")" + longest + R"(x","number":1})", "product_id",
       "invalid_value"},
      {R"({"product_id":"p","number":1})", "customer_id", "missing_field"},
  };
  for (const auto& [body, field, code] : table) {
    SCOPED_TRACE(body);
    const auto command = parse_place_order(body);
    ASSERT_FALSE(command);
    EXPECT_EQ(command.error().kind, ErrorKind::kInvalid);
    EXPECT_EQ(command.error().field, field);
    EXPECT_EQ(command.error().code, code);
  }
  EXPECT_TRUE(
      parse_place_order(R"({"customer_id":"c","product_id":")" + longest + R"(","number":1})"));
}

TEST(PlaceOrderTest, TheFingerprintIsOfTheCommandAndNotOfItsSpelling) {
  const auto print = [](const char* body) { return fingerprint_of(*parse_place_order(body)); };
  const auto one = print(R"({"customer_id":"c","product_id":"p","number":1})");
  EXPECT_EQ(one, print(R"({ "number" : 1, "product_id":"\u0070", "customer_id":"c" })"));
  EXPECT_NE(one, print(R"({"customer_id":"c","product_id":"p","number":2})"));
  EXPECT_NE(one, print(R"({"customer_id":"p","product_id":"c","number":1})"));
  EXPECT_NE(one, print(R"({"customer_id":"cp","product_id":"p","number":1})"));
  EXPECT_NE(one,
            print(R"({"customer_id":"c","product_id":"p","number":1,"order_date":"2021-01-18"})"));
}

}  // namespace
}  // namespace orderly::order
