#include "scheduler/job_json.hpp"

#include <algorithm>
#include <array>

#include "base/dates.hpp"
#include "base/text.hpp"
#include "json/object_reader.hpp"

namespace orderly::scheduler {
namespace {

using json::ObjectReader;
using std::chrono::milliseconds;

constexpr milliseconds kAnyDuration{315'576'000'000'000};  // the bounds are JobSpec's own matter
constexpr std::int64_t kAnyCount = 1'000'000;

/// The names of google.cloud.scheduler.v1.HttpMethod by number.
constexpr std::array<std::string_view, 8> kMethods{
    "HTTP_METHOD_UNSPECIFIED", "POST", "GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"};

void read_method(ObjectReader& reader, HttpTarget& target) {
  const auto value = reader.take("httpMethod");
  if (!value) return;
  std::string_view name = value->as_string().value_or("");
  if (const auto number = value->as_int(); number && *number >= 0 && *number < 8) {
    name = kMethods.at(static_cast<std::size_t>(*number));
  }
  if (std::ranges::find(kMethods, name) == kMethods.end()) {
    reader.fail("httpMethod", "must be POST, GET, HEAD, PUT, DELETE, PATCH or OPTIONS");
  } else if (name != kMethods[0]) {
    target.method = http::parse_method(name);
  }
}

void read_headers(ObjectReader& reader, HttpTarget& target) {
  const auto headers = reader.take("headers");
  if (!headers) return;
  if (!headers->is_object()) reader.fail("headers", "must be an object");
  headers->for_each_member([&](std::string_view name, const json::Value& value) {
    const auto text = value.as_string();
    if (!text) reader.fail("headers", "must have strings only");
    // Clients send back what they were shown, and this one is what the scheduler says anyway.
    if (equals_ignoring_case(name, "user-agent")) return;
    target.headers.emplace_back(name, text.value_or(""));
  });
}

void read_target(ObjectReader reader, HttpTarget& target) {
  target.uri = reader.text("uri");
  read_method(reader, target);
  read_headers(reader, target);
  if (const std::string encoded = reader.text("body"); !encoded.empty()) {
    auto body = json::decode_bytes(encoded);
    if (!body) reader.fail("body", "must be base64");
    target.body = std::move(body).value_or("");
  }
  for (const auto* token : {"oidcToken", "oauthToken"})
    reader.refuse_presence(token, "calls carry no token yet");
  reader.refuse_rest();
}

void read_retry(ObjectReader reader, RetryConfig& retry) {
  const auto count = [&](std::string_view name, int& value) {
    if (const auto said = reader.integer(name, 0, kAnyCount)) value = static_cast<int>(*said);
  };
  const auto duration = [&](std::string_view name, milliseconds& value) {
    if (const auto said = reader.duration(name, milliseconds(0), kAnyDuration)) value = *said;
  };
  count("retryCount", retry.retry_count);
  duration("maxRetryDuration", retry.max_retry_duration);
  duration("minBackoffDuration", retry.min_backoff);
  duration("maxBackoffDuration", retry.max_backoff);
  count("maxDoublings", retry.max_doublings);
  reader.refuse_rest();
}

NewJob read_job(ObjectReader& reader) {
  NewJob job{.name = reader.text("name"), .spec = {}};
  JobSpec& spec = job.spec;
  spec.description = reader.text("description");
  spec.schedule = reader.text("schedule");
  if (auto zone = reader.text("timeZone"); !zone.empty()) spec.time_zone = std::move(zone);
  if (auto target = reader.object("httpTarget")) read_target(*target, spec.target);
  if (auto retry = reader.object("retryConfig")) read_retry(*retry, spec.retry);
  if (const auto deadline = reader.duration("attemptDeadline", milliseconds(0), kAnyDuration)) {
    spec.attempt_deadline = *deadline;
  }
  for (const auto* target : {"pubsubTarget", "appEngineHttpTarget"})
    reader.refuse_presence(target, "jobs call an httpTarget");
  for (const auto* shown :
       {"state", "status", "userUpdateTime", "scheduleTime", "lastAttemptTime", "satisfiesPzs"})
    reader.ignore(shown);
  reader.refuse_rest();
  return job;
}

/// A part of a spec that an update may name.
struct Part {
  std::string_view path;
  void (*take_over)(const JobSpec& from, JobSpec& to);
};

// NOLINTBEGIN(readability-identifier-length): `f` and `t` keep the table a table
constexpr std::array kParts{
    Part{"description", [](const JobSpec& f, JobSpec& t) { t.description = f.description; }},
    Part{"schedule", [](const JobSpec& f, JobSpec& t) { t.schedule = f.schedule; }},
    Part{"timeZone", [](const JobSpec& f, JobSpec& t) { t.time_zone = f.time_zone; }},
    Part{"attemptDeadline",
         [](const JobSpec& f, JobSpec& t) { t.attempt_deadline = f.attempt_deadline; }},
    Part{"httpTarget", [](const JobSpec& f, JobSpec& t) { t.target = f.target; }},
    Part{"httpTarget.uri", [](const JobSpec& f, JobSpec& t) { t.target.uri = f.target.uri; }},
    Part{"httpTarget.httpMethod",
         [](const JobSpec& f, JobSpec& t) { t.target.method = f.target.method; }},
    Part{"httpTarget.headers",
         [](const JobSpec& f, JobSpec& t) { t.target.headers = f.target.headers; }},
    Part{"httpTarget.body", [](const JobSpec& f, JobSpec& t) { t.target.body = f.target.body; }},
    Part{"retryConfig", [](const JobSpec& f, JobSpec& t) { t.retry = f.retry; }},
    Part{"retryConfig.retryCount",
         [](const JobSpec& f, JobSpec& t) { t.retry.retry_count = f.retry.retry_count; }},
    Part{"retryConfig.maxRetryDuration",
         [](const JobSpec& f, JobSpec& t) {
           t.retry.max_retry_duration = f.retry.max_retry_duration;
         }},
    Part{"retryConfig.minBackoffDuration",
         [](const JobSpec& f, JobSpec& t) { t.retry.min_backoff = f.retry.min_backoff; }},
    Part{"retryConfig.maxBackoffDuration",
         [](const JobSpec& f, JobSpec& t) { t.retry.max_backoff = f.retry.max_backoff; }},
    Part{"retryConfig.maxDoublings",
         [](const JobSpec& f, JobSpec& t) { t.retry.max_doublings = f.retry.max_doublings; }},
};
// NOLINTEND(readability-identifier-length)

/// `http_target.uri` and `httpTarget.uri` alike.
bool is_same_path(std::string_view sent, std::string_view path) {
  std::string plain(sent);
  std::erase(plain, '_');
  return equals_ignoring_case(plain, path);
}

std::string mask_of_members(const json::Value& body) {
  std::string mask;
  body.for_each_member([&](std::string_view name, const json::Value&) {
    const bool is_part = std::ranges::any_of(
        kParts, [&](const Part& part) { return is_same_path(name, part.path); });
    if (is_part) mask.append(mask.empty() ? "" : ",").append(name);
  });
  return mask;
}

/// google.rpc.Code, as the last attempt of a job shows it.
int rpc_code(const AttemptResult& result) {
  if (result.kind == AttemptResult::Kind::kDeadline) return 4;
  if (result.kind == AttemptResult::Kind::kNoAnswer) return 14;
  switch (result.status) {
    case 400:
      return 3;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 5;
    case 409:
      return 10;
    case 429:
      return 8;
    case 501:
      return 12;
    case 503:
      return 14;
    case 504:
      return 4;
    default:
      return result.status / 100 == 4 ? 9 : result.status / 100 == 5 ? 13 : 2;
  }
}

void write_time(json::Writer& writer, std::string_view name, const std::optional<UtcTime>& time) {
  if (time) writer.member(name, format_rfc3339(*time));
}

void write_target(json::Writer& writer, const HttpTarget& target) {
  writer.key("httpTarget").begin_object().member("uri", target.uri);
  writer.member("httpMethod", http::to_string(target.method));
  if (!target.headers.empty()) {
    writer.key("headers").begin_object();
    for (const auto& [name, value] : target.headers)
      writer.member(name, value);
    writer.end_object();
  }
  if (!target.body.empty()) writer.member("body", base64_encode(target.body));
  writer.end_object();
}

void write_retry(json::Writer& writer, const RetryConfig& retry) {
  writer.key("retryConfig").begin_object();
  if (retry.retry_count > 0) writer.member("retryCount", retry.retry_count);
  writer.member("maxRetryDuration", json::format_duration(retry.max_retry_duration))
      .member("minBackoffDuration", json::format_duration(retry.min_backoff))
      .member("maxBackoffDuration", json::format_duration(retry.max_backoff))
      .member("maxDoublings", retry.max_doublings)
      .end_object();
}

std::string_view state_of(const Run& run) {
  if (run.ended) return run.succeeded() ? "SUCCEEDED" : "FAILED";
  return run.retry_at ? "RETRYING" : "RUNNING";
}

}  // namespace

Result<NewJob> parse_new_job(std::string_view body) {
  const auto document = json::parse_document(body);
  if (!document) return std::unexpected(document.error());
  std::optional<Error> error;
  ObjectReader reader(*document, "", error);
  NewJob job = read_job(reader);
  if (error) return std::unexpected(std::move(*error));
  return job;
}

Result<JobSpec> parse_job_update(std::string_view body, std::string_view mask,
                                 const JobSpec& current) {
  const auto document = json::parse_document(body);
  if (!document) return std::unexpected(document.error());
  auto wanted = parse_new_job(body);
  if (!wanted) return std::unexpected(std::move(wanted.error()));
  const std::string members = mask.empty() ? mask_of_members(*document) : std::string(mask);
  JobSpec spec = current;
  for (std::string_view rest = members; !rest.empty();) {
    const std::string_view path = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), path.size() + 1));
    const auto* const part = std::ranges::find_if(
        kParts, [&](const Part& each) { return is_same_path(path, each.path); });
    if (part == kParts.end()) {
      return invalid("updateMask", "updateMask names " + std::string(path) +
                                       ", which is no part of a job that can be changed.");
    }
    part->take_over(wanted->spec, spec);
  }
  return spec;
}

