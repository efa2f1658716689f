#include "http/path_template.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../runtime/run_task.hpp"
#include "http/google_error.hpp"
#include "http/router.hpp"
#include "json/value.hpp"

namespace orderly::http {
namespace {

using orderly::testing::run_task;
using orderly::testing::SimClock;
using orderly::testing::SimLoop;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kPublish = "/v1/projects/{project}/topics/{topic}:publish";
constexpr const char* kTopic = "/v1/projects/{project}/topics/{topic}";

TEST(PathTemplateTest, NamesWhatStandsInItsPlaces) {
  const PathTemplate path(kPublish);
  const auto found = path.match("/v1/projects/orderly/topics/t-1:publish");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->at("project"), "orderly");
  EXPECT_EQ(found->at("topic"), "t-1");
}

TEST(PathTemplateTest, DecodesAfterItHasSplit) {
  const PathTemplate path(kTopic);
  const auto found = path.match("/%76%31/projects/a%2Fb/topics/x%3Ay%25");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->at("project"), "a/b");
  EXPECT_EQ(found->at("topic"), "x:y%");
}

TEST(PathTemplateTest, IsExact) {
  const PathTemplate publish(kPublish);
  for (const char* other :
       {"/", "", "/v1/projects/p/topics/t", "/v1/projects/p/topics/:publish",
        "/v1/projects//topics/t:publish", "/v1/projects/p/topics/t:publish/",
        "/v1/projects/p/topics/t/u:publish", "/v1/projects/p/topics/a:b:publish",
        "/v1/projects/p/topics/t:Publish", "/V1/projects/p/topics/t:publish",
        "/x/v1/projects/p/topics/t:publish", "/v1/projects/p/topics/t%3Apublish", ":publish"}) {
    EXPECT_FALSE(publish.match(other)) << other;
  }
  EXPECT_FALSE(PathTemplate(kTopic).match("/v1/projects/p/topics/t:publish"));
}

TEST(PathTemplateTest, HasTheShapeOfWhatItMatches) {
  EXPECT_EQ(PathTemplate(kPublish).shape(), "/v1/projects/{}/topics/{}:publish");
  EXPECT_EQ(PathTemplate("/a/{x}").shape(), PathTemplate("/a/{y}").shape());
}

runtime::Task<Response> tell(std::string text) { co_return Response::text(std::move(text)); }

class TemplateRoutes : public ::testing::Test {
 protected:
  void SetUp() override {
    const RouteOptions google{.service = "event-publisher", .errors = ErrorFormat::kGoogle};
    const auto say = [](std::string what) -> PathHandler {
      return [what = std::move(what)](const Request&, const PathParameters& path) {
        return tell(what + " " + path.at("topic"));
      };
    };
    router_.add(Method::kPut, kTopic, google, say("put"));
    router_.add(Method::kGet, kTopic, google, say("get"));
    router_.add(Method::kPost, kPublish, google, say("publish"));
    router_.get("/v1/projects/p/topics/exact", {}, [](const Request&) { return tell("exact"); });
  }

  Response ask(Method method, std::string target) {
    Request request;
    request.method = method;
    request.target = std::move(target);
    return run_task(loop_, router_.dispatch(request));
  }

  SimClock clock_{UtcTime{std::chrono::hours(24 * 20'000)}};
  SimLoop loop_{clock_};
  telemetry::Metrics metrics_;
  Router router_{metrics_};
};

TEST_F(TemplateRoutes, ComeAfterExactPathsAndUnderTheirPrefixToo) {
  EXPECT_EQ(ask(Method::kGet, "/v1/projects/p/topics/exact").body, "exact");
  EXPECT_EQ(ask(Method::kGet, "/v1/projects/p/topics/t%2e?x=1").body, "get t.");
  EXPECT_EQ(ask(Method::kHead, "/v1/projects/p/topics/t").body, "get t");
  EXPECT_EQ(ask(Method::kPut, "/v1/projects/p/topics/t").body, "put t");
  EXPECT_EQ(ask(Method::kPost, "/event-publisher/v1/projects/p/topics/t:publish").body,
            "publish t");
  EXPECT_EQ(ask(Method::kPost, "/v1/projects/p/topics/t:pull").status, 404);
  EXPECT_EQ(ask(Method::kPost, "/v1/projects/p/topics/t%zz:publish").status, 400);
}

TEST_F(TemplateRoutes, WrongMethodsAreToldTheRightOnesInTheRoutesOwnFormat) {
  const Response refused = ask(Method::kDelete, "/v1/projects/p/topics/t");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers.find("Allow"), "PUT, GET, HEAD");
  EXPECT_THAT(refused.body, HasSubstr(R"("status":"UNIMPLEMENTED")"));
  EXPECT_EQ(ask(Method::kGet, "/v1/projects/p/topics/t:publish").headers.find("Allow"), "POST");
}

TEST_F(TemplateRoutes, CountUnderTheTemplateAndNeverUnderWhatWasSent) {
  Request request;
  request.target = "/v1/projects/p/topics/customer-4711";
  const auto match = router_.match(request, std::nullopt);
  match.route->count(200, std::chrono::milliseconds(1));
  EXPECT_THAT(metrics_.expose(), HasSubstr("route=\"" + std::string(kTopic) + "\""));
  EXPECT_THAT(metrics_.expose(), Not(HasSubstr("4711")));
}

TEST_F(TemplateRoutes, TellWhatIsAwayInTheirOwnFormat) {
  const auto away = [](const Request&, const PathParameters&) -> runtime::Task<Response> {
    throw StorageFull("no space left");
    co_return Response{};
  };
  router_.add(Method::kGet, "/v1/{x}", {.errors = ErrorFormat::kGoogle}, away);
  const Response full = ask(Method::kGet, "/v1/1");
  EXPECT_EQ(full.status, 429);
  EXPECT_EQ(full.headers.find("Retry-After"), "5");
  EXPECT_THAT(full.body, HasSubstr(R"("status":"RESOURCE_EXHAUSTED")"));
}

TEST(GoogleErrorTest, IsWhatGooglesClientsRead) {
  const Response response = google_error(400, "invalid_value", "topic must \"be\"", "topic");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.content_type, kJson);
  EXPECT_EQ(
      response.body,
      R"({"error":{"code":400,"message":"topic must \"be\"","status":"INVALID_ARGUMENT","details":[)"
      R"({"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"INVALID_VALUE","domain":"orderly"},)"
      R"({"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[)"
      R"({"field":"topic","description":"topic must \"be\""}]}]}})");
  EXPECT_THAT(google_error(409, "x", "y", {}, "ALREADY_EXISTS").body,
              HasSubstr(R"("code":409,"message":"y","status":"ALREADY_EXISTS")"));
}

}  // namespace
}  // namespace orderly::http
