#include "scheduler/run_metrics.hpp"

#include <algorithm>

namespace orderly::scheduler {
namespace {

constexpr const char* kRuns = "orderly_job_runs_total";
constexpr const char* kRunsHelp = "Runs of scheduled jobs that have ended";
constexpr const char* kAttempts = "orderly_job_attempts_total";
constexpr const char* kAttemptsHelp = "Calls that scheduled jobs have made";
constexpr const char* kOther = "(other)";

}  // namespace

RunMetrics::RunMetrics(telemetry::Metrics& metrics)
    : metrics_(metrics),
      jobs_(metrics.gauge("orderly_jobs", "Scheduled jobs")),
      running_(metrics.gauge("orderly_job_attempts_running", "Calls of scheduled jobs under way")),
      good_attempts_(metrics.counter(kAttempts, kAttemptsHelp, {{"outcome", "succeeded"}})),
      failed_attempts_(metrics.counter(kAttempts, kAttemptsHelp, {{"outcome", "failed"}})),
      late_(metrics.histogram("orderly_job_late_seconds",
                              "Time from a tick of a schedule to the start of its run")),
      took_(metrics.histogram("orderly_job_run_seconds",
                              "Time from the start of a run to its end, retries included")) {}

void RunMetrics::attempt_ends(const AttemptResult& result) {
  running_.add(-1);
  (result.is_success() ? good_attempts_ : failed_attempts_).add();
}

telemetry::Counter& RunMetrics::runs(const std::string& job, bool succeeded) {
  auto found = outcomes_.find(job);
  if (found == outcomes_.end()) {
    if (outcomes_.size() > kMaxLabelledJobs) return runs(kOther, succeeded);
    const std::string label = outcomes_.size() == kMaxLabelledJobs ? kOther : job;
    const auto counter = [&](const char* outcome) -> telemetry::Counter& {
      return metrics_.counter(kRuns, kRunsHelp, {{"job", label}, {"outcome", outcome}});
    };
    found = outcomes_.emplace(label, Outcomes{counter("succeeded"), counter("failed")}).first;
  }
  return succeeded ? found->second.succeeded : found->second.failed;
}

void RunMetrics::run_ends(const JobName& job, const Run& run) {
  // The names that nearly all jobs share would only make the label long.
  const bool usual = job.project == kDefaultProject && job.location == kDefaultLocation;
  runs(usual ? job.id : job.full(), run.succeeded()).add();
  took_.observe(std::max(*run.ended - run.started, std::chrono::microseconds(0)));
}

}  // namespace orderly::scheduler
