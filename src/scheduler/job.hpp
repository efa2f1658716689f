#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "http/message.hpp"

/// A job, with the limits and defaults of Cloud Scheduler
/// (https://cloud.google.com/scheduler/docs/reference/rest/v1/projects.locations.jobs).
namespace orderly::scheduler {

inline constexpr std::size_t kMaxJobs = 10'000;
inline constexpr std::size_t kMaxJobIdLength = 500;
inline constexpr std::size_t kMaxDescriptionBytes = 500;
inline constexpr std::size_t kMaxUriBytes = 2'048;
inline constexpr std::size_t kMaxJobHeaders = 50;
inline constexpr std::size_t kMaxJobHeaderBytes = 8UL * 1024;  ///< names and values of one job
inline constexpr std::size_t kMaxJobBodyBytes = 100UL * 1024;
/// Bodies of all jobs together, since they are kept in memory.
inline constexpr std::size_t kMaxAllBodyBytes = 256UL * 1024 * 1024;
inline constexpr int kMaxRetryCount = 5;
inline constexpr int kMaxDoublings = 16;
inline constexpr std::size_t kKeptRuns = 100;  ///< of each job, beside the one under way

inline constexpr std::string_view kDefaultProject = "orderly";
inline constexpr std::string_view kDefaultLocation = "local";

/// `projects/PROJECT/locations/LOCATION/jobs/ID`.
struct JobName {
  std::string project{kDefaultProject};
  std::string location{kDefaultLocation};
  std::string id;

  /// kInvalid `invalid_name` for characters or lengths that Cloud Scheduler does not take.
  [[nodiscard]] Result<void> check() const;
  [[nodiscard]] std::string full() const;
  static Result<JobName> parse(std::string_view full);
  auto operator<=>(const JobName&) const = default;
};

struct HttpTarget {
  std::string uri;
  http::Method method = http::Method::kPost;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};  ///< any bytes

  bool operator==(const HttpTarget&) const = default;
};

struct RetryConfig {
  int retry_count = 0;
  std::chrono::milliseconds max_retry_duration{0};  ///< 0: the count alone decides
  std::chrono::milliseconds min_backoff{5'000};
  std::chrono::milliseconds max_backoff{3'600'000};
  int max_doublings = 5;

  bool operator==(const RetryConfig&) const = default;
};

/// What a user says about a job.
struct JobSpec {
  std::string description = {};
  std::string schedule;
  std::string time_zone = "Etc/UTC";
  HttpTarget target;
  std::chrono::milliseconds attempt_deadline{180'000};
  RetryConfig retry = {};

  /// kInvalid naming the field as the API spells it, for what is out of its bounds; the schedule is
  /// checked by Schedule::parse.
  [[nodiscard]] Result<void> check() const;
  bool operator==(const JobSpec&) const = default;
};

enum class JobState : std::uint8_t { kEnabled, kPaused };

/// How an attempt ended.
struct AttemptResult {
  enum class Kind : std::uint8_t {
    kAnswered,  ///< with `status`
    kDeadline,  ///< not within the attempt deadline
    kNoAnswer,  ///< no connection, or it broke
  };
  Kind kind = Kind::kNoAnswer;
  int status = 0;
  std::string error = {};  ///< why it counts as failed; empty for a success

  /// 2xx is; everything else is not, redirects included.
  [[nodiscard]] bool is_success() const { return kind == Kind::kAnswered && status / 100 == 2; }
  bool operator==(const AttemptResult&) const = default;
};

/// One execution of a job, with its retries.
struct Run {
  std::int64_t id = 0;
  std::optional<UtcTime> scheduled = std::nullopt;  ///< the tick; nothing: it was asked for by hand
  UtcTime started{};
  std::optional<UtcTime> ended = std::nullopt;     ///< nothing: it is under way
  int attempts = 0;                                ///< sent, as far as is known
  int failures = 0;                                ///< attempts known to have failed
  std::optional<UtcTime> retry_at = std::nullopt;  ///< waiting for its next attempt
  std::optional<AttemptResult> last = std::nullopt;

  [[nodiscard]] bool succeeded() const { return ended && last && last->is_success(); }
  bool operator==(const Run&) const = default;
};

/// A job as it stands.
struct Job {
  JobName name;
  JobSpec spec;
  JobState state = JobState::kEnabled;
  UtcTime updated{};  ///< by a user
  // How far it is.
  std::optional<UtcTime> due = std::nullopt;  ///< its next tick, perhaps past; kept while it pauses
  std::optional<UtcTime> last_tick = std::nullopt;  ///< the last one that a run was started for
  bool run_requested = false;                       ///< by hand, not started yet
  std::optional<UtcTime> last_attempt = std::nullopt;
  std::optional<AttemptResult> last_result = std::nullopt;  ///< of the last attempt that ended

  bool operator==(const Job&) const = default;
};

}  // namespace orderly::scheduler
