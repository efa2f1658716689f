#include "scheduler/routes.hpp"

#include <limits>
#include <utility>

#include "base/text.hpp"
#include "http/google_error.hpp"
#include "http/list_page.hpp"
#include "runtime/on_loop.hpp"
#include "scheduler/job_json.hpp"

namespace orderly::scheduler {
namespace {

constexpr std::string_view kJobs = "/v1/projects/{project}/locations/{location}/jobs";
constexpr std::string_view kJob = "/v1/projects/{project}/locations/{location}/jobs/{job}";

using Answer = Result<http::Response>;
/// Runs on the scheduler's loop.
using Handle = Answer (*)(Scheduler& scheduler, const http::Request& request,
                          const http::PathParameters& path);

runtime::Task<Answer> run(Handle call, Scheduler& scheduler, const http::Request& request,
                          const http::PathParameters& path) {
  co_return call(scheduler, request, path);
}

runtime::Task<http::Response> answer(runtime::EventLoop& loop, Scheduler& scheduler, Handle call,
                                     const http::Request& request, http::PathParameters path) {
  auto done = co_await runtime::on_loop(loop, run(call, scheduler, request, path));
  co_return done ? std::move(*done) : http::google_error(done.error());
}

JobName name_in(const http::PathParameters& path) {
  return {.project = path.at("project"), .location = path.at("location"), .id = path.at("job")};
}

Answer answer_job(const Result<Job>& job) {
  if (!job) return std::unexpected(job.error());
  std::string body;
  json::Writer writer(body);
  write_job(writer, *job);
  return http::Response::json(std::move(body));
}

Answer create(Scheduler& scheduler, const http::Request& request,
              const http::PathParameters& path) {
  auto wanted = parse_new_job(request.body);
  if (!wanted) return std::unexpected(std::move(wanted.error()));
  auto name = JobName::parse(wanted->name);
  if (!name) return std::unexpected(std::move(name.error()));
  if (name->project != path.at("project") || name->location != path.at("location")) {
    return invalid("name", "name must be of the project and the location that the path names.");
  }
  return answer_job(scheduler.create(std::move(*name), std::move(wanted->spec)));
}

Answer get(Scheduler& scheduler, const http::Request&, const http::PathParameters& path) {
  return answer_job(scheduler.get(name_in(path)));
}

Answer update(Scheduler& scheduler, const http::Request& request,
              const http::PathParameters& path) {
  const auto query = request.query();
  if (!query) return std::unexpected(query.error());
  auto mask = query->find("updateMask");
  if (!mask) mask = query->find("update_mask");
  return answer_job(scheduler.update(name_in(path), [&](const JobSpec& current) {
    return parse_job_update(request.body, mask.value_or(""), current);
  }));
}

Answer remove(Scheduler& scheduler, const http::Request&, const http::PathParameters& path) {
  if (auto gone = scheduler.remove(name_in(path)); !gone) return std::unexpected(gone.error());
  return http::Response::json("{}");
}

Answer pause(Scheduler& scheduler, const http::Request&, const http::PathParameters& path) {
  return answer_job(scheduler.pause(name_in(path)));
}

Answer resume(Scheduler& scheduler, const http::Request&, const http::PathParameters& path) {
  return answer_job(scheduler.resume(name_in(path)));
}

Answer run_now(Scheduler& scheduler, const http::Request&, const http::PathParameters& path) {
  return answer_job(scheduler.run_now(name_in(path)));
}

Answer list(Scheduler& scheduler, const http::Request& request, const http::PathParameters& path) {
  const auto page = http::ListPage::of(request);
  if (!page) return std::unexpected(page.error());
  const auto jobs =
      scheduler.list(path.at("project"), path.at("location"), page->after, page->size);
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  if (!jobs.empty()) {
    writer.key("jobs").begin_array();
    for (const Job& job : jobs)
      write_job(writer, job);
    writer.end_array();
    const auto& last = jobs.back().name.id;
    if (!scheduler.list(path.at("project"), path.at("location"), last, 1).empty()) {
      writer.member("nextPageToken", http::ListPage::token_after(last));
    }
  }
  writer.end_object();
  return http::Response::json(std::move(body));
}

Answer list_runs(Scheduler& scheduler, const http::Request& request,
                 const http::PathParameters& path) {
  const auto page = http::ListPage::of(request);
  if (!page) return std::unexpected(page.error());
  std::int64_t before = std::numeric_limits<std::int64_t>::max();
  if (!page->after.empty()) {
    const auto id = parse_int64(page->after);
    if (!id) return invalid("pageToken", "pageToken is none of this list.");
    before = *id;
  }
  const auto runs = scheduler.runs(name_in(path), page->size, before);
  if (!runs) return std::unexpected(runs.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  if (!runs->empty()) {
    writer.key("runs").begin_array();
    for (const Run& run : *runs)
      write_run(writer, run);
    writer.end_array();
    if (runs->size() == page->size) {
      writer.member("nextPageToken", http::ListPage::token_after(std::to_string(runs->back().id)));
    }
  }
  writer.end_object();
  return http::Response::json(std::move(body));
}

}  // namespace

void add_routes(http::Router& router, runtime::EventLoop& loop, Scheduler& scheduler) {
  const auto add = [&](http::Method method, std::string_view path, std::string_view rest,
                       Handle call) {
    router.add(
        method, std::string(path).append(rest),
        http::RouteOptions{.service = "event-publisher",
                           .max_body_bytes = kMaxJobRequest,
                           .loopback_only = true,
                           .errors = http::ErrorFormat::kGoogle},
        [&loop, &scheduler, call](const http::Request& request, http::PathParameters parameters) {
          return answer(loop, scheduler, call, request, std::move(parameters));
        });
  };
  using http::Method;
  add(Method::kPost, kJobs, "", create);
  add(Method::kGet, kJobs, "", list);
  add(Method::kGet, kJob, "", get);
  add(Method::kPatch, kJob, "", update);
  add(Method::kDelete, kJob, "", remove);
  add(Method::kPost, kJob, ":pause", pause);
  add(Method::kPost, kJob, ":resume", resume);
  add(Method::kPost, kJob, ":run", run_now);
  add(Method::kGet, kJob, "/runs", list_runs);
}

}  // namespace orderly::scheduler
