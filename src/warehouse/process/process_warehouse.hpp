#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "telemetry/metrics.hpp"
#include "warehouse/process/messages.hpp"
#include "warehouse/warehouse.hpp"

namespace orderly::warehouse::process {

struct ProcessOptions {
  EngineOptions engine;
  /// What runs run_engine(); the pid of this process is added to its arguments.
  std::string program = "/proc/self/exe";
  std::vector<std::string> arguments = {"warehouse-engine"};
  std::size_t max_waiting = 16;  ///< queries beyond those that run
  /// How long a query may go on after the engine has interrupted it at its timeout; then the engine
  /// is killed. DuckDB heeds an interrupt between the steps of a plan only.
  std::chrono::milliseconds kill_grace{750};
  /// Bytes of the engine in memory, in MB, at which it is killed while a query runs.
  std::size_t hard_memory_mb = 1536;
  /// A step of a loader that takes longer is given up with the engine.
  std::chrono::milliseconds load_timeout{120'000};
  /// A copy of the store that takes longer is given up with the engine.
  std::chrono::milliseconds save_timeout{1'800'000};
  std::chrono::milliseconds open_timeout{120'000};  ///< a log may have to be replayed
  /// How long an engine that was told to end may take for it.
  std::chrono::milliseconds close_grace{3'000};
};

/// A warehouse whose engine is a process of its own, so that no query can hurt this one. The
/// process is watched: one that a query keeps from heeding its time or its memory is killed, and so
/// is one that does not answer. The query that is to blame gets query_timeout or query_memory, the
/// others that ran get Unavailable, those that wait for their turn go on waiting. Then the engine
/// is started again, with backoff. What a kill interrupts is as after any crash: all or nothing of
/// a load was done.
///
/// Of several queries that run when memory is short, the one that began last is to blame.
///
/// Destroy it before the event loops of its callers. Its thread is the parent of the engine.
class ProcessWarehouse final : public Warehouse {
 public:
  /// Returns once the store is open. Throws Unavailable where it cannot be.
  ProcessWarehouse(ProcessOptions options, telemetry::Metrics& metrics);
  /// Refuses what waits and closes the store.
  ~ProcessWarehouse() override;
  ProcessWarehouse(const ProcessWarehouse&) = delete;
  ProcessWarehouse& operator=(const ProcessWarehouse&) = delete;

  runtime::Task<Cursor> loaded(std::string table) override;
  runtime::Task<bool> load(Load load) override;
  runtime::Task<Cursor> loaded_beside(std::string table) override;
  runtime::Task<bool> put_in_place(std::string table, Cursor from, Cursor to) override;
  runtime::Task<SecondTables> second(SecondCommand command) override;
  runtime::Task<ComparedSecond> compare_second(CompareSecond request) override;
  runtime::Task<Result<QueryResult>> query(QueryRequest request) override;
  runtime::Task<Result<Exported>> export_to(ExportRequest request) override;
  runtime::Task<Saved> save_to(std::string file) override;

  /// The engine's pid, 0 while there is none. For tests that kill it.
  [[nodiscard]] int engine_pid() const;

 private:
  class Link;
  std::unique_ptr<Link> link_;
};

}  // namespace orderly::warehouse::process
