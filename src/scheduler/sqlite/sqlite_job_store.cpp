#include "scheduler/sqlite/sqlite_job_store.hpp"

#include <unordered_map>
#include <utility>

#include "scheduler/sqlite/schema.hpp"
#include "sqlite/stored_values.hpp"
#include "sqlite/transaction.hpp"

namespace orderly::scheduler {
namespace {

using std::chrono::milliseconds;

/// A query of runs with the columns that read_run() takes, in its order, and job_id.
std::string select_runs(const char* where) {
  return std::string(
             "SELECT id, scheduled, started, ended, attempts, failures, retry_at, last_kind, "
             "last_status, last_error, job_id FROM run WHERE ") +
         where;
}

std::string encode_headers(const HttpTarget& target) {
  std::string text;
  for (const auto& [name, value] : target.headers)
    text.append(name).append(": ").append(value).append("\n");
  return text;
}

std::vector<std::pair<std::string, std::string>> decode_headers(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> headers;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::size_t colon = text.find(": ");
    if (end == std::string_view::npos || colon > end) {
      throw Unavailable("a stored header of a job is damaged");
    }
    headers.emplace_back(text.substr(0, colon), text.substr(colon + 2, end - colon - 2));
    text.remove_prefix(end + 1);
  }
  return headers;
}

std::span<const std::byte> as_blob(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

using Micros = std::optional<std::int64_t>;

Micros micros(const std::optional<UtcTime>& time) {
  return time ? Micros(sqlite::to_micros(*time)) : std::nullopt;
}

std::optional<UtcTime> read_time(const sqlite::Statement::Use& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return sqlite::from_micros(row.int64(column));
}

int read_int(const sqlite::Statement::Use& row, int column) {
  return static_cast<int>(row.int64(column));
}

/// An attempt's end as three columns.
struct StoredResult {
  explicit StoredResult(const std::optional<AttemptResult>& result) {
    if (!result) return;
    kind = static_cast<int>(result->kind);
    status = result->status;
    error = result->error;
  }
  std::optional<int> kind;
  std::optional<int> status;
  std::optional<std::string_view> error;
};

std::optional<AttemptResult> read_result(const sqlite::Statement::Use& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  const auto kind = row.int64(column);
  if (kind < 0 || kind > 2) throw Unavailable("a stored result of a job is damaged");
  return AttemptResult{.kind = static_cast<AttemptResult::Kind>(kind),
                       .status = read_int(row, column + 1),
                       .error = std::string(row.text(column + 2))};
}

Run read_run(const sqlite::Statement::Use& row) {
  return {.id = row.int64(0),
          .scheduled = read_time(row, 1),
          .started = sqlite::from_micros(row.int64(2)),
          .ended = read_time(row, 3),
          .attempts = read_int(row, 4),
          .failures = read_int(row, 5),
          .retry_at = read_time(row, 6),
          .last = read_result(row, 7)};
}

JobSpec read_spec(const sqlite::Statement::Use& row) {
  return {.description = std::string(row.text(4)),
          .schedule = std::string(row.text(5)),
          .time_zone = std::string(row.text(6)),
          .target = {.uri = std::string(row.text(7)),
                     .method = http::parse_method(row.text(8)),
                     .headers = decode_headers(row.text(9)),
                     .body = as_text(row.blob(10))},
          .attempt_deadline = milliseconds(row.int64(11)),
          .retry = {.retry_count = read_int(row, 12),
                    .max_retry_duration = milliseconds(row.int64(13)),
                    .min_backoff = milliseconds(row.int64(14)),
                    .max_backoff = milliseconds(row.int64(15)),
                    .max_doublings = read_int(row, 16)}};
}

Job read_job(const sqlite::Statement::Use& row) {
  return {.name = {.project = std::string(row.text(1)),
                   .location = std::string(row.text(2)),
                   .id = std::string(row.text(3))},
          .spec = read_spec(row),
          .state = row.int64(18) != 0 ? JobState::kPaused : JobState::kEnabled,
          .updated = sqlite::from_micros(row.int64(17)),
          .due = read_time(row, 19),
          .last_tick = read_time(row, 20),
          .run_requested = row.int64(21) != 0,
          .last_attempt = read_time(row, 22),
          .last_result = read_result(row, 23)};
}

}  // namespace

SqliteJobStore::SqliteJobStore(const sqlite::OpenOptions& options, Random& random, UtcTime now)
    : connection_(open_database(options, random, now)),
      upsert_job_(connection_.prepare(
          "INSERT INTO job (project, location, name, description, schedule, time_zone, uri, "
          "method, "
          "headers, body, attempt_deadline, retry_count, max_retry_duration, min_backoff, "
          "max_backoff, max_doublings, updated, is_paused, run_requested) "
          "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, 0, "
          "0) ON CONFLICT (project, location, name) DO UPDATE SET description = ?4, "
          "schedule = ?5, time_zone = ?6, uri = ?7, method = ?8, headers = ?9, body = ?10, "
          "attempt_deadline = ?11, retry_count = ?12, max_retry_duration = ?13, "
          "min_backoff = ?14, max_backoff = ?15, max_doublings = ?16, updated = ?17")),
      update_progress_(connection_.prepare(
          "UPDATE job SET is_paused = ?4, due = ?5, last_tick = ?6, run_requested = ?7, "
          "last_attempt = ?8, last_kind = ?9, last_status = ?10, last_error = ?11 "
          "WHERE project = ?1 AND location = ?2 AND name = ?3")),
      delete_job_(connection_.prepare(
          "DELETE FROM job WHERE project = ?1 AND location = ?2 AND name = ?3")),
      upsert_run_(connection_.prepare(
          "INSERT INTO run (id, job_id, scheduled, started, ended, attempts, failures, retry_at, "
          "last_kind, last_status, last_error) SELECT ?4, id, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
          "?13 FROM job WHERE project = ?1 AND location = ?2 AND name = ?3 "
          "ON CONFLICT (id) DO UPDATE SET ended = ?7, attempts = ?8, failures = ?9, "
          "retry_at = ?10, last_kind = ?11, last_status = ?12, last_error = ?13")),
      trim_runs_(connection_.prepare(
          "DELETE FROM run WHERE ended IS NOT NULL AND job_id = (SELECT id FROM job "
          "WHERE project = ?1 AND location = ?2 AND name = ?3) AND id <= (SELECT r.id FROM run r "
          "WHERE r.job_id = run.job_id AND r.ended IS NOT NULL ORDER BY r.id DESC "
          "LIMIT 1 OFFSET ?4)")),
      select_runs_(connection_.prepare(
          select_runs("job_id = (SELECT id FROM job WHERE project = ?1 AND location = ?2 "
                      "AND name = ?3) AND id < ?4 ORDER BY id DESC LIMIT ?5"))) {}

JobStore::Loaded SqliteJobStore::load() {
  Loaded loaded;
  std::unordered_map<std::int64_t, std::size_t> places;
  const sqlite::ReadTransaction view(connection_);
  auto select_jobs = connection_.prepare(
      "SELECT id, project, location, name, description, schedule, time_zone, uri, method, headers, "
      "body, attempt_deadline, retry_count, max_retry_duration, min_backoff, max_backoff, "
      "max_doublings, updated, is_paused, due, last_tick, run_requested, last_attempt, last_kind, "
      "last_status, last_error FROM job");
  for (auto row = select_jobs.use(); row.step();) {
    places.emplace(row.int64(0), loaded.jobs.size());
    loaded.jobs.push_back({.job = read_job(row)});
  }
  auto select_open = connection_.prepare(select_runs("ended IS NULL"));
  for (auto row = select_open.use(); row.step();)
    loaded.jobs.at(places.at(row.int64(10))).run = read_run(row);
  // What AUTOINCREMENT remembers, so that an id never comes again, also not of a deleted job's run.
  auto select_last = connection_.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'run'");
  if (auto row = select_last.use(); row.step()) loaded.last_run_id = row.int64(0);
  return loaded;
}

void SqliteJobStore::put(const Job& job) {
  const auto& [name, spec] = std::tie(job.name, job.spec);
  const std::string headers = encode_headers(spec.target);
  sqlite::WriteTransaction transaction(connection_);
  upsert_job_.run(name.project, name.location, name.id, spec.description, spec.schedule,
                  spec.time_zone, spec.target.uri, http::to_string(spec.target.method), headers,
                  as_blob(spec.target.body), spec.attempt_deadline.count(), spec.retry.retry_count,
                  spec.retry.max_retry_duration.count(), spec.retry.min_backoff.count(),
                  spec.retry.max_backoff.count(), spec.retry.max_doublings,
                  sqlite::to_micros(job.updated));
  save_progress(job);
  transaction.commit();
}

void SqliteJobStore::remove(const JobName& name) {
  sqlite::WriteTransaction transaction(connection_);
  delete_job_.run(name.project, name.location, name.id);
  transaction.commit();
}

bool SqliteJobStore::save_progress(const Job& job) {
  const auto& name = job.name;
  const StoredResult result(job.last_result);
  return update_progress_.run(
             name.project, name.location, name.id, job.state == JobState::kPaused ? 1 : 0,
             micros(job.due), micros(job.last_tick), job.run_requested ? 1 : 0,
             micros(job.last_attempt), result.kind, result.status, result.error) > 0;
}

void SqliteJobStore::save_run(const JobName& name, const Run& run) {
  const StoredResult result(run.last);
  upsert_run_.run(name.project, name.location, name.id, run.id, micros(run.scheduled),
                  sqlite::to_micros(run.started), micros(run.ended), run.attempts, run.failures,
                  micros(run.retry_at), result.kind, result.status, result.error);
  if (run.ended) {
    trim_runs_.run(name.project, name.location, name.id, static_cast<std::int64_t>(kKeptRuns));
  }
}

void SqliteJobStore::save(std::span<const Change> changes) {
  sqlite::WriteTransaction transaction(connection_);
  for (const auto& change : changes) {
    if (save_progress(change.job) && change.run) save_run(change.job.name, *change.run);
  }
  transaction.commit();
}

std::vector<Run> SqliteJobStore::runs(const JobName& name, std::size_t limit, std::int64_t before) {
  std::vector<Run> runs;
  auto row = select_runs_.use(name.project, name.location, name.id, before,
                              static_cast<std::int64_t>(limit));
  while (row.step())
    runs.push_back(read_run(row));
  return runs;
}

}  // namespace orderly::scheduler
