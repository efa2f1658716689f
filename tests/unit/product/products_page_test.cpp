#include "product/products_page.hpp"

#include <gtest/gtest.h>

#include <string>

#include "json/value.hpp"

namespace orderly::product {
namespace {

TEST(ProductQueryTest, EverythingIsOptional) {
  const auto query = parse_product_query("{}");
  ASSERT_TRUE(query);
  EXPECT_EQ(*query, (ProductQuery{.text = "", .page_size = 100, .after = std::nullopt}));
}

TEST(ProductQueryTest, TheTokenOfAPageLeadsToTheNext) {
  const ProductPage page{.products = {{{"p1"}, "One", 1}}, .next_after = ProductId{"p1"}};
  const auto json = json::Value::parse(to_json(page));
  ASSERT_TRUE(json);
  const std::string token(json->string_at("next_page_token").value());
  const auto query =
      parse_product_query(R"({"query":"x","page_size":1000,"page_token":")" + token + "\"}");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->after, page.next_after);
  EXPECT_EQ(query->page_size, 1000U);
  EXPECT_EQ(query->text, "x");
}

TEST(ProductQueryTest, RefusesNamingTheField) {
  const std::pair<std::string, std::string> table[] = {
      {R"({"page_size":0})", "page_size"},
      {R"({"page_size":1001})", "page_size"},
      {R"({"page_size":"1"})", "page_size"},
      {R"({"page_token":""})", "page_token"},
      {R"({"page_token":"cDE"})", "page_token"},
      {R"({"page_token":"***"})", "page_token"},
      {R"({"page_token":"MQ"})", "page_token"},
      {R"({"query":1})", "query"},
      {R"({"queries":"x"})", "queries"},
      {R"({"query":")" + std::string(513, 'q') + "\"}", "query"}};
  for (const auto& [body, field] : table) {
    SCOPED_TRACE(body);
    const auto query = parse_product_query(body);
    ASSERT_FALSE(query);
    EXPECT_EQ(query.error().kind, ErrorKind::kInvalid);
    EXPECT_EQ(query.error().field, field);
  }
}

TEST(ProductPageTest, IsWrittenWithoutATokenWhereThereIsNoMore) {
  EXPECT_EQ(to_json({.products = {}, .next_after = std::nullopt}), R"({"products":[]})");
  EXPECT_EQ(to_json({.products = {{{"a"}, "A", 1}, {{"b"}, "B", 2}}, .next_after = std::nullopt}),
            R"({"products":[{"product_id":"a","product_name":"A","unit_price":1},)"
            R"({"product_id":"b","product_name":"B","unit_price":2}]})");
}

TEST(ProductMatchTest, IsPartOfIdOrNameInEitherCase) {
  EXPECT_TRUE(matches("", "p", "n"));
  EXPECT_TRUE(matches("DISP", "p", "Gaming Display"));
  EXPECT_TRUE(matches("Prod", "product00001", "n"));
  EXPECT_TRUE(matches("É", "p", "Écran"));
  EXPECT_FALSE(matches("pn", "p", "n"));
  EXPECT_FALSE(matches("[", "p", "{"));
}

}  // namespace
}  // namespace orderly::product
