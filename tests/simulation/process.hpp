#pragma once

#include <memory>
#include <string>

#include "app/platform.hpp"
#include "support/memory_warehouse.hpp"
#include "support/sim_loop.hpp"

namespace orderly::simulation {

/// One life of `orderly up`: the very platform that production runs, on one simulated loop, with
/// its stores on a simulated disk. Destroying it without stop() is the death of the process.
class Process {
 public:
  Process(testing::SimClock& clock, Random& random, const std::string& vfs,
          std::shared_ptr<testing::MemoryWarehouse::Storage> warehouse);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  testing::SimLoop& loop() { return *loop_; }
  app::Platform& platform() { return *platform_; }
  runtime::TaskGroup& clients() { return *clients_; }
  testing::MemoryWarehouse& warehouse() { return warehouse_; }

 private:
  telemetry::Metrics metrics_;
  testing::MemoryWarehouse warehouse_;
  std::unique_ptr<testing::SimLoop> loop_;
  std::unique_ptr<runtime::TaskGroup> clients_;
  std::unique_ptr<app::Platform> platform_;
};

}  // namespace orderly::simulation
