#include "scheduler/target.hpp"

#include <algorithm>
#include <utility>

#include "base/dates.hpp"
#include "base/text.hpp"
#include "http/client.hpp"

namespace orderly::scheduler {
namespace {

constexpr std::chrono::milliseconds kConnectTimeout{10'000};

struct Address {
  std::string origin;
  std::string path_and_query;
};

Address split(std::string_view uri) {
  const std::size_t host = uri.find("://") + 3;
  const std::size_t path = std::min(uri.find_first_of("/?", host), uri.size());
  Address parts{std::string(uri.substr(0, path)), std::string(uri.substr(path))};
  if (!parts.path_and_query.starts_with('/')) parts.path_and_query.insert(0, "/");
  return parts;
}

http::ClientRequest request_of(Call& call, std::string path_and_query) {
  http::ClientRequest request;
  request.method = call.target.method;
  request.target = std::move(path_and_query);
  request.content_type = kDefaultContentType;
  request.timeout = call.deadline;
  request.headers.add("User-Agent", kUserAgent);
  request.headers.add("X-CloudScheduler", "true");
  request.headers.add("X-CloudScheduler-JobName", call.job_id);
  if (call.scheduled) {
    request.headers.add("X-CloudScheduler-ScheduleTime", format_rfc3339(*call.scheduled));
  }
  for (const auto& [name, value] : call.target.headers) {
    if (equals_ignoring_case(name, "content-type") && !call.target.body.empty()) {
      request.content_type = value;
    } else {
      request.headers.add(name, value);
    }
  }
  request.body = std::move(call.target.body);
  return request;
}

}  // namespace

runtime::Task<AttemptResult> HttpCaller::call(Call call) {
  Address address = split(call.target.uri);
  const http::ClientLimits limits{
      .connect_timeout = std::min<std::chrono::milliseconds>(call.deadline, kConnectTimeout),
      .request_timeout = call.deadline,
      .max_connections = 1};
  auto client = http::Client::open(loop_, address.origin, limits);
  if (!client) {
    co_return AttemptResult{.error = client.error().message};
  }
  const SteadyTime deadline = loop_.steady_now() + call.deadline;
  try {
    const auto response =
        co_await client->send(request_of(call, std::move(address.path_and_query)));
    AttemptResult result{.kind = AttemptResult::Kind::kAnswered, .status = response.status};
    if (!result.is_success()) {
      result.error = "answered with status " + std::to_string(response.status);
    }
    co_return result;
  } catch (const Unavailable& unavailable) {
    const bool late = loop_.steady_now() >= deadline;
    co_return AttemptResult{
        .kind = late ? AttemptResult::Kind::kDeadline : AttemptResult::Kind::kNoAnswer,
        .error = unavailable.what()};
  }
}

}  // namespace orderly::scheduler
