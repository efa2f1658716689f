#include "simulation/jobs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/dates.hpp"
#include "json/value.hpp"
#include "simulation/process.hpp"

namespace orderly::simulation {

using namespace std::chrono_literals;
using http::Method;
using http::Response;
using runtime::Task;
using scheduler::AttemptResult;

namespace {

constexpr std::string_view kJobs = "/v1/projects/orderly/locations/local/jobs";
constexpr std::uint64_t kNames = 2;
/// A clock that was set back further in all may show a tick twice (scheduler::kSmallSetBack).
constexpr auto kFarBack = 5min;

std::string path_of(const std::string& name, std::string_view verb = "") {
  return fmt::format("{}/{}{}", kJobs, name, verb);
}

bool is_refusal(int status) { return status == 429 || status == 503 || status == 507; }

Task<Response> ask(Process& process, Method method, std::string target, std::string body) {
  http::Request request{.method = method, .target = std::move(target)};
  request.headers.add("Host", "localhost");
  request.headers.add("Content-Type", "application/json");
  request.body = std::move(body);
  auto response = co_await process.router().dispatch(request);
  process.machine().history.note(fmt::format("{} {} -> {} {}", request.target, request.body,
                                             response.status, response.content()));
  co_return response;
}

std::string job_body(const std::string& name) {
  return fmt::format(
      R"({{"name":"projects/orderly/locations/local/jobs/{}","schedule":"{}","httpTarget":)"
      R"({{"uri":"http://publisher/api/v1/event/publish","httpMethod":"GET"}},)"
      R"("retryConfig":{{"retryCount":3,"minBackoffDuration":"1s"}}}})",
      name, name == "job-0" ? "* * * * *" : "*/2 * * * *");
}

Task<void> create(Process& process, std::string name) {
  auto& job = process.machine().jobs.job(name);
  const bool again = std::exchange(job.sent, true);
  const auto response = co_await ask(process, Method::kPost, std::string(kJobs), job_body(name));
  // A creation that had no answer may have happened.
  const bool made = response.status == 200 || (response.status == 409 && again);
  job.promised = job.promised || made;
  if (made || is_refusal(response.status)) co_return;
  process.machine().jobs.broken(
      fmt::format("the job {} was answered with {}", name, response.status));
}

Task<void> set_paused(Process& process, std::string name, bool pause) {
  auto& job = process.machine().jobs.job(name);
  job.paused.reset();  // whoever dies over the call knows nothing
  const auto response =
      co_await ask(process, Method::kPost, path_of(name, pause ? ":pause" : ":resume"), "{}");
  if (response.status == 200) job.paused = pause;
  if (response.status == 200 || is_refusal(response.status)) co_return;
  process.machine().jobs.broken(
      fmt::format("P7: the job {} is gone, says {}", name, response.status));
}

Task<void> run_by_hand(Process& process, std::string name) {
  auto& job = process.machine().jobs.job(name);
  const std::size_t before = job.calls_by_hand;
  const auto response = co_await ask(process, Method::kPost, path_of(name, ":run"), "{}");
  if (response.status == 200) job.wanted_beyond = before;
  if (response.status == 200 || is_refusal(response.status)) co_return;
  process.machine().jobs.broken(
      fmt::format("P7: the job {} is gone, says {}", name, response.status));
}

/// Runs are numbered as they start, and no tick has two.
void check_history(JobAudit& audit, const std::string& name, const Response& response) {
  const auto body = json::Value::parse(response.content());
  const auto runs = body ? body->find("runs") : std::nullopt;
  std::string later = "9999";
  for (std::size_t i = 0; runs && i < runs->size(); ++i) {
    const auto tick = runs->at(i).string_at("scheduleTime");
    if (!tick) continue;
    if (*tick >= later) audit.broken(fmt::format("the tick {} of {} has two runs", *tick, name));
    later = *tick;
  }
}

}  // namespace

void JobAudit::begin_life() {
  for (auto& [name, job] : jobs_)
    job.ticks_of_life = 0;
}

bool JobAudit::is_quiet() const {
  return std::ranges::all_of(jobs_, [](const auto& entry) {
    const Job& job = entry.second;
    if (job.wanted_beyond && job.calls_by_hand <= *job.wanted_beyond) return false;
    const bool ticks = job.promised && job.paused == false;
    return !ticks || job.ticks_of_life > 0;
  });
}

void JobAudit::called(const std::string& name, const std::optional<UtcTime>& tick) {
  ++calls_;
  auto& job = jobs_[name];
  if (!job.sent) broken(fmt::format("the job {} runs, which nobody made", name));
  if (!tick) {
    ++job.calls_by_hand;
    return;
  }
  ++job.ticks_of_life;
  const auto minute = std::chrono::floor<std::chrono::minutes>(*tick);
  const bool is_even = minute.time_since_epoch().count() % 2 == 0;
  if (minute != *tick || (name != "job-0" && !is_even)) {
    broken(fmt::format("{} is no tick of {}", format_rfc3339(*tick), name));
  }
}

Task<AttemptResult> JobCalls::call(scheduler::Call call) {
  if (!under_way_.insert(call.job_id).second) {
    machine_.jobs.broken("two runs of " + call.job_id + " at once");
  }
  machine_.jobs.called(call.job_id, call.scheduled);
  machine_.history.note("job " + call.job_id);
  AttemptResult result{.error = "the request is lost"};
  auto& random = machine_.random;
  if (!calm_ && random.one_in(4)) {
    co_await loop_.sleep_for(std::chrono::milliseconds(random.below(5'000)));
  }
  if (calm_ || !random.one_in(4)) {
    http::Request request{.method = Method::kGet, .target = "/api/v1/event/publish"};
    const auto response = co_await router_.dispatch(request);
    const bool lost = !calm_ && random.one_in(4);
    if (!lost) result = {.kind = AttemptResult::Kind::kAnswered, .status = response.status};
    if (!lost && response.status != 200) result.error = "it failed";
  }
  under_way_.erase(call.job_id);
  co_return result;
}

Task<void> own_jobs(Process& process, int calls) {
  auto& random = process.machine().random;
  for (int done = 0; done < calls; ++done) {
    const auto pause = random.one_in(4) ? 30'000U : 200U;
    co_await process.loop().sleep_for(std::chrono::milliseconds(random.below(pause)));
    const std::string name = fmt::format("job-{}", random.below(kNames));
    if (!process.machine().jobs.job(name).promised) {
      co_await create(process, name);
    } else if (random.one_in(2)) {
      co_await run_by_hand(process, name);
    } else {
      co_await set_paused(process, name, random.one_in(2));
    }
  }
}

Task<void> use_a_job(Process& process) {
  const std::string name = "job-0";
  co_await create(process, name);
  if (!process.machine().jobs.job(name).promised) co_return;
  co_await run_by_hand(process, name);
  co_await set_paused(process, name, true);
  co_await set_paused(process, name, false);
}

Task<void> look_at_jobs(Process& process) {
  auto& audit = process.machine().jobs;
  const auto jobs = audit.all();
  for (const auto& [name, job] : jobs) {
    const auto response = co_await ask(process, Method::kGet, path_of(name), "");
    const auto body = json::Value::parse(response.content());
    const auto state = body ? body->string_at("state") : std::nullopt;
    if (job.promised && (response.status != 200 || !state)) {
      audit.broken(fmt::format("P7: the job {} is lost: {}", name, response.status));
      continue;
    }
    if (job.promised && job.paused && *state != (*job.paused ? "PAUSED" : "ENABLED")) {
      audit.broken(fmt::format("P7: the job {} is {}", name, *state));
    }
    if (response.status != 200 || process.machine().set_back >= kFarBack) continue;
    const auto history = co_await ask(process, Method::kGet, path_of(name, "/runs"), "");
    check_history(audit, name, history);
  }
}

}  // namespace orderly::simulation
