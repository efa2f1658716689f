#include "scheduler/target.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>

#include "base/dates.hpp"
#include "unit/http/served.hpp"

/// Calls over real HTTP.
namespace orderly::scheduler {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;
using Kind = AttemptResult::Kind;

class HttpCallerTest : public ::testing::Test {
 protected:
  void add_routes(http::Router& router, runtime::EventLoop& loop) {
    const auto answer = [&](std::string path, int status) {
      for (const auto method : {http::Method::kGet, http::Method::kPost, http::Method::kDelete}) {
        router.add(method, path, {.requires_json = false},
                   [this, status](const http::Request& r) { return remember(r, status); });
      }
    };
    answer("/ok", 200);
    answer("/none", 204);
    answer("/broken", 500);
    answer("/moved", 302);
    answer("/", 200);
    router.get("/slow", {.may_wait = true}, [&loop](const http::Request&) { return sleep(loop); });
  }

  runtime::Task<http::Response> remember(const http::Request& request, int status) {
    seen = request;
    auto response = http::Response::text("x", status);
    if (status == 302) response.headers.add("Location", "/ok");
    co_return response;
  }
  static runtime::Task<http::Response> sleep(runtime::EventLoop& loop) {
    co_await loop.sleep_for(10s);
    co_return http::Response::text("late");
  }

  std::string url(const std::string& path) {
    return "http://127.0.0.1:" + std::to_string(served.port) + path;
  }
  AttemptResult call(HttpTarget target, std::optional<UtcTime> scheduled = std::nullopt,
                     std::chrono::milliseconds deadline = 15s) {
    return served.run(caller.call({.target = std::move(target),
                                   .job_id = "my-job",
                                   .scheduled = scheduled,
                                   .deadline = deadline}));
  }
  std::string header(const char* name) { return std::string(seen.header(name).value_or("(none)")); }

  http::Request seen;
  orderly::testing::Served served{
      [this](http::Router& router, runtime::EventLoop& loop) { add_routes(router, loop); }};
  HttpCaller caller{served.loop};
};

TEST_F(HttpCallerTest, SendsWhatCloudSchedulerSends) {
  const auto result = call({.uri = url("/ok?a=b%20c"), .method = http::Method::kGet},
                           parse_rfc3339("2021-01-18T20:00:00Z"));
  EXPECT_TRUE(result.is_success());
  EXPECT_EQ(result, (AttemptResult{.kind = Kind::kAnswered, .status = 200}));
  EXPECT_EQ(seen.method, http::Method::kGet);
  EXPECT_EQ(seen.target, "/ok?a=b%20c");
  EXPECT_EQ(header("User-Agent"), "Google-Cloud-Scheduler");
  EXPECT_EQ(header("X-CloudScheduler"), "true");
  EXPECT_EQ(header("X-CloudScheduler-JobName"), "my-job");
  EXPECT_EQ(header("X-CloudScheduler-ScheduleTime"), "2021-01-18T20:00:00.000000Z");
  EXPECT_EQ(header("Content-Type"), "(none)");
}

TEST_F(HttpCallerTest, ARunByHandHasNoScheduleTime) {
  call({.uri = url("/ok"), .method = http::Method::kGet});
  EXPECT_EQ(header("X-CloudScheduler-ScheduleTime"), "(none)");
  EXPECT_EQ(header("X-CloudScheduler"), "true");
}

TEST_F(HttpCallerTest, ABodyIsOctetsUnlessAHeaderSaysOtherwise) {
  const std::string bytes("\0\xff\n", 3);
  call({.uri = url("/ok"), .headers = {{"X-Own", "mine"}}, .body = bytes});
  EXPECT_EQ(seen.method, http::Method::kPost);
  EXPECT_EQ(seen.body, bytes);
  EXPECT_EQ(header("Content-Type"), "application/octet-stream");
  EXPECT_EQ(header("X-Own"), "mine");
  call({.uri = url("/ok"), .headers = {{"content-type", "application/json"}}, .body = "{}"});
  EXPECT_EQ(header("Content-Type"), "application/json");
  EXPECT_EQ(seen.headers.count("Content-Type"), 1U);
}

TEST_F(HttpCallerTest, SuccessIsTwoHundredAndSomething) {
  EXPECT_TRUE(call({.uri = url("/none")}).is_success());
  for (const auto& [path, status] : {std::pair{"/broken", 500}, {"/moved", 302}, {"/gone", 404}}) {
    const auto result = call({.uri = url(path), .method = http::Method::kGet});
    EXPECT_FALSE(result.is_success()) << path;
    EXPECT_EQ(result.status, status);
    EXPECT_EQ(result.error, "answered with status " + std::to_string(status));
  }
}

TEST_F(HttpCallerTest, RedirectsAreNotFollowed) {
  call({.uri = url("/moved"), .method = http::Method::kGet});
  EXPECT_EQ(seen.target, "/moved");
}

TEST_F(HttpCallerTest, AUriWithoutAPathIsTheRoot) {
  EXPECT_TRUE(call({.uri = url(""), .method = http::Method::kGet}).is_success());
  EXPECT_EQ(seen.target, "/");
  call({.uri = url("?x=1"), .method = http::Method::kGet});
  EXPECT_EQ(seen.target, "/?x=1");
}

TEST_F(HttpCallerTest, TheDeadlineIsKept) {
  const auto result = call({.uri = url("/slow"), .method = http::Method::kGet}, {}, 100ms);
  EXPECT_EQ(result.kind, Kind::kDeadline);
  EXPECT_THAT(result.error, HasSubstr("time is up"));
}

TEST_F(HttpCallerTest, NobodyThereIsAResult) {
  const auto result = call({.uri = "http://127.0.0.1:1/", .method = http::Method::kGet});
  EXPECT_EQ(result.kind, Kind::kNoAnswer);
  EXPECT_THAT(result.error, HasSubstr("cannot connect"));
}

}  // namespace
}  // namespace orderly::scheduler
