#include "scheduler/job_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "json/value.hpp"

namespace orderly::scheduler {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

/// As gcloud scheduler jobs create http sends it.
constexpr const char* kGcloud = R"({"name":"projects/p/locations/l/jobs/j","schedule":"* * * * *",
  "timeZone":"Etc/UTC","httpTarget":{"uri":"http://127.0.0.1:8080/api/v1/event/publish",
  "httpMethod":"GET"},"retryConfig":{"retryCount":0,"minBackoffDuration":"5s",
  "maxBackoffDuration":"3600s","maxDoublings":5}})";

JobSpec spec_of(std::string_view body) {
  auto job = parse_new_job(body);
  if (!job) throw std::invalid_argument(job.error().message);
  return job->spec;
}

Error error_of(std::string_view body) {
  auto job = parse_new_job(body);
  if (!job) return job.error();
  if (auto checked = job->spec.check(); !checked) return checked.error();
  return {.code = "accepted"};
}

/// A whole job around the members `more`.
std::string with(const std::string& more) {
  return R"({"schedule":"* * * * *","httpTarget":{"uri":"http://h/"})" + more + "}";
}
std::string with_target(const std::string& target) {
  return R"({"schedule":"* * * * *","httpTarget":{)" + target + "}}";
}

std::string json_of(const Job& job) {
  std::string body;
  json::Writer writer(body);
  write_job(writer, job);
  return body;
}

TEST(JobJsonTest, ReadsWhatGcloudSends) {
  const auto job = parse_new_job(kGcloud);
  ASSERT_TRUE(job) << job.error().message;
  EXPECT_EQ(job->name, "projects/p/locations/l/jobs/j");
  EXPECT_EQ(job->spec, (JobSpec{.schedule = "* * * * *",
                                .target = {.uri = "http://127.0.0.1:8080/api/v1/event/publish",
                                           .method = http::Method::kGet}}));
  EXPECT_TRUE(job->spec.check());
}

TEST(JobJsonTest, HasTheDefaultsOfCloudScheduler) {
  const JobSpec spec = spec_of(with(""));
  EXPECT_EQ(spec.time_zone, "Etc/UTC");
  EXPECT_EQ(spec.target.method, http::Method::kPost);
  EXPECT_EQ(spec.attempt_deadline, 180s);
  EXPECT_EQ(spec.retry.retry_count, 0);
  EXPECT_EQ(spec.retry.min_backoff, 5s);
  EXPECT_EQ(spec.retry.max_backoff, 1h);
  EXPECT_EQ(spec.retry.max_doublings, 5);
  EXPECT_EQ(spec.retry.max_retry_duration, 0s);
}

TEST(JobJsonTest, ReadsEveryMemberInEitherSpelling) {
  const JobSpec spec = spec_of(
      R"({"description":"d","schedule":"0 0 * * *","time_zone":"Asia/Tokyo","attempt_deadline":"15.5s",
      "http_target":{"uri":"http://h/x","http_method":6,"headers":{"A":"b","User-Agent":"curl"},
      "body":"aGk_"},"retry_config":{"retry_count":"5","max_retry_duration":"60s",
      "min_backoff_duration":"0.5s","max_backoff_duration":"10s","max_doublings":1}})");
  EXPECT_EQ(spec, (JobSpec{.description = "d",
                           .schedule = "0 0 * * *",
                           .time_zone = "Asia/Tokyo",
                           .target = {.uri = "http://h/x",
                                      .method = http::Method::kPatch,
                                      .headers = {{"A", "b"}},
                                      .body = "hi?"},
                           .attempt_deadline = 15'500ms,
                           .retry = {.retry_count = 5,
                                     .max_retry_duration = 60s,
                                     .min_backoff = 500ms,
                                     .max_backoff = 10s,
                                     .max_doublings = 1}}));
}

