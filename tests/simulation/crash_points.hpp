#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "simulation/customers.hpp"
#include "simulation/process.hpp"

namespace orderly::simulation {

/// One hop of the pipeline, small enough to die in each of its durable operations.
struct CrashHop {
  std::string name;
  app::Services services;  ///< of the process that dies
  std::string file;        ///< the database whose operations belong to the hop
  /// What is there before, made by processes that nothing happens to.
  std::function<void(Machine&, Customers&)> prepare = nullptr;
  /// What customers do in the process that dies; nothing: it only starts and does its work.
  std::function<runtime::Task<void>(Process&, Customers&)> act = nullptr;
  bool stops = false;  ///< it is asked to stop when all is quiet
};

/// All hops: each durable step between a request and the warehouse.
std::vector<CrashHop> crash_hops();

/// How many durable operations the hop has.
std::uint64_t count_operations(const CrashHop& hop);

/// The machine dies in operation `n` of the hop, of which `loss` decides what is left: with
/// kNothing the operation is done and only the process gone, with kEverything it never happened,
/// nor what was not synced before it. Then it starts again, comes to rest, and the oracle looks.
std::vector<std::string> die_in(const CrashHop& hop, std::uint64_t n, testing::Loss loss);

/// The same for a load of the warehouse, whose transactions have no operations of a disk here: dies
/// just before (even) or just after (odd) its commits. `fault_points` is set to how many there
/// were.
std::vector<std::string> die_in_load(std::uint64_t n, std::uint64_t& fault_points);
/// The same for a rebuild of the warehouse.
std::vector<std::string> die_in_warehouse_rebuild(std::uint64_t n, std::uint64_t& fault_points);

}  // namespace orderly::simulation
