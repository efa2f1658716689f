#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../runtime/run_task.hpp"
#include "http/base_url.hpp"
#include "http/prefer.hpp"
#include "http/problem.hpp"
#include "http/query.hpp"
#include "http/router.hpp"

namespace orderly::http {
namespace {

using namespace std::chrono_literals;
using orderly::testing::run_task;
using orderly::testing::SimClock;
using orderly::testing::SimLoop;
using ::testing::HasSubstr;

Request request_of(Method method, std::string target, std::string body = {}) {
  Request request;
  request.method = method;
  request.target = std::move(target);
  request.headers.add("Host", "localhost:8080");
  if (!body.empty()) request.headers.add("Content-Type", "application/json");
  request.body = std::move(body);
  return request;
}

runtime::Task<Response> target_of(const Request& request) {
  co_return Response::text(request.target);
}

class RouterTest : public ::testing::Test {
 protected:
  Response ask(const Request& request) { return run_task(loop_, router_.dispatch(request)); }
  Response ask(Method method, std::string target, std::string body = {}) {
    return ask(request_of(method, std::move(target), std::move(body)));
  }

  SimClock clock_{UtcTime{std::chrono::hours(24 * 20'000)}};
  SimLoop loop_{clock_};
  telemetry::Metrics metrics_;
  Router router_{metrics_};
};

TEST_F(RouterTest, PathsAreExactAndAnswerUnderTheirPrefixToo) {
  router_.post("/api/v1/order/create", {.service = "order-service-cqrs"}, target_of);
  EXPECT_EQ(ask(Method::kPost, "/api/v1/order/create").status, 200);
  EXPECT_EQ(ask(Method::kPost, "/api/v1/order/create?x=%20").status, 200);
  EXPECT_EQ(ask(Method::kPost, "/order-service-cqrs/api/v1/order/create").status, 200);
  EXPECT_EQ(ask(Method::kPost, "/api/v1/%6frder/create").status, 200);
  for (const char* none : {"/", "/api/v1/order/create/", "/api/v1/order", "/API/v1/order/create",
                           "/product-service-cqrs/api/v1/order/create"}) {
    EXPECT_EQ(ask(Method::kPost, none).status, 404) << none;
  }
  EXPECT_EQ(ask(Method::kPost, "/api/v1/%zz").status, 400);
}

TEST_F(RouterTest, PathsAreUtf8SoThatAnswersThatRepeatThemAreJson) {
  router_.add(Method::kGet, "/v1/things/{thing}", {.errors = ErrorFormat::kGoogle},
              PathHandler([](const Request&, PathParameters parameters) -> runtime::Task<Response> {
                co_return Response::text(parameters.at("thing"));
              }));
  EXPECT_EQ(ask(Method::kGet, "/v1/things/caf%C3%A9").content(), "caf\xc3\xa9");
  for (const char* broken : {"/v1/things/\x8a", "/v1/things/%8A", "/\xff"}) {
    const Response answer = ask(Method::kGet, broken);
    EXPECT_EQ(answer.status, 400) << broken;
    EXPECT_THAT(answer.content(), HasSubstr("malformed_target")) << broken;
  }
}

TEST_F(RouterTest, TheRootOfAServiceAnswersWithAndWithoutItsSlash) {
  router_.get("/", {.service = "order-service-cqrs", .prefixed_only = true}, target_of);
  EXPECT_EQ(ask(Method::kGet, "/order-service-cqrs").status, 200);
  EXPECT_EQ(ask(Method::kGet, "/order-service-cqrs/").status, 200);
  EXPECT_EQ(ask(Method::kGet, "/").status, 404);
}

TEST_F(RouterTest, WrongMethodsAreToldTheRightOnes) {
  router_.get("/x", {}, target_of);
  router_.post("/y", {}, target_of);
  EXPECT_EQ(ask(Method::kHead, "/x").status, 200);
  const Response refused = ask(Method::kPost, "/x");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers.find("allow"), "GET, HEAD");
  EXPECT_EQ(ask(Method::kGet, "/y").headers.find("Allow"), "POST");
  EXPECT_EQ(ask(Method::kOther, "/y").status, 405);
}

TEST_F(RouterTest, BodiesAreJson) {
  router_.post("/x", {}, target_of);
  router_.post("/any", {.requires_json = false}, target_of);
  const auto with_type = [&](const std::string& path, const char* type) {
    Request request = request_of(Method::kPost, path);
    request.body = "{}";
    if (type != nullptr) request.headers.add("Content-Type", type);
    return ask(request).status;
  };
  for (const char* good : {"application/json", "application/json; charset=utf-8",
                           "APPLICATION/JSON;charset=UTF-8", "application/json ;x=y"}) {
    EXPECT_EQ(with_type("/x", good), 200) << good;
  }
  for (const char* bad : {"text/plain", "application/x-www-form-urlencoded", "application/jsonp",
                          "", "application/problem+json"}) {
    EXPECT_EQ(with_type("/x", bad), 415) << bad;
  }
  EXPECT_EQ(with_type("/x", nullptr), 415);

  const auto encoded = [&](std::string_view encoding) {
    auto request = request_of(Method::kPost, "/x", "{}");
    request.headers.add("Content-Encoding", encoding);
    return ask(request).status;
  };
  EXPECT_EQ(encoded("gzip"), 415);
  EXPECT_EQ(encoded("Identity"), 200);
  EXPECT_EQ(with_type("/any", "text/plain"), 200);
  EXPECT_EQ(ask(Method::kPost, "/x").status, 200) << "no body, nothing to refuse";
}

TEST_F(RouterTest, BodiesAreBounded) {
  router_.post("/x", {.max_body_bytes = 4}, target_of);
  EXPECT_EQ(ask(Method::kPost, "/x", "1234").status, 200);
  EXPECT_EQ(ask(Method::kPost, "/x", "12345").status, 413);
}

struct Caller {
  bool from_loopback;
  const char* host;
  const char* origin;
  int status;
};

class LoopbackOnlyTest : public RouterTest, public ::testing::WithParamInterface<Caller> {};

TEST_P(LoopbackOnlyTest, AnswersThisMachineAlone) {
  router_.post("/admin", {.loopback_only = true}, target_of);
  Request request;
  request.method = Method::kPost;
  request.target = "/admin";
  request.from_loopback = GetParam().from_loopback;
  if (GetParam().host != nullptr) request.headers.add("Host", GetParam().host);
  if (GetParam().origin != nullptr) request.headers.add("Origin", GetParam().origin);
  EXPECT_EQ(ask(request).status, GetParam().status);
}

INSTANTIATE_TEST_SUITE_P(
    Table, LoopbackOnlyTest,
    ::testing::Values(
        Caller{true, "127.0.0.1:8080", nullptr, 200}, Caller{true, "localhost", nullptr, 200},
        Caller{true, "LOCALHOST:1", nullptr, 200}, Caller{true, "[::1]:8080", nullptr, 200},
        Caller{true, "localhost:8080", "http://localhost:8080", 200},
        Caller{false, "localhost", nullptr, 403}, Caller{true, nullptr, nullptr, 403},
        Caller{true, "", nullptr, 403}, Caller{true, "shop.example", nullptr, 403},
        Caller{true, "127.0.0.1.evil.example", nullptr, 403},
        Caller{true, "localhost.evil.example", nullptr, 403},
        Caller{true, "localhost:8080", "http://evil.example", 403},
        Caller{true, "localhost:8080", "http://localhost:9090", 403},
        Caller{true, "localhost:8080", "null", 403}, Caller{true, "localhost:8080", "", 403}));

class HandedOnTest : public RouterTest,
                     public ::testing::WithParamInterface<std::pair<const char*, const char*>> {};

// A proxy on the same machine makes every caller look local.
TEST_P(HandedOnTest, IsNotLocal) {
  router_.post("/admin", {.loopback_only = true}, target_of);
  router_.post("/open", {}, target_of);
  Request request;
  request.method = Method::kPost;
  request.target = "/admin";
  request.headers.add("Host", "localhost");
  EXPECT_EQ(ask(request).status, 200);
  request.headers.add(GetParam().first, GetParam().second);
  const Response refused = ask(request);
  EXPECT_EQ(refused.status, 403);
  EXPECT_THAT(refused.body, HasSubstr("loopback_only"));
  request.target = "/open";
  EXPECT_EQ(ask(request).status, 200);
}

INSTANTIATE_TEST_SUITE_P(Headers, HandedOnTest,
                         ::testing::Values(std::pair("X-Forwarded-For", "203.0.113.7"),
                                           std::pair("x-forwarded-for", ""),
                                           std::pair("Forwarded", "for=203.0.113.7"),
                                           std::pair("Via", "1.1 proxy"),
                                           std::pair("X-Real-IP", "203.0.113.7"),
                                           std::pair("Sec-Fetch-Site", "cross-site")));

TEST_F(RouterTest, ABrowserOfTheSameOriginIsLocal) {
  router_.get("/admin", {.loopback_only = true}, target_of);
  for (const char* site : {"same-origin", "none"}) {
    Request request;
    request.target = "/admin";
    request.headers.add("Host", "localhost");
    request.headers.add("Sec-Fetch-Site", site);
    EXPECT_EQ(ask(request).status, 200) << site;
  }
}

TEST_F(RouterTest, ATreeAnswersBelowItsRootWhereNothingElseIs) {
  router_.get("/desk", {.whole_tree = true}, target_of);
  router_.get("/desk/exact", {},
              [](const Request&) -> runtime::Task<Response> { co_return Response::text("exact"); });
  for (const char* path : {"/desk", "/desk/", "/desk/a/b/c", "/d%65sk/a"}) {
    EXPECT_EQ(ask(Method::kGet, path).status, 200) << path;
  }
  EXPECT_EQ(ask(Method::kGet, "/desk/exact").body, "exact");
  EXPECT_EQ(ask(Method::kPost, "/desk/a").status, 405);
  for (const char* path : {"/desks", "/des", "/", "/a/desk"}) {
    EXPECT_EQ(ask(Method::kGet, path).status, 404) << path;
  }
}

TEST_F(RouterTest, CountsByRouteAndStatus) {
  router_.get("/x", {}, target_of);
  const auto matched = router_.match(request_of(Method::kGet, "/x"), 0);
  matched.route->count(200, 3ms);
  matched.route->count(404, 1ms);
  const std::string text = metrics_.expose();
  EXPECT_THAT(text,
              HasSubstr(R"(orderly_http_requests_total{method="GET",route="/x",status="200"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(orderly_http_request_seconds_count{method="GET",route="/x"} 2)"));
}

TEST(ProblemTest, EveryKindHasItsStatus) {
  const std::vector<std::pair<ErrorKind, int>> table{
      {ErrorKind::kInvalid, 400},          {ErrorKind::kNotFound, 404},
      {ErrorKind::kConflict, 409},         {ErrorKind::kIdempotencyKeyReused, 422},
      {ErrorKind::kTooLarge, 413},         {ErrorKind::kUnsupportedMediaType, 415},
      {ErrorKind::kMethodNotAllowed, 405}, {ErrorKind::kForbidden, 403},
      {ErrorKind::kOverloaded, 429},       {ErrorKind::kUnavailable, 503},
      {ErrorKind::kStorageFull, 507}};
  for (const auto& [kind, status] : table) {
    const Response response = problem(Error{kind, "code", "Message.", ""});
    EXPECT_EQ(response.status, status);
    EXPECT_EQ(response.headers.find("Retry-After").has_value(),
              status == 429 || status == 503 || status == 507);
    EXPECT_NE(reason_phrase(status), "Unknown");
  }
}

TEST(ProblemTest, IsRfc9457WithTheLabsMessage) {
  const Response response =
      problem(Error{ErrorKind::kInvalid, "out_of_range", "number must be \"small\".", "number"});
  EXPECT_EQ(response.content_type, "application/problem+json");
  EXPECT_EQ(response.body,
            R"({"type":"about:blank","title":"Bad Request","status":400,)"
            R"("detail":"number must be \"small\".","message":"number must be \"small\".",)"
            R"("code":"out_of_range","field":"number"})");
}

TEST(ProblemTest, TheLabs404IsExact) {
  const Response response = lab_not_found("The order does not exist.");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.content_type, "application/json");
  EXPECT_EQ(response.body, R"({"message":"The order does not exist."})");
}

TEST(ProblemTest, RetryAfterIsWholeSecondsUpwards) {
  EXPECT_EQ(problem(Unavailable("x", 1ms)).headers.find("Retry-After"), "1");
  EXPECT_EQ(problem(Unavailable("x", 1001ms)).headers.find("Retry-After"), "2");
  EXPECT_EQ(problem(StorageFull("x")).status, 507);
}

struct PreferCase {
  std::vector<const char*> headers;
  std::optional<std::chrono::seconds> wait;
  bool lenient;
};

class PreferTest : public ::testing::TestWithParam<PreferCase> {};

TEST_P(PreferTest, IsReadAsRfc7240Says) {
  Request request;
  for (const char* header : GetParam().headers)
    request.headers.add("Prefer", header);
  const auto preferences = Preferences::of(request);
  EXPECT_EQ(preferences.wait, GetParam().wait);
  EXPECT_EQ(preferences.lenient, GetParam().lenient);
}

INSTANTIATE_TEST_SUITE_P(
    Table, PreferTest,
    ::testing::Values(PreferCase{{}, std::nullopt, false}, PreferCase{{"wait=5"}, 5s, false},
                      PreferCase{{"wait=0"}, 0s, false}, PreferCase{{"wait=31"}, 30s, false},
                      PreferCase{{"wait=99999999999999999999"}, 30s, false},
                      PreferCase{{"wait=-1"}, std::nullopt, false},
                      PreferCase{{"wait=soon"}, std::nullopt, false},
                      PreferCase{{"wait=1.5"}, std::nullopt, false},
                      PreferCase{{"wait"}, std::nullopt, false},
                      PreferCase{{"handling=lenient, wait=10"}, 10s, true},
                      PreferCase{{"wait=10", "handling=lenient"}, 10s, true},
                      PreferCase{{"WAIT = \"7\" ; x=y , Handling=LENIENT"}, 7s, true},
                      PreferCase{{"handling=strict, handling=lenient"}, std::nullopt, false},
                      PreferCase{{"wait=1, wait=9"}, 1s, false},
                      PreferCase{{"foo=\"a, wait=3\"; bar, respond-async"}, std::nullopt, false},
                      PreferCase{{", ,;=,wait=2"}, 2s, false}));

TEST(QueryTest, DecodesAndChecks) {
  auto query = Query::parse("epoch=a%2Fb&after=12&&flag&text=x+y%2B");
  ASSERT_TRUE(query);
  EXPECT_EQ(query->find("epoch"), "a/b");
  EXPECT_EQ(query->find("flag"), "");
  EXPECT_EQ(query->find("text"), "x y+");
  EXPECT_FALSE(query->find("absent"));
  EXPECT_EQ(query->required_int("after", 0, 100), 12);
  EXPECT_TRUE(query->finish());
  (void)query->optional_int("after", 0, 5);
  (void)query->required_string("absent");
  EXPECT_EQ(query->finish().error().code, "out_of_range");
  EXPECT_EQ(query->finish().error().field, "after");
}

TEST(QueryTest, RefusesWhatIsAmbiguousOrBroken) {
  EXPECT_EQ(Query::parse("a=1&a=2").error().code, "repeated_parameter");
  for (const char* bad : {"a=%", "a=%2", "a=%zz", "a=%ff", "a=%00", "%=1"})
    EXPECT_EQ(Query::parse(bad).error().code, "malformed_query") << bad;
  auto query = Query::parse("n=1.0");
  (void)query->required_int("n", 0, 5);
  EXPECT_EQ(query->finish().error().code, "wrong_type");
}

TEST(QueryTest, EncodingReadsBack) {
  const std::string text = "a b/c?d=é&%+~";
  EXPECT_EQ(percent_decode(percent_encode(text)), text);
}

TEST(HeadersTest, NamesIgnoreCaseAndValuesCannotEndTheirLine) {
  Headers headers;
  headers.add("X-One", "a\r\nEvil: yes");
  headers.add("x-two", "b");
  headers.add("X-ONE", "c");
  EXPECT_EQ(headers.find("x-one"), "a  Evil: yes");
  EXPECT_EQ(headers.count("x-One"), 2U);
  EXPECT_FALSE(headers.find("evil"));
  EXPECT_EQ(headers.wire(), "X-One: a  Evil: yes\r\nx-two: b\r\nX-ONE: c\r\n");
}

TEST(BaseUrlTest, TakesHttpAlone) {
  EXPECT_EQ(parse_base_url("http://127.0.0.1:8080"),
            (BaseUrl{"127.0.0.1", 8080, "127.0.0.1:8080", ""}));
  EXPECT_EQ(parse_base_url("http://order/"), (BaseUrl{"order", 80, "order", ""}));
  EXPECT_EQ(parse_base_url("http://[::1]:81/a/b/"), (BaseUrl{"::1", 81, "[::1]:81", "/a/b"}));
  EXPECT_EQ(parse_base_url("https://order").error().code, "unsupported_scheme");
  for (const char* bad :
       {"", "order:80", "http://", "http://:80", "http://u:p@order", "http://order?x=1",
        "http://order#x", "http://order:99999", "http://order:0", "http://or der"}) {
    EXPECT_FALSE(parse_base_url(bad)) << bad;
  }
}

}  // namespace
}  // namespace orderly::http
