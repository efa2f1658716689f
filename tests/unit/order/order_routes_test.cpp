#include "order/routes.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "conformance/store_world.hpp"
#include "events/consistency_token.hpp"
#include "events/feed_json.hpp"
#include "json/value.hpp"
#include "order/sqlite/sqlite_order_store.hpp"

namespace orderly::order {
namespace {

using orderly::testing::SqliteStoreWorld;

constexpr const char* kBody =
    R"({"customer_id":"customer01", "product_id": "product00001", "number":1})";

class OrderRoutesTest : public ::testing::Test {
 protected:
  OrderRoutesTest() { add_routes(router_, world_.loop(), world_.store()); }

  http::Response send(http::Request request) {
    return orderly::testing::run(world_, router_.dispatch(request));
  }
  http::Response create(std::string body, std::string key = "",
                        std::string path = "/api/v1/order/create") {
    http::Request request{.method = http::Method::kPost, .target = std::move(path)};
    request.headers.add("Content-Type", "application/json");
    if (!key.empty()) request.headers.add("Idempotency-Key", key);
    request.body = std::move(body);
    request.trace = *TraceContext::parse("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
    return send(std::move(request));
  }
  http::Response get(std::string target) {
    return send({.method = http::Method::kGet, .target = std::move(target)});
  }
  events::FeedPage<events::OrderPlaced> feed() {
    return events::parse_page<events::OrderPlaced>(get("/api/v1/order/events").body).value();
  }

  telemetry::Metrics metrics_;
  http::Router router_{metrics_};
  SqliteStoreWorld<OrderStore, SqliteOrderStore> world_;
};

TEST_F(OrderRoutesTest, AnswersAsTheLabPrints) {
  const auto response = create(kBody);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.content_type, http::kJson);
  const auto json = json::Value::parse(response.body);
  ASSERT_TRUE(json);
  const auto id = json->string_at("order_id");
  ASSERT_TRUE(id);
  EXPECT_EQ(response.body,
            R"({"customer_id":"customer01","number":1,"order_date":"2021-01-18","order_id":")" +
                std::string(*id) + R"(","product_id":"product00001"})");
}

TEST_F(OrderRoutesTest, TheTokenNamesTheOrderAndItsPlace) {
  const auto response = create(kBody);
  const auto token =
      events::parse_token(response.headers.find(events::kConsistencyTokenHeader).value_or(""));
  ASSERT_TRUE(token);
  EXPECT_EQ(token->service, events::ConsistencyToken::Service::kOrder);
  EXPECT_EQ(token->position, 1);
  EXPECT_EQ(token->epoch, feed().epoch);
  EXPECT_EQ(token->subject, *json::Value::parse(response.body)->string_at("order_id"));
}

TEST_F(OrderRoutesTest, TheTraceOfTheRequestIsRecorded) {
  create(kBody);
  EXPECT_EQ(feed().events.at(0).trace.to_string(),
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
}

TEST_F(OrderRoutesTest, AKeyAnswersTheSameToTheByte) {
  const auto first = create(kBody, "k 1");
  const auto again =
      create(R"({"number":1,"product_id":"product00001","customer_id":"customer01"})", "k 1");
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.headers.find(events::kConsistencyTokenHeader),
            first.headers.find(events::kConsistencyTokenHeader));
  EXPECT_EQ(feed().head, 1);

  const auto reused = create(R"({"customer_id":"c","product_id":"p","number":2})", "k 1");
  EXPECT_EQ(reused.status, 422);
  EXPECT_EQ(json::Value::parse(reused.body)->string_at("code"), "idempotency_key_reused");
  EXPECT_EQ(feed().head, 1);
}

TEST_F(OrderRoutesTest, ABadRequestIsNoEventAndUsesUpNoKey) {
  const auto refused = create(R"({"customer_id":"c","product_id":"p","number":0})", "key");
  EXPECT_EQ(refused.status, 400);
  EXPECT_EQ(refused.content_type, http::kProblemJson);
  EXPECT_EQ(json::Value::parse(refused.body)->string_at("field"), "number");
  EXPECT_EQ(feed().head, 0);
  EXPECT_EQ(create(kBody, "key").status, 200);
}

TEST_F(OrderRoutesTest, AKeyMustBePrintableAndShort) {
  EXPECT_EQ(create(kBody, std::string(255, 'k')).status, 200);
  for (const auto& key : {std::string(256, 'k'), std::string("k\xc3\xa9y")}) {
    const auto refused = create(kBody, key);
    EXPECT_EQ(refused.status, 400);
    EXPECT_EQ(json::Value::parse(refused.body)->string_at("field"), "Idempotency-Key");
  }
  EXPECT_EQ(feed().head, 1);
}

TEST_F(OrderRoutesTest, EveryPathAnswersUnderTheServicesPrefix) {
  EXPECT_EQ(create(kBody, "", "/order-service-cqrs/api/v1/order/create").status, 200);
  EXPECT_EQ(get("/order-service-cqrs/api/v1/order/events").status, 200);
  const auto home = get("/order-service-cqrs");
  EXPECT_EQ(home.status, 200);
  EXPECT_EQ(json::Value::parse(home.body)->string_at("service"), kServiceName);
  EXPECT_EQ(get("/").status, 404) << "the root is the shop's";
}

TEST_F(OrderRoutesTest, AFullDiskIs507AndNothingElseIsLost) {
  create(kBody);
  world_.disk().set_capacity(0);
  EXPECT_EQ(create(kBody, "key").status, 507);
  EXPECT_EQ(feed().head, 1) << "reads go on";
  world_.disk().set_capacity(std::nullopt);
  EXPECT_EQ(create(kBody, "key").status, 200);
  EXPECT_EQ(feed().head, 2);
}

}  // namespace
}  // namespace orderly::order
