#include "app/declared_jobs.hpp"

#include <CLI/CLI.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "app/config_file.hpp"
#include "app/job_flags.hpp"
#include "scheduler/job_json.hpp"
#include "scheduler/schedule.hpp"
#include "telemetry/log.hpp"

namespace orderly::app {
namespace {

struct DeclaredJob {
  scheduler::JobName name;
  scheduler::JobSpec spec;
};

/// Why the section cannot be carried out, by the key that sets the field.
[[noreturn]] void refuse(const Declarations& declarations, const Declaration& section,
                         const Error& error) {
  const std::string key = job_flag_of_field(error.field);
  throw std::runtime_error("--config: " + declarations.place(section, key) + ": " + error.message);
}

DeclaredJob parse(const Declarations& declarations, const Declaration& section,
                  const std::string& project) {
  JobFlags flags;
  CLI::App command;
  add_job_flags(command, flags);
  read_section(command, declarations, section);
  DeclaredJob job{.name = {.project = project, .id = section.name}, .spec = {}};
  if (auto checked = job.name.check(); !checked) refuse(declarations, section, checked.error());
  auto parsed = scheduler::parse_new_job(job_body(flags, ""));
  if (!parsed) refuse(declarations, section, parsed.error());
  job.spec = std::move(parsed->spec);
  if (auto checked = job.spec.check(); !checked) refuse(declarations, section, checked.error());
  const auto schedule = scheduler::Schedule::parse(job.spec.schedule, job.spec.time_zone);
  if (!schedule) refuse(declarations, section, schedule.error());
  return job;
}

/// Makes it or changes it; a job that is as declared is left alone.
Result<void> declare(scheduler::Scheduler& scheduler, const DeclaredJob& job) {
  const auto now = scheduler.get(job.name);
  if (now && now->spec == job.spec) return {};
  const auto done =
      now ? scheduler.update(job.name,
                             [&](const auto&) { return Result<scheduler::JobSpec>(job.spec); })
          : scheduler.create(job.name, job.spec);
  if (!done) return std::unexpected(done.error());
  return {};
}

}  // namespace

void declare_jobs(scheduler::Scheduler& scheduler, const Declarations& declarations,
                  const std::string& project) {
  const auto sections = declarations.of("job");
  std::vector<DeclaredJob> jobs;
  jobs.reserve(sections.size());
  for (const auto& section : sections)
    jobs.push_back(parse(declarations, section, project));
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (auto done = declare(scheduler, jobs[i]); !done) {
      refuse(declarations, sections[i], done.error());
    }
  }
  if (jobs.empty()) return;
  log::info("jobs are as the configuration file declares them",
            {{"file", declarations.file}, {"jobs", jobs.size()}});
}

}  // namespace orderly::app