void write_job(json::Writer& writer, const Job& job) {
  const JobSpec& spec = job.spec;
  const bool is_enabled = job.state == JobState::kEnabled;
  writer.begin_object().member("name", job.name.full());
  if (!spec.description.empty()) writer.member("description", spec.description);
  write_target(writer, spec.target);
  writer.member("userUpdateTime", format_rfc3339(job.updated))
      .member("state", is_enabled ? "ENABLED" : "PAUSED");
  if (job.last_result) {
    writer.key("status").begin_object();
    if (!job.last_result->is_success()) {
      writer.member("code", rpc_code(*job.last_result)).member("message", job.last_result->error);
    }
    writer.end_object();
  }
  if (is_enabled) write_time(writer, "scheduleTime", job.due);
  write_time(writer, "lastAttemptTime", job.last_attempt);
  write_retry(writer, spec.retry);
  writer.member("schedule", spec.schedule)
      .member("timeZone", spec.time_zone)
      .member("attemptDeadline", json::format_duration(spec.attempt_deadline))
      .end_object();
}

void write_run(json::Writer& writer, const Run& run) {
  writer.begin_object()
      .member("id", std::to_string(run.id))
      .member("trigger", run.scheduled ? "SCHEDULE" : "MANUAL")
      .member("state", state_of(run));
  write_time(writer, "scheduleTime", run.scheduled);
  writer.member("startTime", format_rfc3339(run.started));
  write_time(writer, "endTime", run.ended);
  write_time(writer, "nextAttemptTime", run.retry_at);
  writer.member("attempts", run.attempts);
  if (run.last) {
    if (run.last->status != 0) writer.member("httpStatus", run.last->status);
    if (!run.last->error.empty()) writer.member("error", run.last->error);
  }
  writer.end_object();
}

}  // namespace orderly::scheduler