TEST(JobJsonTest, RefusalsNameTheField) {
  const std::vector<std::pair<std::string, const char*>> cases{
      {"[]", ""},
      {with(R"(,"frequency":1)"), "frequency"},
      {with(R"(,"description":7)"), "description"},
      {with(R"(,"description":"a\nb")"), "description"},
      {with(R"(,"attemptDeadline":"14s")"), "attemptDeadline"},
      {with(R"(,"attemptDeadline":"1801s")"), "attemptDeadline"},
      {with(R"(,"attemptDeadline":"3m")"), "attemptDeadline"},
      {with(R"(,"pubsubTarget":{})"), "pubsubTarget"},
      {with(R"(,"appEngineHttpTarget":{})"), "appEngineHttpTarget"},
      {with(R"(,"retryConfig":{"retryCount":6})"), "retryConfig.retryCount"},
      {with(R"(,"retryConfig":{"retryCount":1.5})"), "retryConfig.retryCount"},
      {with(R"(,"retryConfig":{"minBackoffDuration":"0s"})"), "retryConfig.minBackoffDuration"},
      {with(R"(,"retryConfig":{"maxBackoffDuration":"1s"})"), "retryConfig.minBackoffDuration"},
      {with(R"(,"retryConfig":{"maxBackoffDuration":"3601s"})"), "retryConfig.maxBackoffDuration"},
      {with(R"(,"retryConfig":{"maxRetryDuration":"86401s"})"), "retryConfig.maxRetryDuration"},
      {with(R"(,"retryConfig":{"maxDoublings":17})"), "retryConfig.maxDoublings"},
      {with_target(""), "httpTarget.uri"},
      {with_target(R"("uri":"ftp://h/")"), "httpTarget.uri"},
      {with_target(R"("uri":"http://u:p@h/")"), "httpTarget.uri"},
      {with_target(R"("uri":"http://h/a b")"), "httpTarget.uri"},
      {with_target(R"("uri":"http://h/\r\nX: y")"), "httpTarget.uri"},
      {with_target(R"("uri":"http://h/#f")"), "httpTarget.uri"},
      {with_target(R"("uri":"http://h:99999/")"), "httpTarget.uri"},
      {with_target(R"("uri":"http://h/","httpMethod":"TRACE")"), "httpTarget.httpMethod"},
      {with_target(R"("uri":"http://h/","body":"?")"), "httpTarget.body"},
      {with_target(R"("uri":"http://h/","httpMethod":"GET","body":"aGk=")"), "httpTarget.body"},
      {with_target(R"("uri":"http://h/","headers":[])"), "httpTarget.headers"},
      {with_target(R"("uri":"http://h/","headers":{"A":1})"), "httpTarget.headers"},
      {with_target(R"("uri":"http://h/","headers":{"A B":"c"})"), "httpTarget.headers"},
      {with_target(R"("uri":"http://h/","headers":{"A":"b\r\nC: d"})"), "httpTarget.headers"},
      {with_target(R"("uri":"http://h/","headers":{"A":"b","a":"c"})"), "httpTarget.headers"},
      {with_target(R"("uri":"http://h/","headers":{"Host":"x"})"), "httpTarget.headers"},
      {with_target(R"("uri":"http://h/","headers":{"x-cloudscheduler-jobname":"x"})"),
       "httpTarget.headers"},
      {with_target(R"("uri":"http://h/","headers":{"Content-Length":"3"})"), "httpTarget.headers"},
      {with_target(R"("uri":"http://h/","oidcToken":{"serviceAccountEmail":"x"})"),
       "httpTarget.oidcToken"},
      {with_target(R"("uri":"http://h/","oauthToken":{})"), "httpTarget.oauthToken"},
  };
  for (const auto& [body, field] : cases) {
    const Error error = error_of(body);
    EXPECT_NE(error.code, "accepted") << body;
    EXPECT_EQ(error.field, field) << body << " " << error.message;
  }
  EXPECT_EQ(error_of(with("")).code, "accepted");
}

TEST(JobJsonTest, HttpsIsRefusedInWordsThatHelp) {
  const Error error = error_of(with_target(R"("uri":"https://example.com/")"));
  EXPECT_EQ(error.code, "unsupported_scheme");
  EXPECT_THAT(error.message, HasSubstr("https:// is not spoken yet"));
}

TEST(JobJsonTest, BoundsOfSizes) {
  const auto accepts = [](JobSpec spec) {
    spec.schedule = "* * * * *";
    return spec.check().has_value();
  };
  JobSpec spec{.target = {.uri = "http://h/"}};
  spec.target.body.assign(kMaxJobBodyBytes, 'x');
  EXPECT_TRUE(accepts(spec));
  spec.target.body += 'x';
  EXPECT_FALSE(accepts(spec));
  spec.target.body.clear();
  spec.target.uri = "http://h/" + std::string(kMaxUriBytes - 9, 'x');
  EXPECT_TRUE(accepts(spec));
  spec.target.uri += 'x';
  EXPECT_FALSE(accepts(spec));
  spec.target.uri = "http://h/";
  spec.target.headers = {{"A", std::string(kMaxJobHeaderBytes, 'x')}};
  EXPECT_FALSE(accepts(spec));
  spec.target.headers.clear();
  for (std::size_t i = 0; i <= kMaxJobHeaders; ++i)
    spec.target.headers.emplace_back("A" + std::to_string(i), "");
  EXPECT_FALSE(accepts(spec));
}

TEST(JobJsonTest, WritesAJobAsItStands) {
  Job job{.name = {.project = "p", .location = "l", .id = "j"},
          .spec = {.schedule = "* * * * *",
                   .target = {.uri = "http://h/", .headers = {{"A", "b"}}, .body = "hi?"}},
          .updated = UtcTime(1'611'000'000s),
          .due = UtcTime(1'611'000'060s)};
  EXPECT_EQ(json_of(job),
            R"({"name":"projects/p/locations/l/jobs/j","httpTarget":{"uri":"http://h/",)"
            R"("httpMethod":"POST","headers":{"A":"b"},"body":"aGk/"},)"
            R"("userUpdateTime":"2021-01-18T20:00:00.000000Z","state":"ENABLED",)"
            R"("scheduleTime":"2021-01-18T20:01:00.000000Z","retryConfig":{)"
            R"("maxRetryDuration":"0s","minBackoffDuration":"5s","maxBackoffDuration":"3600s",)"
            R"("maxDoublings":5},"schedule":"* * * * *","timeZone":"Etc/UTC",)"
            R"("attemptDeadline":"180s"})");
  EXPECT_EQ(spec_of(json_of(job)), job.spec) << "what is shown can be sent back";
  job.state = JobState::kPaused;
  job.last_result = AttemptResult{
      .kind = AttemptResult::Kind::kAnswered, .status = 503, .error = "answered with status 503"};
  const auto paused = json::Value::parse(json_of(job));
  EXPECT_EQ(paused->string_at("state"), "PAUSED");
  EXPECT_FALSE(paused->find("scheduleTime"));
  EXPECT_EQ(paused->find("status")->int_at("code"), 14);
}

TEST(JobJsonTest, StatusIsGooglesCode) {
  using Kind = AttemptResult::Kind;
  const auto code = [](AttemptResult result) {
    Job job{.spec = {.target = {.uri = "http://h/"}}, .last_result = std::move(result)};
    return json::Value::parse(json_of(job))->find("status")->int_at("code");
  };
  EXPECT_EQ(code({.kind = Kind::kAnswered, .status = 204}), std::nullopt);
  EXPECT_EQ(code({.kind = Kind::kDeadline}), 4);
  EXPECT_EQ(code({.kind = Kind::kNoAnswer}), 14);
  for (const auto& [status, expected] : std::vector<std::pair<int, int>>{{301, 2},
                                                                         {400, 3},
                                                                         {401, 16},
                                                                         {403, 7},
                                                                         {404, 5},
                                                                         {418, 9},
                                                                         {429, 8},
                                                                         {500, 13},
                                                                         {503, 14}}) {
    EXPECT_EQ(code({.kind = Kind::kAnswered, .status = status}), expected) << status;
  }
}

TEST(JobJsonTest, AnUpdateTakesWhatTheMaskNames) {
  const JobSpec now{.description = "old",
                    .schedule = "* * * * *",
                    .target = {.uri = "http://h/", .headers = {{"A", "b"}}, .body = "x"},
                    .retry = {.retry_count = 3}};
  const auto update = [&](const char* body, const char* mask) {
    return parse_job_update(body, mask, now).value();
  };
  const char* const body =
      R"({"description":"new","schedule":"0 0 * * *","httpTarget":{"uri":"http://other/"},
          "retryConfig":{"retryCount":1}})";
  JobSpec expected = now;
  expected.schedule = "0 0 * * *";
  EXPECT_EQ(update(body, "schedule"), expected);
  expected.target.uri = "http://other/";
  expected.retry.retry_count = 1;
  EXPECT_EQ(update(body, "schedule,http_target.uri,retryConfig.retry_count"), expected);
  expected.target = {.uri = "http://other/"};
  EXPECT_EQ(update(body, "schedule,httpTarget,retryConfig"), expected) << "a whole object";
  expected.description = "new";
  EXPECT_EQ(update(body, ""), expected) << "without a mask all that is there";
  EXPECT_EQ(update("{}", "httpTarget.headers").target.headers.size(), 0U);
  EXPECT_EQ(update("{}", ""), now);
  for (const char* bad : {"name", "state", "httpTarget.oidcToken", "schedule,,uri", "x"}) {
    const auto refused = parse_job_update(body, bad, now);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().field, "updateMask") << bad;
  }
}

TEST(JobJsonTest, WritesRuns) {
  const auto text = [](const scheduler::Run& run) {
    std::string body;
    json::Writer writer(body);
    write_run(writer, run);
    return body;
  };
  EXPECT_EQ(text({.id = 7, .started = UtcTime(1'611'000'000s), .attempts = 1}),
            R"({"id":"7","trigger":"MANUAL","state":"RUNNING",)"
            R"("startTime":"2021-01-18T20:00:00.000000Z","attempts":1})");
  EXPECT_EQ(text({.id = 8,
                  .scheduled = UtcTime(1'611'000'000s),
                  .started = UtcTime(1'611'000'001s),
                  .ended = UtcTime(1'611'000'002s),
                  .attempts = 2,
                  .failures = 2,
                  .last = AttemptResult{.kind = AttemptResult::Kind::kAnswered,
                                        .status = 500,
                                        .error = "answered with status 500"}}),
            R"({"id":"8","trigger":"SCHEDULE","state":"FAILED",)"
            R"("scheduleTime":"2021-01-18T20:00:00.000000Z",)"
            R"("startTime":"2021-01-18T20:00:01.000000Z",)"
            R"("endTime":"2021-01-18T20:00:02.000000Z","attempts":2,"httpStatus":500,)"
            R"("error":"answered with status 500"})");
}

TEST(JobNameTest, IsWhatGoogleTakes) {
  const auto name = JobName::parse("projects/my.org:p-1/locations/europe-west1/jobs/A_b-9");
  ASSERT_TRUE(name);
  EXPECT_EQ(name->project, "my.org:p-1");
  EXPECT_EQ(name->location, "europe-west1");
  EXPECT_EQ(name->id, "A_b-9");
  EXPECT_EQ(name->full(), "projects/my.org:p-1/locations/europe-west1/jobs/A_b-9");
  for (const std::string bad :
       {"", "j", "projects/p/locations/l/jobs/", "projects//locations/l/jobs/j",
        "projects/p/locations/l/jobs/a b", "projects/p/locations/l/jobs/a/b",
        "projects/p/topics/l/jobs/j", "/projects/p/locations/l/jobs/j",
        "projects/p/locations/l/jobs/\xc3\xa4"}) {
    const auto refused = JobName::parse(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().code, "invalid_name");
  }
  EXPECT_FALSE(JobName{.id = std::string(kMaxJobIdLength + 1, 'x')}.check());
  EXPECT_TRUE(JobName{.id = std::string(kMaxJobIdLength, 'x')}.check());
}

}  // namespace
}  // namespace orderly::scheduler
