#pragma once

#include "http/router.hpp"
#include "runtime/event_loop.hpp"
#include "scheduler/scheduler.hpp"

namespace orderly::scheduler {

/// A job with the largest body there may be, in base64.
inline constexpr std::size_t kMaxJobRequest = 256UL * 1024;

/// The jobs of Cloud Scheduler's REST interface, and the history of their runs, for callers on this
/// machine: a job makes this process call any address, so whoever may create one must own it.
/// Below /v1/projects/{project}/locations/{location}: GET and POST jobs; GET, PATCH and DELETE
/// jobs/{job}; POST jobs/{job}:pause, :resume, :run; GET jobs/{job}/runs. Projects and locations
/// are only names here. The scheduler, on `loop`, outlives the router.
void add_routes(http::Router& router, runtime::EventLoop& loop, Scheduler& scheduler);

}  // namespace orderly::scheduler
