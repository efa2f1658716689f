#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <string>

#include "scheduler/job.hpp"
#include "telemetry/metrics.hpp"

namespace orderly::scheduler {

/// Jobs beyond the first so many are counted together, as job="(other)".
inline constexpr std::size_t kMaxLabelledJobs = 100;

/// What Prometheus sees of jobs. The scheduler's thread.
class RunMetrics {
 public:
  explicit RunMetrics(telemetry::Metrics& metrics);

  void count_jobs(std::size_t jobs) { jobs_.set(static_cast<double>(jobs)); }
  void attempt_begins() { running_.add(1); }
  void attempt_ends(const AttemptResult& result);
  /// The first attempt of a run of the schedule begins so much after its tick.
  void run_begins(std::chrono::microseconds late) { late_.observe(late); }
  void run_ends(const JobName& job, const Run& run);

 private:
  telemetry::Counter& runs(const std::string& job, bool succeeded);

  telemetry::Metrics& metrics_;
  telemetry::Gauge& jobs_;
  telemetry::Gauge& running_;
  telemetry::Counter& good_attempts_;
  telemetry::Counter& failed_attempts_;
  telemetry::Histogram& late_;
  telemetry::Histogram& took_;
  struct Outcomes {
    telemetry::Counter& succeeded;
    telemetry::Counter& failed;
  };
  std::map<std::string, Outcomes> outcomes_;  ///< by label
};

}  // namespace orderly::scheduler
