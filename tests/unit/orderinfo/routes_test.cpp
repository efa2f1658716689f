#include "orderinfo/routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.hpp"
#include "unit/orderinfo/pipeline.hpp"

namespace orderly::orderinfo::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

class OrderInfoRoutes : public ::testing::Test, protected Pipeline {
 protected:
  OrderInfoRoutes() {
    add_routes(router_, {.server_loop = loop,
                         .projector_loop = loop,
                         .store = *store,
                         .projector = *projector,
                         .visibility = visibility_,
                         .streams = streams_});
    products.put("p1", 500, at(1));
    order_ = place("p1", 10);
  }
  ~OrderInfoRoutes() override { run(loop, watch_.stop()); }

  using Fields = std::vector<std::pair<std::string, std::string>>;
  http::Response post(const std::string& path, const std::string& body, const Fields& fields = {}) {
    http::Request request;
    request.method = http::Method::kPost;
    request.target = path;
    request.headers.add("Content-Type", "application/json");
    for (const auto& [name, value] : fields)
      request.headers.add(name, value);
    request.body = body;
    return run(loop, router_.dispatch(request));
  }
  http::Response get(const std::string& target) {
    http::Request request;
    request.target = target;
    return run(loop, router_.dispatch(request));
  }
  [[nodiscard]] std::string query() const {
    return R"({"customer_id":"c1","order_id":")" + order_.data.order_id.value + R"("})";
  }
  [[nodiscard]] std::string row() const {
    return R"({"customer_id":"c1","number":2,"order_date":"2021-01-18","order_id":")" +
           order_.data.order_id.value +
           R"(","product_id":"p1","product_name":"v1","total_price":1000,"unit_price":500})";
  }

  http::Router router_{*metrics};
  ChangeWatch watch_{loop, *store, projector->news()};
  Visibility visibility_{loop, *store, watch_, *metrics};
  OrderStreams streams_{loop, *store, watch_, *metrics};
  OrderEvent order_;
};

constexpr const char* kGet = "/api/v1/orderinfo/get";
constexpr const char* kList = "/api/v1/orderinfo/list";
constexpr const char* kPubsub = "/api/v1/orderinfo/pubsub";

TEST_F(OrderInfoRoutes, GetAnswersWithTheJoinedOrder) {
  settle();
  const auto response = post(kGet, query());
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, row());
  EXPECT_THAT(response.headers.find("Orderly-Position"), Optional(std::string_view("1")));
  EXPECT_TRUE(response.headers.find("Orderly-Lag-Ms"));
  EXPECT_EQ(post("/orderinfo-service-cqrs/api/v1/orderinfo/get", query()).body, row());
}

TEST_F(OrderInfoRoutes, GetAnswersExactlyAsTheLabWhereThereIsNoOrder) {
  const auto response = post(kGet, query());
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, R"({"message":"The order does not exist."})");
  EXPECT_FALSE(response.headers.find("Orderly-Lag-Ms")) << "the head is not known yet";
  settle();
  EXPECT_EQ(post(kGet, R"({"customer_id":"c2","order_id":")" + order_.data.order_id.value + R"("})")
                .status,
            404);
}

TEST_F(OrderInfoRoutes, GetWaitsForTheOrderAndThenAnswersAsItStands) {
  const auto began = loop.steady_now();
  EXPECT_EQ(post(kGet, query(), {{"Prefer", "wait=5"}}).status, 404);
  EXPECT_EQ(loop.steady_now() - began, std::chrono::seconds(5));
}

TEST_F(OrderInfoRoutes, ATokenIsHonoured) {
  const auto token = events::encode_token({.service = events::ConsistencyToken::Service::kOrder,
                                           .epoch = kOrderEpoch,
                                           .position = 1,
                                           .subject = order_.data.order_id.value});
  const std::string list = R"({"customer_id":"c1","order_date":"2021"})";
  for (const auto& [path, body] : {std::pair{kGet, query()}, std::pair{kList, list}}) {
    const auto refused = post(path, body, {{"Consistency-Token", token}});
    EXPECT_EQ(refused.status, 503) << path;
    EXPECT_TRUE(refused.headers.find("Retry-After")) << path;
    EXPECT_THAT(refused.body, HasSubstr(R"("code":"not_visible_yet")"));
    const auto lenient =
        post(path, body, {{"Consistency-Token", token}, {"Prefer", "handling=lenient"}});
    EXPECT_EQ(lenient.status, path == kGet ? 404 : 200) << path;
  }
  settle();
  EXPECT_EQ(post(kGet, query(), {{"Consistency-Token", token}}).body, row());
  EXPECT_EQ(post(kGet, query(), {{"Consistency-Token", "nonsense"}}).status, 400);
  EXPECT_EQ(
      post(kGet, query(), {{"Consistency-Token", token}, {"Consistency-Token", token}}).status,
      400);
  const auto old = events::encode_token({.service = events::ConsistencyToken::Service::kOrder,
                                         .epoch = uuid(0x01, 9),
                                         .position = 1,
                                         .subject = order_.data.order_id.value});
  EXPECT_EQ(post(kGet, query(), {{"Consistency-Token", old}}).status, 409);
}

