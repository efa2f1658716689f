#include "scheduler/routes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json/value.hpp"
#include "unit/runtime/run_task.hpp"
#include "unit/scheduler/scheduler_world.hpp"

namespace orderly::scheduler::testing {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr const char* kJobs = "/v1/projects/p/locations/l/jobs";
constexpr const char* kJob = "/v1/projects/p/locations/l/jobs/j";
constexpr const char* kBody =
    R"({"name":"projects/p/locations/l/jobs/j","schedule":"0 * * * *","httpTarget":{"uri":"http://h/"}})";

class SchedulerRoutesTest : public ::testing::Test {
 protected:
  SchedulerRoutesTest() { add_routes(router_, world.loop(), world.scheduler()); }

  http::Response send(http::Method method, std::string target, std::string body = {}) {
    http::Request request{.method = method, .target = std::move(target)};
    request.headers.add("Host", "localhost");
    if (!body.empty()) request.headers.add("Content-Type", "application/json");
    request.body = std::move(body);
    return send(request);
  }
  http::Response send(const http::Request& request) {
    return orderly::testing::run_task(world.loop(), router_.dispatch(request));
  }
  json::Value ok(http::Method method, std::string target, std::string body = {}) {
    const auto response = send(method, std::move(target), std::move(body));
    EXPECT_EQ(response.status, 200) << response.body;
    return json::Value::parse(response.body).value();
  }
  /// The status and Google's name of it.
  std::string refused(http::Method method, std::string target, std::string body = {}) {
    const auto response = send(method, std::move(target), std::move(body));
    const auto error = json::Value::parse(response.body)->find("error");
    if (!error) return response.body;
    EXPECT_EQ(error->int_at("code"), response.status);
    return std::to_string(response.status) + " " + std::string(*error->string_at("status"));
  }

