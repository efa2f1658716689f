#include "app/job_flags.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <fstream>
#include <iterator>
#include <map>
#include <utility>

#include "app/duration_flag.hpp"
#include "base/text.hpp"
#include "json/writer.hpp"

namespace orderly::app {
namespace {

/// The flags and the members of the JSON that they set.
constexpr std::array<std::pair<const char*, const char*>, 16> kFields{
    {{"schedule", "schedule"},
     {"time-zone", "timeZone"},
     {"uri", "httpTarget.uri"},
     {"http-method", "httpTarget.httpMethod"},
     {"headers", "httpTarget.headers"},
     {"clear-headers", "httpTarget.headers"},
     {"message-body", "httpTarget.body"},
     {"message-body-from-file", "httpTarget.body"},
     {"clear-message-body", "httpTarget.body"},
     {"description", "description"},
     {"attempt-deadline", "attemptDeadline"},
     {"max-retry-attempts", "retryConfig.retryCount"},
     {"max-retry-duration", "retryConfig.maxRetryDuration"},
     {"min-backoff", "retryConfig.minBackoffDuration"},
     {"max-backoff", "retryConfig.maxBackoffDuration"},
     {"max-doublings", "retryConfig.maxDoublings"}}};

void add_target_flags(CLI::App& command, JobFlags& flags) {
  command.add_option("--uri", flags.uri, "http://HOST[:PORT]/PATH to call");
  command
      .add_option("--http-method", flags.http_method,
                  "post, get, head, put, delete, patch or options (default post)")
      ->transform(CLI::IsMember({"POST", "GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"},
                                CLI::ignore_case));
  command
      .add_option("--headers", flags.headers, "NAME=VALUE; several with commas or the flag again")
      ->delimiter(',');
  auto* const body =
      command.add_option("--message-body", flags.message_body, "The body of the request");
  command.add_option("--message-body-from-file", flags.message_body_file, "A file with the body")
      ->check(CLI::ExistingFile)
      ->excludes(body);
}

void add_retry_flags(CLI::App& command, JobFlags& flags) {
  const CLI::Validator duration(to_json_duration, "DURATION");
  command
      .add_option("--attempt-deadline", flags.attempt_deadline,
                  "How long an attempt may take, 15s to 30m (default 3m)")
      ->transform(duration);
  command
      .add_option("--max-retry-attempts", flags.max_retry_attempts,
                  "How often a failed attempt is repeated, 0 to 5 (default 0)")
      ->check(CLI::NonNegativeNumber);
  command
      .add_option("--max-retry-duration", flags.max_retry_duration,
                  "How long it is repeated whatever their number, up to 24h (default 0s)")
      ->transform(duration);
  command
      .add_option("--min-backoff", flags.min_backoff, "Wait before the first retry (default 5s)")
      ->transform(duration);
  command.add_option("--max-backoff", flags.max_backoff, "Longest wait, up to 1h (default 1h)")
      ->transform(duration);
  command
      .add_option("--max-doublings", flags.max_doublings,
                  "How often the wait doubles before it grows evenly, 0 to 16 (default 5)")
      ->check(CLI::NonNegativeNumber);
}

void add_all(CLI::App& command, JobFlags& flags) {
  command.add_option("--schedule", flags.schedule,
                     "When, in unix-cron format: '*/5 8-18 * * MON-FRI'");
  command.add_option("--time-zone", flags.time_zone,
                     "Whose clock the schedule goes by, such as Europe/Berlin (default Etc/UTC)");
  command.add_option("--description", flags.description, "What it is for");
  add_target_flags(command, flags);
  add_retry_flags(command, flags);
}

std::string body_of(const JobFlags& flags) {
  if (flags.message_body_file.empty()) return flags.message_body;
  std::ifstream file(flags.message_body_file, std::ios::binary);
  std::string body{std::istreambuf_iterator<char>(file), {}};
  if (!file.good() && !file.eof()) {
    throw CLI::ValidationError("--message-body-from-file",
                               "cannot read '" + flags.message_body_file + "'");
  }
  return body;
}

void write_headers(json::Writer& writer, const JobFlags& flags) {
  if (flags.headers.empty()) return;
  std::map<std::string, std::string> headers;
  for (const auto& pair : flags.headers) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw CLI::ValidationError("--headers", "expected NAME=VALUE, got '" + pair + "'");
    }
    headers[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  writer.key("headers").begin_object();
  for (const auto& [name, value] : headers)
    writer.member(name, value);
  writer.end_object();
}

void write_text(json::Writer& writer, const char* name, const std::string& value) {
  if (!value.empty()) writer.member(name, value);
}

}  // namespace

void add_job_flags(CLI::App& command, JobFlags& flags) {
  add_all(command, flags);
  command.get_option("--schedule")->required();
  command.get_option("--uri")->required();
}

void add_job_changes(CLI::App& command, JobFlags& flags) {
  add_all(command, flags);
  command.add_flag("--clear-headers", flags.clear_headers, "Send none of its own")
      ->excludes(command.get_option("--headers"));
  command.add_flag("--clear-message-body", flags.clear_message_body, "Send no body")
      ->excludes(command.get_option("--message-body"));
}

std::string job_body(const JobFlags& flags, const std::string& name) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  write_text(writer, "name", name);
  write_text(writer, "description", flags.description);
  write_text(writer, "schedule", flags.schedule);
  write_text(writer, "timeZone", flags.time_zone);
  writer.key("httpTarget").begin_object();
  write_text(writer, "uri", flags.uri);
  write_text(writer, "httpMethod", flags.http_method);
  write_headers(writer, flags);
  write_text(writer, "body", base64_encode(body_of(flags)));
  writer.end_object();
  writer.key("retryConfig").begin_object();
  if (flags.max_retry_attempts >= 0) writer.member("retryCount", flags.max_retry_attempts);
  write_text(writer, "maxRetryDuration", flags.max_retry_duration);
  write_text(writer, "minBackoffDuration", flags.min_backoff);
  write_text(writer, "maxBackoffDuration", flags.max_backoff);
  if (flags.max_doublings >= 0) writer.member("maxDoublings", flags.max_doublings);
  writer.end_object();
  write_text(writer, "attemptDeadline", flags.attempt_deadline);
  writer.end_object();
  return body;
}

std::string job_update_mask(const CLI::App& command) {
  std::string mask;
  for (const auto& [flag, field] : kFields) {
    const auto* const option = command.get_option_no_throw(std::string("--") + flag);
    if (option == nullptr || option->count() == 0) continue;
    mask.append(mask.empty() ? "" : ",").append(field);
  }
  return mask;
}

std::string job_flag_of_field(std::string_view field) {
  for (const auto& [flag, name] : kFields) {
    if (field == name) return flag;
  }
  return {};
}

}  // namespace orderly::app
