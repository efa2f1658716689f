#pragma once

#include "runtime/event_loop.hpp"
#include "scheduler/job.hpp"

namespace orderly::scheduler {

inline constexpr std::string_view kUserAgent = "Google-Cloud-Scheduler";
inline constexpr std::string_view kDefaultContentType = "application/octet-stream";

/// One attempt of a run.
struct Call {
  HttpTarget target;
  std::string job_id;                ///< short, as the header has it
  std::optional<UtcTime> scheduled;  ///< of a run that its schedule has started
  std::chrono::milliseconds deadline;
};

/// Whom jobs call.
class Caller {
 public:
  virtual ~Caller() = default;
  /// Always gives a result; throws operation_aborted when the task is stopped.
  virtual runtime::Task<AttemptResult> call(Call call) = 0;
};

/// Calls over HTTP/1.1, as Cloud Scheduler does
/// (https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs#HttpTarget):
/// User-Agent Google-Cloud-Scheduler, X-CloudScheduler: true, X-CloudScheduler-JobName, for runs of
/// the schedule X-CloudScheduler-ScheduleTime (RFC 3339), and a body is application/octet-stream
/// unless a header says otherwise. Redirects are not followed. Used on its loop.
class HttpCaller final : public Caller {
 public:
  explicit HttpCaller(runtime::EventLoop& loop) : loop_(loop) {}
  runtime::Task<AttemptResult> call(Call call) override;

 private:
  runtime::EventLoop& loop_;
};

}  // namespace orderly::scheduler
