// What is accepted, and why not: given a body, when it is read, then …

#include "product/put_product.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace orderly::product {
namespace {

TEST(PutProductTest, TakesWhatTheLabSends) {
  const auto command = parse_put_product(
      R"({"product_id":"product00001", "product_name":"Gaming Display", "unit_price": 500})");
  ASSERT_TRUE(command);
  EXPECT_EQ(command->product_id.value, "product00001");
  EXPECT_EQ(command->product_name, "Gaming Display");
  EXPECT_EQ(command->unit_price, 500);
}

TEST(PutProductTest, TakesTheLimits) {
  const auto free_one = parse_put_product(R"({"product_id":"p","product_name":")" +
                                          std::string(512, 'n') + R"(","unit_price":0})");
  ASSERT_TRUE(free_one);
  EXPECT_TRUE(parse_put_product(
      R"({"product_id":"p","product_name":"Écran 日本","unit_price":9000000000})"));
}

struct Refusal {
  std::string body;
  std::string field;
  std::string code;
};

TEST(PutProductTest, RefusesNamingTheField) {
  const auto with = [](const std::string& id, const std::string& name, const std::string& price) {
    return R"({"product_id":)" + id + R"(,"product_name":)" + name + R"(,"unit_price":)" + price +
           "}";
  };
  const std::vector<Refusal> table = {
      {"", "", "malformed_json"},
      {"{}", "product_id", "missing_field"},
      {with("1", "\"n\"", "1"), "product_id", "wrong_type"},
      {with("\"\"", "\"n\"", "1"), "product_id", "invalid_value"},
      {with("\"" + std::string(129, 'p') + "\"", "\"n\"", "1"), "product_id", "invalid_value"},
      {with("\"p\"", "\"\"", "1"), "product_name", "invalid_value"},
      {with("\"p\"", "\"" + std::string(513, 'n') + "\"", "1"), "product_name", "invalid_value"},
      {with("\"p\"", R"("a\u0000b")", "1"), "product_name", "invalid_value"},
      {with("\"p\"", "{}", "1"), "product_name", "wrong_type"},
      {with("\"p\"", "\"n\"", "-1"), "unit_price", "out_of_range"},
      {with("\"p\"", "\"n\"", "9000000001"), "unit_price", "out_of_range"},
      {with("\"p\"", "\"n\"", "5e2"), "unit_price", "wrong_type"},
      {with("\"p\"", "\"n\"", "true"), "unit_price", "wrong_type"},
      {with("\"p\"", "\"n\"", R"(1,"price":2)"), "price", "unknown_field"},
      {with("\"p\"", "\"n\"", R"(1,"unit_price":2)"), "unit_price", "repeated_field"},
  };
  for (const auto& [body, field, code] : table) {
    SCOPED_TRACE(body);
    const auto command = parse_put_product(body);
    ASSERT_FALSE(command);
    EXPECT_EQ(command.error().kind, ErrorKind::kInvalid);
    EXPECT_EQ(command.error().field, field);
    EXPECT_EQ(command.error().code, code);
  }
}

TEST(PutProductTest, TheFingerprintTellsCommandsApart) {
  const PutProduct one{{"p"}, "n", 1};
  EXPECT_EQ(fingerprint_of(one), fingerprint_of({{"p"}, "n", 1}));
  EXPECT_NE(fingerprint_of(one), fingerprint_of({{"p"}, "n", 2}));
  EXPECT_NE(fingerprint_of(one), fingerprint_of({{"p"}, "m", 1}));
  EXPECT_NE(fingerprint_of(one), fingerprint_of({{"n"}, "p", 1}));
}

}  // namespace
}  // namespace orderly::product
