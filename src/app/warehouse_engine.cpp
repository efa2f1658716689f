#include "app/commands.hpp"
#include "runtime/memory.hpp"
#include "telemetry/log.hpp"
#include "warehouse/duckdb/duckdb_warehouse.hpp"
#include "warehouse/process/engine.hpp"

namespace orderly::app {

void run_warehouse_engine(int parent) {
  namespace duckdb = warehouse::duckdb;
  log::configure({});
  runtime::allow_huge_pages(true);  // unlike the server: queries go through much memory
  warehouse::process::run_engine(parent, [](const warehouse::process::EngineOptions& options) {
    // A query that heeds no interrupt keeps its lane: whoever watches this process ends it.
    return std::make_unique<duckdb::DuckdbWarehouse>(
        duckdb::DuckdbOptions{.database = {.path = options.path,
                                           .catalog = options.catalog,
                                           .memory_limit_mb = options.memory_limit_mb,
                                           .threads = options.threads},
                              .lanes = {.lanes = options.lanes,
                                        .max_waiting = options.lanes,
                                        .max_resident_mb = options.soft_memory_mb,
                                        .answers_for_stuck = false}});
  });
}

}  // namespace orderly::app
