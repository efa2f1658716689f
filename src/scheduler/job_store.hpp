#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "scheduler/job.hpp"

namespace orderly::scheduler {

/// A job with the run that was under way when it was last saved.
struct StoredJob {
  Job job;
  std::optional<Run> run = std::nullopt;
};

/// Keeps jobs and the history of their runs. One thread; the scheduler is the only user.
/// Every change is one transaction and on the disk when the call returns. All throw Unavailable;
/// what throws had no effect that anybody sees, but may be found done after a crash, so doing it
/// again must be harmless, and is.
class JobStore {
 public:
  virtual ~JobStore() = default;

  struct Loaded {
    std::vector<StoredJob> jobs;
    std::int64_t last_run_id = 0;  ///< of all runs that there ever were
  };
  virtual Loaded load() = 0;

  /// Inserts a job, or replaces the one of its name and keeps that one's runs.
  virtual void put(const Job& job) = 0;
  /// With its runs. Nothing happens where there is none.
  virtual void remove(const JobName& name) = 0;

  struct Change {
    Job job;
    std::optional<Run> run = std::nullopt;
  };
  /// Saves how far jobs are (all but name, spec and updated; a job that is not there is passed
  /// over), and inserts or replaces their runs by id. Of each job's ended runs the last kKeptRuns
  /// stay.
  virtual void save(std::span<const Change> changes) = 0;

  /// At most `limit` runs of a job with an id below `before`, the newest first.
  virtual std::vector<Run> runs(const JobName& name, std::size_t limit, std::int64_t before) = 0;
};

}  // namespace orderly::scheduler
