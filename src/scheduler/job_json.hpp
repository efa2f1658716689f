#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "json/writer.hpp"
#include "scheduler/job.hpp"

/// Jobs as Cloud Scheduler's REST interface has them
/// (https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs). What is not
/// done here (other targets, tokens) is refused by name: a setting that is accepted and ignored
/// would be a lie. What only answers have (state, times, status) is passed over.
namespace orderly::scheduler {

struct NewJob {
  std::string name;  ///< as written; may be empty
  JobSpec spec;
};
Result<NewJob> parse_new_job(std::string_view body);

/// `current` with what `mask` names (a comma-separated field mask, either spelling) taken from
/// `body`, which resets what it lacks. An empty mask names every member that `body` has.
Result<JobSpec> parse_job_update(std::string_view body, std::string_view mask,
                                 const JobSpec& current);

void write_job(json::Writer& writer, const Job& job);
/// Ours: Cloud Scheduler has no history but its logs.
void write_run(json::Writer& writer, const Run& run);

}  // namespace orderly::scheduler
