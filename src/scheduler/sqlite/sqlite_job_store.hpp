#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "scheduler/job_store.hpp"
#include "sqlite/connection.hpp"

namespace orderly::scheduler {

/// scheduler.db: a transaction a call, synced.
class SqliteJobStore final : public JobStore {
 public:
  /// Throws as sqlite::Connection and sqlite::migrate do.
  SqliteJobStore(const sqlite::OpenOptions& options, Random& random, UtcTime now);

  Loaded load() override;
  void put(const Job& job) override;
  void remove(const JobName& name) override;
  void save(std::span<const Change> changes) override;
  std::vector<Run> runs(const JobName& name, std::size_t limit, std::int64_t before) override;

 private:
  /// False: there is no such job.
  bool save_progress(const Job& job);
  void save_run(const JobName& name, const Run& run);

  sqlite::Connection connection_;
  sqlite::Statement upsert_job_, update_progress_, delete_job_;
  sqlite::Statement upsert_run_, trim_runs_, select_runs_;
};

}  // namespace orderly::scheduler
