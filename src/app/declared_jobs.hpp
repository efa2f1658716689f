#pragma once

#include <string>

#include "app/declarations.hpp"
#include "scheduler/scheduler.hpp"

namespace orderly::app {

/// Makes the jobs that a configuration file declares in sections [job.NAME], or gives those that
/// are there what it says; their state (a paused one stays so) and history are kept, and jobs that
/// it does not name stay. All of it is checked before anything is made. Before the scheduler
/// starts. Throws std::runtime_error, or CLI::ParseError for a wrong key or value, that names file,
/// section and key; Unavailable.
void declare_jobs(scheduler::Scheduler& scheduler, const Declarations& declarations,
                  const std::string& project);

}  // namespace orderly::app
