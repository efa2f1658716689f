#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/cli_app.hpp"

namespace orderly::app {

/// What a job is made of, in the flags of gcloud scheduler jobs. Empty and -1: not given.
struct JobFlags {
  std::string schedule;
  std::string time_zone;
  std::string uri;
  std::string http_method;
  std::vector<std::string> headers;
  std::string message_body;
  std::string message_body_file;
  std::string description;
  std::string attempt_deadline;
  int max_retry_attempts = -1;
  std::string max_retry_duration;
  std::string min_backoff;
  std::string max_backoff;
  int max_doublings = -1;
  bool clear_headers = false;
  bool clear_message_body = false;
};

/// The flags that make one; `--schedule` and `--uri` are required.
void add_job_flags(CLI::App& command, JobFlags& flags);
/// The flags that change one.
void add_job_changes(CLI::App& command, JobFlags& flags);

/// The job in Cloud Scheduler's JSON. `name`: in full; empty: without. Throws CLI::ValidationError
/// for headers that are none and a file that cannot be read.
std::string job_body(const JobFlags& flags, const std::string& name);
/// The update mask of the flags that `command` was given; empty: none.
std::string job_update_mask(const CLI::App& command);
/// The flag, without dashes, that sets the field `field` of the JSON; empty: none.
std::string job_flag_of_field(std::string_view field);

}  // namespace orderly::app
