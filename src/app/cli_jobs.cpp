#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "app/cli_commands.hpp"
#include "app/job_flags.hpp"
#include "app/pubsub_client.hpp"
#include "http/query.hpp"
#include "json/writer.hpp"

namespace orderly::app {
namespace {

struct JobsOptions {
  PubsubTarget target;
  std::string location = "local";
  std::string name;
  JobFlags flags;
  int limit = 20;
};
using Options = std::shared_ptr<JobsOptions>;

/// The jobs of a project and location, and one of them, below the project's path.
std::string jobs_path(const JobsOptions& options) {
  return "locations/" + http::percent_encode(options.location) + "/jobs";
}
std::string job_path(const JobsOptions& options) {
  return jobs_path(options) + "/" + http::percent_encode(short_name(options.name));
}
std::string full_name(const JobsOptions& options) {
  return "projects/" + options.target.project + "/locations/" + options.location + "/jobs/" +
         short_name(options.name);
}

CLI::App& add(CLI::App& jobs, const std::string& name, const std::string& help,
              const Options& options) {
  auto* const command = jobs.add_subcommand(name, help);
  add_pubsub_target(*command, options->target);
  command->add_option("--location", options->location, "The location that the job's name has")
      ->capture_default_str();
  add_format(*command, options->target);
  return *command;
}

CLI::App& add_named(CLI::App& jobs, const std::string& name, const std::string& help,
                    const Options& options) {
  auto& command = add(jobs, name, help, options);
  command.add_option("job", options->name, "Its name")->required();
  return command;
}

std::string text_of(const json::Value& object, std::string_view member) {
  const auto found = object.find(member);
  if (!found) return "";
  return found->as_string() ? std::string(*found->as_string()) : found->to_json();
}

/// `2021-01-18T20:00:00.000000Z` as far as people care.
std::string second_of(const json::Value& object, std::string_view member) {
  const std::string time = text_of(object, member);
  return time.empty() ? "" : time.substr(0, 19) + "Z";
}

void add_create(CLI::App& jobs, const Options& options) {
  auto& command = add_named(jobs, "create", "Make a job that calls a URL on a schedule", options);
  add_job_flags(command, options->flags);
  command.callback([options] {
    const std::string body = job_body(options->flags, full_name(*options));
    print_one(PubsubClient(options->target).call(http::Method::kPost, jobs_path(*options), body),
              options->target.format);
  });
}

void add_update(CLI::App& jobs, const Options& options) {
  auto& command = add_named(jobs, "update", "Change what is given", options);
  add_job_changes(command, options->flags);
  command.callback([options, &command] {
    const std::string mask = job_update_mask(command);
    if (mask.empty()) throw CLI::RequiredError("something to change, such as --schedule,");
    const std::string path = job_path(*options) + "?updateMask=" + http::percent_encode(mask);
    print_one(PubsubClient(options->target)
                  .call(http::Method::kPatch, path, job_body(options->flags, "")),
              options->target.format);
  });
}

void add_list(CLI::App& jobs, const Options& options) {
  auto& command = add(jobs, "list", "List all jobs", options);
  command.callback([options] {
    const auto found = PubsubClient(options->target).list(jobs_path(*options), "jobs");
    if (options->target.format == "json") return print_json(found);
    Listing listing{.headers = {"name", "schedule", "time zone", "target", "state", "next run"},
                    .rows = {}};
    for (const auto& job : found) {
      const auto target = job.find("httpTarget");
      listing.rows.push_back(
          {short_name(text_of(job, "name")), text_of(job, "schedule"), text_of(job, "timeZone"),
           target ? text_of(*target, "httpMethod") + " " + text_of(*target, "uri") : "",
           text_of(job, "state"), second_of(job, "scheduleTime")});
    }
    print_table(listing);
  });
}

void add_describe(CLI::App& jobs, const Options& options) {
  auto& command = add_named(jobs, "describe", "Show a job", options);
  command.callback([options] {
    print_one(PubsubClient(options->target).call(http::Method::kGet, job_path(*options)),
              options->target.format);
  });
}

void add_delete(CLI::App& jobs, const Options& options) {
  auto& command = add_named(jobs, "delete", "Delete a job and its history", options);
  command.callback([options] {
    PubsubClient(options->target).call(http::Method::kDelete, job_path(*options));
    say_done("Deleted", "job", full_name(*options));
  });
}

void add_action(CLI::App& jobs, const std::string& name, const std::string& help,
                const std::string& done, const Options& options) {
  auto& command = add_named(jobs, name, help, options);
  command.callback([options, name, done] {
    PubsubClient(options->target).call(http::Method::kPost, job_path(*options) + ":" + name, "{}");
    say_done(done, "job", full_name(*options));
  });
}

/// The newest runs, at most options.limit.
std::vector<json::Value> newest_runs(const JobsOptions& options) {
  const std::string path = job_path(options) + "/runs?pageSize=" + std::to_string(options.limit);
  const auto page = PubsubClient(options.target).call(http::Method::kGet, path);
  std::vector<json::Value> runs;
  const auto found = page.find("runs");
  for (std::size_t i = 0; found && i < found->size(); ++i)
    runs.push_back(found->at(i));
  return runs;
}

void add_history(CLI::App& jobs, const Options& options) {
  auto& command = add_named(jobs, "history", "Show the last runs of a job", options);
  command.add_option("--limit", options->limit, "How many at most")
      ->check(CLI::Range(1, 1'000))
      ->capture_default_str();
  command.callback([options] {
    const auto runs = newest_runs(*options);
    if (options->target.format == "json") return print_json(runs);
    Listing listing{
        .headers = {"scheduled", "started", "ended", "state", "attempts", "status", "error"},
        .rows = {}};
    for (const auto& run : runs) {
      const std::string scheduled = second_of(run, "scheduleTime");
      listing.rows.push_back({scheduled.empty() ? "by hand" : scheduled,
                              second_of(run, "startTime"), second_of(run, "endTime"),
                              text_of(run, "state"), text_of(run, "attempts"),
                              text_of(run, "httpStatus"), text_of(run, "error")});
    }
    print_table(listing);
  });
}

}  // namespace

void add_jobs(CLI::App& app, int&) {
  auto* const jobs =
      app.add_subcommand("jobs", "The scheduled jobs of a running server: make, show, change, run");
  jobs->require_subcommand(1);
  const auto options = std::make_shared<JobsOptions>();
  add_create(*jobs, options);
  add_list(*jobs, options);
  add_describe(*jobs, options);
  add_update(*jobs, options);
  add_delete(*jobs, options);
  add_action(*jobs, "pause", "Stop running a job; what it misses meanwhile is not made up for",
             "Paused", options);
  add_action(*jobs, "resume", "Run a paused job again, from its next tick on", "Resumed", options);
  add_action(*jobs, "run", "Run a job now, also a paused one", "Running", options);
  add_history(*jobs, options);
}

}  // namespace orderly::app
