#include "simulation/process.hpp"

namespace orderly::simulation {

Process::Process(testing::SimClock& clock, Random& random, const std::string& vfs,
                 std::shared_ptr<testing::MemoryWarehouse::Storage> warehouse)
    : warehouse_(std::move(warehouse)),
      loop_(std::make_unique<testing::SimLoop>(clock)),
      clients_(std::make_unique<runtime::TaskGroup>(*loop_)) {
  app::NodeOptions options;
  options.services = app::Services::all();
  options.audit_minutes = 0;  // the warehouse of the simulation does not know SQL
  platform_ = std::make_unique<app::Platform>(
      app::Seams{.front = *loop_,
                 .background = *loop_,
                 .audit = *loop_,
                 .front_random = random,
                 .background_random = random,
                 .metrics = metrics_,
                 .vfs = vfs,
                 .file = [](const std::string& name) { return name; }},
      options, &warehouse_);
  platform_->start();
}

Process::~Process() {
  loop_.reset();  // with every coroutine; only then what they refer to
}

}  // namespace orderly::simulation
