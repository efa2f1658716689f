#include "scheduler/sqlite/schema.hpp"

#include <array>
#include <string_view>

#include "base/ids.hpp"
#include "sqlite/migrations.hpp"

namespace orderly::scheduler {
namespace {

/// Times are in microseconds since 1970, durations in milliseconds. `headers` is a line for each,
/// `Name: value`; a header's value has no line feed. `last_kind` and `last_status` say how the last
/// attempt ended (0 answered, 1 deadline, 2 no answer). A run that has not ended has either a
/// retry_at or an attempt under way; there is at most one a job.
constexpr std::string_view kJobs = R"sql(
CREATE TABLE job (
  id INTEGER PRIMARY KEY,
  project TEXT NOT NULL,
  location TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  schedule TEXT NOT NULL,
  time_zone TEXT NOT NULL,
  uri TEXT NOT NULL,
  method TEXT NOT NULL,
  headers TEXT NOT NULL,
  body BLOB NOT NULL,
  attempt_deadline INTEGER NOT NULL,
  retry_count INTEGER NOT NULL,
  max_retry_duration INTEGER NOT NULL,
  min_backoff INTEGER NOT NULL,
  max_backoff INTEGER NOT NULL,
  max_doublings INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  is_paused INTEGER NOT NULL,
  due INTEGER,
  last_tick INTEGER,
  run_requested INTEGER NOT NULL,
  last_attempt INTEGER,
  last_kind INTEGER,
  last_status INTEGER,
  last_error TEXT,
  UNIQUE (project, location, name)
) STRICT;
CREATE TABLE run (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  job_id INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
  scheduled INTEGER,
  started INTEGER NOT NULL,
  ended INTEGER,
  attempts INTEGER NOT NULL,
  failures INTEGER NOT NULL,
  retry_at INTEGER,
  last_kind INTEGER,
  last_status INTEGER,
  last_error TEXT
) STRICT;
CREATE INDEX run_of_job ON run (job_id, id);
CREATE UNIQUE INDEX run_under_way ON run (job_id) WHERE ended IS NULL;
)sql";

constexpr std::array kMigrations{sqlite::Migration{1, "jobs and their runs", kJobs}};

constexpr sqlite::Schema kSchema{"scheduler", sqlite::application_id("OrdS"), kMigrations};

}  // namespace

sqlite::Connection open_database(const sqlite::OpenOptions& options, Random& random, UtcTime now) {
  sqlite::Connection connection(options);
  sqlite::migrate(connection, kSchema, UuidSource(random).next(now));
  return connection;
}

}  // namespace orderly::scheduler
