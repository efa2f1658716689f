#include "product/routes.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "conformance/store_world.hpp"
#include "events/consistency_token.hpp"
#include "events/feed_json.hpp"
#include "json/value.hpp"
#include "product/sqlite/sqlite_product_store.hpp"

namespace orderly::product {
namespace {

using namespace std::chrono_literals;
using orderly::testing::SqliteStoreWorld;

constexpr const char* kBody =
    R"({"product_id":"product00001", "product_name":"Gaming Display", "unit_price": 500})";
constexpr const char* kAnswer =
    R"({"product_id":"product00001","product_name":"Gaming Display","unit_price":500})";

class ProductRoutesTest : public ::testing::Test {
 protected:
  ProductRoutesTest() { add_routes(router_, world_.loop(), world_.store()); }

  http::Response send(http::Request request) {
    return orderly::testing::run(world_, router_.dispatch(request));
  }
  http::Response post(std::string path, std::string body, std::string key = "") {
    http::Request request{.method = http::Method::kPost, .target = std::move(path)};
    request.headers.add("Content-Type", "application/json");
    if (!key.empty()) request.headers.add("Idempotency-Key", key);
    request.body = std::move(body);
    return send(std::move(request));
  }
  http::Response create(std::string body, std::string key = "") {
    return post("/api/v1/product/create", std::move(body), std::move(key));
  }
  http::Response get(std::string target) {
    return send({.method = http::Method::kGet, .target = std::move(target)});
  }
  static std::string code_of(const http::Response& response) {
    return std::string(json::Value::parse(response.body)->string_at("code").value_or(""));
  }

  telemetry::Metrics metrics_;
  http::Router router_{metrics_};
  SqliteStoreWorld<ProductStore, SqliteProductStore> world_;
};

TEST_F(ProductRoutesTest, CreatesUpdatesAndGetsAsTheLabPrints) {
  const auto created = create(kBody);
  EXPECT_EQ(created.status, 200);
  EXPECT_EQ(created.body, kAnswer);
  EXPECT_EQ(post("/api/v1/product/get", R"({"product_id":"product00001"})").body, kAnswer);
  EXPECT_EQ(create(R"({"product_id":"product00001","product_name":"New","unit_price":0})").status,
            200);
  EXPECT_EQ(post("/api/v1/product/get", R"({"product_id":"product00001"})").body,
            R"({"product_id":"product00001","product_name":"New","unit_price":0})");
}

TEST_F(ProductRoutesTest, AProductThatIsNotThereIsTheLabs404) {
  const auto response = post("/api/v1/product/get", R"({"product_id":"nothing"})");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.content_type, http::kJson);
  EXPECT_EQ(response.body, R"({"message":"The product does not exist."})");
}

TEST_F(ProductRoutesTest, TheTokenNamesTheVersion) {
  create(kBody);
  const auto response = create(kBody);
  const auto token =
      events::parse_token(response.headers.find(events::kConsistencyTokenHeader).value_or(""));
  ASSERT_TRUE(token);
  EXPECT_EQ(token->service, events::ConsistencyToken::Service::kProduct);
  EXPECT_EQ(token->position, 2);
  EXPECT_EQ(token->subject, "product00001");
}

TEST_F(ProductRoutesTest, AKeyMakesOneVersion) {
  EXPECT_EQ(create(kBody, "key").body, create(kBody, "key").body);
  const auto reused =
      create(R"({"product_id":"product00001","product_name":"New","unit_price":0})", "key");
  EXPECT_EQ(reused.status, 422);
  EXPECT_EQ(code_of(reused), "idempotency_key_reused");
  const auto page = events::parse_page<events::ProductPut>(get("/api/v1/product/events").body);
  ASSERT_TRUE(page);
  EXPECT_EQ(page->head, 1);
}

TEST_F(ProductRoutesTest, ListsPageByPage) {
  for (const std::string id : {"a", "b", "c"})
    create(R"({"product_id":")" + id + R"(","product_name":"N","unit_price":1})");
  const auto first = json::Value::parse(post("/api/v1/product/list", R"({"page_size":2})").body);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->find("products")->size(), 2U);
  const std::string token(first->string_at("next_page_token").value());
  const auto second = post("/api/v1/product/list", R"({"page_token":")" + token + "\"}");
  EXPECT_EQ(second.body, R"({"products":[{"product_id":"c","product_name":"N","unit_price":1}]})");
}

TEST_F(ProductRoutesTest, ABarrierAnswersWithThePositionThatAPriceIsFinalAt) {
  create(kBody);
  const auto now = format_rfc3339(world_.loop().utc_now());
  const auto closed = post("/api/v1/product/barrier", R"({"time":")" + now + "\"}");
  EXPECT_EQ(closed.status, 200);
  EXPECT_EQ(closed.body,
            R"({"epoch":")" + world_.store().epoch().to_string() + R"(","position":1})");

  const auto skewed = format_rfc3339(world_.loop().utc_now() + 11s);
  const auto refused = post("/api/v1/product/barrier", R"({"time":")" + skewed + "\"}");
  EXPECT_EQ(refused.status, 409);
  EXPECT_EQ(code_of(refused), "clock_skew");
  EXPECT_EQ(post("/api/v1/product/barrier", R"({"time":"soon"})").status, 400);
  EXPECT_EQ(post("/api/v1/product/barrier", "{}").status, 400);
}

TEST_F(ProductRoutesTest, ABadRequestMakesNoVersion) {
  EXPECT_EQ(create("{}").status, 400);
  EXPECT_EQ(post("/api/v1/product/get", R"({"product_id":""})").status, 400);
  EXPECT_EQ(post("/api/v1/product/list", R"({"page_size":0})").status, 400);
  EXPECT_EQ(world_.store().read_events({}, 1)->head, 0);
}

TEST_F(ProductRoutesTest, EveryPathAnswersUnderTheServicesPrefix) {
  EXPECT_EQ(post("/product-service-cqrs/api/v1/product/create", kBody).status, 200);
  EXPECT_EQ(
      post("/product-service-cqrs/api/v1/product/get", R"({"product_id":"product00001"})").body,
      kAnswer);
  EXPECT_EQ(get("/product-service-cqrs/api/v1/product/events").status, 200);
  EXPECT_EQ(json::Value::parse(get("/product-service-cqrs").body)->string_at("service"),
            kServiceName);
}

TEST_F(ProductRoutesTest, AFullDiskIs507AndChangesNothing) {
  create(kBody);
  world_.disk().set_capacity(0);
  EXPECT_EQ(create(R"({"product_id":"product00001","product_name":"New","unit_price":0})").status,
            507);
  EXPECT_EQ(post("/api/v1/product/get", R"({"product_id":"product00001"})").body, kAnswer);
  world_.disk().set_capacity(std::nullopt);
  EXPECT_EQ(create(kBody).status, 200);
}

}  // namespace
}  // namespace orderly::product