TEST_F(OrderInfoRoutes, AListThatIsAskedForAgainHasWhatHasComeSince) {
  const std::string list = R"({"customer_id":"c1","order_date":"2021"})";
  EXPECT_THAT(post(kList, list).body, HasSubstr(R"("orders":[])"));
  settle();
  EXPECT_THAT(post(kList, list).body, HasSubstr("[" + row() + "]"));
  const auto second = place("p1", 11);
  EXPECT_THAT(post(kList, list).body, ::testing::Not(HasSubstr(second.data.order_id.value)));
  settle();
  EXPECT_THAT(post(kList, list).body,
              AllOf(HasSubstr(row()), HasSubstr(second.data.order_id.value)));
  orders.replace_all({order_});  // a history without the second
  settle();
  EXPECT_THAT(post(kList, list).body, HasSubstr("[" + row() + "]"));
}

TEST_F(OrderInfoRoutes, AListThatIsGivenAgainHasTheAgeOfTheMoment) {
  const std::string list = R"({"customer_id":"c1","order_date":"2021"})";
  settle();
  const auto first = post(kList, list);
  auto others = order_event(2, "p1");
  others.data.customer_id = {"c2"};
  orders.append(others);
  settle();
  const auto again = post(kList, list);
  EXPECT_EQ(again.body, first.body);
  EXPECT_THAT(first.headers.find("Orderly-Position"), Optional(std::string_view("1")));
  EXPECT_THAT(again.headers.find("Orderly-Position"), Optional(std::string_view("2")));
}

TEST_F(OrderInfoRoutes, ListEchoesTheDateAndGoesPageByPage) {
  place("p1", 11);
  settle();
  const auto first = post(kList, R"({"customer_id":"c1","order_date":"2021/01","page_size":1})");
  EXPECT_EQ(first.status, 200);
  EXPECT_THAT(first.body, HasSubstr(R"({"order_date":"2021/01","orders":[)" + row() + "]"));
  constexpr std::string_view kToken = R"("next_page_token":")";
  const auto at_token = first.body.find(kToken);
  ASSERT_NE(at_token, std::string::npos);
  const auto begins = at_token + kToken.size();
  const auto token = first.body.substr(begins, first.body.find('"', begins) - begins);
  const auto second =
      post(kList, R"({"customer_id":"c1","order_date":"2021-01","page_token":")" + token + R"("})");
  EXPECT_EQ(second.status, 200);
  EXPECT_THAT(second.body, HasSubstr(orders.all()[1].data.order_id.value));
  EXPECT_THAT(second.body, ::testing::Not(HasSubstr("next_page_token")));
  EXPECT_TRUE(second.headers.find("Orderly-Position"));
}

TEST_F(OrderInfoRoutes, APushIsAppliedBeforeItIsAcknowledged) {
  const auto body = events::encode_push({.message = events::to_message(kOrderEpoch, order_),
                                         .subscription = "projects/p/subscriptions/s",
                                         .delivery_attempt = 0});
  const auto response = post(kPubsub, body);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(post(kGet, query()).body, row());
  EXPECT_EQ(post(kPubsub, body).status, 200);
  EXPECT_EQ(store->progress().head, 1);
}

TEST_F(OrderInfoRoutes, APushThatIsNoPushRequestIsRefused) {
  for (const char* body :
       {"", "{", "[]", "{}", R"({"message":7})", R"({"message":{"data":"not base64!"}})"}) {
    EXPECT_EQ(post(kPubsub, body).status, 400) << body;
  }
  EXPECT_EQ(store->progress(), Progress{});
}

TEST_F(OrderInfoRoutes, APushThatCanNeverBeAppliedIsKeptAndAcknowledged) {
  const std::string data = base64_encode(R"({"order_id":"o1"})");
  const std::string push = R"({"message":{"messageId":"7","data":")" + data +
                           R"(","attributes":{"event_type":"order_create"}}})";
  EXPECT_EQ(post(kPubsub, push).status, 200);
  EXPECT_EQ(store->progress().dead_letters, 1);
  EXPECT_EQ(
      post(kPubsub, R"({"message":{"messageId":"8","attributes":{"event_type":"x"}}})").status,
      200);
  EXPECT_EQ(store->progress().dead_letters, 1) << "an unknown type is only counted";
}

TEST_F(OrderInfoRoutes, APushIsToBeTriedAgainWhileTheProductServiceIsAway) {
  products.log.available = false;
  const auto body = events::encode_push({.message = events::to_message(kOrderEpoch, order_),
                                         .subscription = {},
                                         .delivery_attempt = 0});
  const auto response = post(kPubsub, body);
  EXPECT_EQ(response.status, 503);
  EXPECT_TRUE(response.headers.find("Retry-After"));
  EXPECT_EQ(store->standing(order_.data.order_id), Standing::kUnknown);
}

TEST_F(OrderInfoRoutes, ChangesServeTheLog) {
  settle();
  const auto response = get("/api/v1/orderinfo/changes?after=0");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr(R"("type":"orderinfo_put")"));
  EXPECT_THAT(response.body, HasSubstr(row()));
  EXPECT_EQ(get("/api/v1/orderinfo/changes?after=7").status, 409);
}

TEST_F(OrderInfoRoutes, TheServiceSaysWhatItIs) {
  const auto response = get("/orderinfo-service-cqrs");
  EXPECT_EQ(response.status, 200);
  EXPECT_THAT(response.body, HasSubstr("orderinfo-service-cqrs"));
  EXPECT_EQ(get("/").status, 404) << "that is the shop";
}

}  // namespace
}  // namespace orderly::orderinfo::testing
