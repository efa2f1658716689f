#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "scheduler/job_store.hpp"

namespace orderly::scheduler::testing {

/// One data set of an adapter, which lives on through restarts.
class JobStoreWorld {
 public:
  virtual ~JobStoreWorld() = default;
  virtual JobStore& store() = 0;
  /// The process ends in good order and starts again.
  virtual void restart() = 0;
  /// The machine does not end in good order; a store that is elsewhere may do as restart().
  virtual void crash() = 0;
};

struct JobStoreAdapter {
  std::string name;
  std::function<std::unique_ptr<JobStoreWorld>()> fresh_world;
};

/// The suite that every adapter of the port passes.
class JobStoreConformance : public ::testing::TestWithParam<JobStoreAdapter> {
 protected:
  JobStoreConformance() : world_(GetParam().fresh_world()) {}

  JobStore& store() { return world_->store(); }

  std::unique_ptr<JobStoreWorld> world_;
};

}  // namespace orderly::scheduler::testing