  SchedulerWorld world;
  telemetry::Metrics metrics_;
  http::Router router_{metrics_};
};

using enum http::Method;

TEST_F(SchedulerRoutesTest, TheLifeOfAJob) {
  const auto made = ok(kPost, kJobs, kBody);
  EXPECT_EQ(made.string_at("name"), "projects/p/locations/l/jobs/j");
  EXPECT_EQ(made.string_at("scheduleTime"), "2021-01-18T21:00:00.000000Z");
  EXPECT_EQ(ok(kGet, kJob).to_json(), made.to_json());
  EXPECT_EQ(ok(kGet, kJobs).find("jobs")->at(0).to_json(), made.to_json());
  EXPECT_EQ(ok(kGet, "/event-publisher/v1/projects/p/locations/l/jobs/j").to_json(),
            made.to_json());

  const auto changed =
      ok(kPatch, std::string(kJob) + "?updateMask=schedule", R"({"schedule":"5 * * * *"})");
  EXPECT_EQ(changed.string_at("scheduleTime"), "2021-01-18T20:05:00.000000Z");
  EXPECT_EQ(ok(kPost, std::string(kJob) + ":pause", "{}").string_at("state"), "PAUSED");
  EXPECT_EQ(ok(kPost, std::string(kJob) + ":resume").string_at("state"), "ENABLED");
  ok(kPost, std::string(kJob) + ":run", "{}");
  world.pass(1s);
  const auto runs = ok(kGet, std::string(kJob) + "/runs");
  ASSERT_EQ(runs.find("runs")->size(), 1U);
  EXPECT_EQ(runs.find("runs")->at(0).string_at("state"), "SUCCEEDED");
  EXPECT_EQ(ok(kDelete, kJob).to_json(), "{}");
  EXPECT_EQ(refused(kGet, kJob), "404 NOT_FOUND");
  EXPECT_EQ(ok(kGet, kJobs).to_json(), "{}");
}

TEST_F(SchedulerRoutesTest, RefusesInGooglesWords) {
  ok(kPost, kJobs, kBody);
  EXPECT_EQ(refused(kPost, kJobs, kBody), "409 ALREADY_EXISTS");
  EXPECT_EQ(refused(kPost, kJobs, "{"), "400 INVALID_ARGUMENT");
  EXPECT_EQ(refused(kPost, kJobs, "{}"), "400 INVALID_ARGUMENT");
  EXPECT_EQ(refused(kPost, "/v1/projects/other/locations/l/jobs", kBody), "400 INVALID_ARGUMENT");
  EXPECT_EQ(refused(kPatch, std::string(kJob) + "?updateMask=nothing", "{}"),
            "400 INVALID_ARGUMENT");
  EXPECT_EQ(refused(kPut, kJob, "{}"), "405 UNIMPLEMENTED");
  const std::string other = "/v1/projects/p/locations/l/jobs/other";
  for (const char* verb : {":pause", ":resume", ":run"})
    EXPECT_EQ(refused(kPost, other + verb, "{}"), "404 NOT_FOUND") << verb;
  EXPECT_EQ(refused(kPatch, other, "{}"), "404 NOT_FOUND");
  EXPECT_EQ(refused(kDelete, other), "404 NOT_FOUND");
  EXPECT_EQ(refused(kGet, other + "/runs"), "404 NOT_FOUND");
  EXPECT_EQ(refused(kGet, std::string(kJob) + "/runs?pageToken=eA"), "400 INVALID_ARGUMENT");
}

TEST_F(SchedulerRoutesTest, AnErrorNamesTheField) {
  const auto response = send(
      kPost, kJobs,
      R"({"name":"projects/p/locations/l/jobs/j","schedule":"99 * * * *","httpTarget":{"uri":"http://h/"}})");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body, HasSubstr("the minute field has '99' at character 1"));
  EXPECT_THAT(response.body, HasSubstr(R"("field":"schedule")"));
}

TEST_F(SchedulerRoutesTest, AnswersThisMachineOnly) {
  http::Request request{.method = kGet, .target = kJobs};
  request.headers.add("Host", "localhost");
  request.from_loopback = false;
  EXPECT_EQ(send(request).status, 403);
  request.from_loopback = true;
  request.headers.add("Origin", "http://elsewhere.example");
  EXPECT_EQ(send(request).status, 403);
}

TEST_F(SchedulerRoutesTest, ListsComeInPages) {
  for (const char* id : {"a", "b", "c"}) {
    ok(kPost, kJobs,
       R"({"name":"projects/p/locations/l/jobs/)" + std::string(id) +
           R"(","schedule":"0 * * * *","httpTarget":{"uri":"http://h/"}})");
  }
  const auto first = ok(kGet, std::string(kJobs) + "?pageSize=2");
  ASSERT_EQ(first.find("jobs")->size(), 2U);
  const auto second = ok(kGet, std::string(kJobs) + "?pageSize=2&pageToken=" +
                                   std::string(*first.string_at("nextPageToken")));
  ASSERT_EQ(second.find("jobs")->size(), 1U);
  EXPECT_EQ(second.find("jobs")->at(0).string_at("name"), "projects/p/locations/l/jobs/c");
  EXPECT_FALSE(second.find("nextPageToken"));

  for (int i = 0; i < 3; ++i) {
    ok(kPost, std::string(kJobs) + "/a:run", "{}");
    world.pass(1s);
  }
  std::vector<std::string> ids;
  std::string token;
  do {
    const auto page = ok(kGet, std::string(kJobs) + "/a/runs?pageSize=2&pageToken=" + token);
    const auto runs = page.find("runs");
    for (std::size_t i = 0; runs && i < runs->size(); ++i)
      ids.emplace_back(*runs->at(i).string_at("id"));
    token = page.string_at("nextPageToken").value_or("");
  } while (!token.empty());
  EXPECT_EQ(ids.size(), 3U);
}

}  // namespace
}  // namespace orderly::scheduler::testing
