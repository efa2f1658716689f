#include "scheduler/job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.hpp"
#include "http/base_url.hpp"

namespace orderly::scheduler {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kMinDeadline{15'000};
constexpr milliseconds kMaxDeadline{1'800'000};
constexpr milliseconds kMinBackoff{100};
constexpr milliseconds kMaxBackoff{3'600'000};
constexpr milliseconds kMaxRetryDuration{86'400'000};
constexpr std::size_t kMaxPlaceLength = 63;

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

Result<void> check_name_part(std::string_view part, std::string_view text, std::string_view extra,
                             std::size_t max) {
  const bool good = std::ranges::all_of(
      text, [&](char c) { return is_alphanumeric(c) || extra.find(c) != std::string_view::npos; });
  if (good && !text.empty() && text.size() <= max) return {};
  return invalid(
      "name",
      fmt::format("name: the {} has 1-{} letters, digits and any of '{}'.", part, max, extra),
      "invalid_name");
}

Result<void> check_duration(std::string_view field, milliseconds value, milliseconds min,
                            milliseconds max) {
  if (value >= min && value <= max) return {};
  const auto seconds = [](milliseconds time) { return static_cast<double>(time.count()) / 1e3; };
  return invalid(field,
                 fmt::format("{} must be from {}s to {}s.", field, seconds(min), seconds(max)),
                 "out_of_range");
}

Result<void> check_count(std::string_view field, int value, int max) {
  if (value >= 0 && value <= max) return {};
  return invalid(field, fmt::format("{} must be from 0 to {}.", field, max), "out_of_range");
}

/// RFC 9110: a token.
bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return is_alphanumeric(c) || kMarks.find(c) != std::string_view::npos;
  });
}

/// What the client writes itself, what frames a message, and what the scheduler says of a run.
bool is_reserved(std::string_view name) {
  constexpr std::array<std::string_view, 9> kNames{
      "host",    "content-length", "transfer-encoding", "connection", "upgrade", "te",
      "trailer", "expect",         "user-agent"};
  constexpr std::array<std::string_view, 3> kPrefixes{"x-cloudscheduler", "x-google-",
                                                      "x-appengine-"};
  return std::ranges::any_of(kNames, [&](auto each) { return equals_ignoring_case(each, name); }) ||
         std::ranges::any_of(kPrefixes, [&](auto prefix) {
           return equals_ignoring_case(prefix, name.substr(0, prefix.size()));
         });
}

Result<void> check_header(std::string_view name, std::string_view value) {
  constexpr std::string_view kField = "httpTarget.headers";
  if (!is_token(name)) {
    return invalid(kField, fmt::format("{}: '{}' is no name of a header.", kField, name));
  }
  if (is_reserved(name)) {
    return invalid(kField, fmt::format("{}: {} is set by the scheduler alone.", kField, name),
                   "reserved_header");
  }
  const bool printable = std::ranges::none_of(value, [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
  });
  if (!printable) {
    return invalid(kField,
                   fmt::format("{}: the value of {} has control characters.", kField, name));
  }
  return {};
}

Result<void> check_headers(const HttpTarget& target) {
  constexpr std::string_view kField = "httpTarget.headers";
  if (target.headers.size() > kMaxJobHeaders) {
    return invalid(kField, fmt::format("{}: at most {} headers.", kField, kMaxJobHeaders),
                   "too_large");
  }
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < target.headers.size(); ++i) {
    const auto& [name, value] = target.headers[i];
    if (auto checked = check_header(name, value); !checked) return checked;
    bytes += name.size() + value.size();
    for (std::size_t j = 0; j < i; ++j) {
      if (equals_ignoring_case(target.headers[j].first, name)) {
        return invalid(kField, fmt::format("{}: {} comes more than once.", kField, name));
      }
    }
  }
  if (bytes <= kMaxJobHeaderBytes) return {};
  return invalid(kField, fmt::format("{}: at most {} bytes.", kField, kMaxJobHeaderBytes),
                 "too_large");
}

/// The part of a URI that http::Client opens: without path, query and fragment.
std::string_view origin_of(std::string_view uri) {
  const std::size_t scheme = uri.find("://");
  const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
  return uri.substr(0, uri.find_first_of("/?#", host));
}

Result<void> check_uri(std::string_view uri) {
  constexpr std::string_view kField = "httpTarget.uri";
  if (uri.empty()) return invalid(kField, "httpTarget.uri is missing.", "missing_field");
  if (uri.size() > kMaxUriBytes) {
    return invalid(kField, fmt::format("{}: at most {} bytes.", kField, kMaxUriBytes), "too_large");
  }
  if (uri.starts_with("https://")) {
    return invalid(
        kField,
        "httpTarget.uri: https:// is not spoken yet; call an http:// address, or a proxy "
        "on this machine that speaks TLS.",
        "unsupported_scheme");
  }
  const bool plain = std::ranges::all_of(uri, [](char c) { return c > 0x20 && c < 0x7f; });
  if (!plain || uri.find('#') != std::string_view::npos) {
    return invalid(kField,
                   "httpTarget.uri has blanks, a fragment or bytes beyond ASCII; encode them.",
                   "malformed_url");
  }
  const auto parsed = http::parse_base_url(origin_of(uri));
  if (!parsed) {
    return invalid(kField, "httpTarget.uri: " + parsed.error().message, parsed.error().code);
  }
  return {};
}

Result<void> check_target(const HttpTarget& target) {
  if (auto checked = check_uri(target.uri); !checked) return checked;
  if (target.method == http::Method::kOther) {
    return invalid("httpTarget.httpMethod",
                   "httpTarget.httpMethod must be POST, GET, HEAD, PUT, DELETE, PATCH or OPTIONS.");
  }
  const bool takes_body = target.method == http::Method::kPost ||
                          target.method == http::Method::kPut ||
                          target.method == http::Method::kPatch;
  if (!target.body.empty() && !takes_body) {
    return invalid("httpTarget.body", "httpTarget.body goes with POST, PUT and PATCH only.");
  }
  if (target.body.size() > kMaxJobBodyBytes) {
    return invalid("httpTarget.body",
                   fmt::format("httpTarget.body: at most {} bytes.", kMaxJobBodyBytes),
                   "too_large");
  }
  return check_headers(target);
}

Result<void> check_retry(const RetryConfig& retry) {
  if (auto checked = check_count("retryConfig.retryCount", retry.retry_count, kMaxRetryCount);
      !checked) {
    return checked;
  }
  if (auto checked = check_duration("retryConfig.maxRetryDuration", retry.max_retry_duration,
                                    milliseconds(0), kMaxRetryDuration);
      !checked) {
    return checked;
  }
  if (auto checked = check_duration("retryConfig.minBackoffDuration", retry.min_backoff,
                                    kMinBackoff, kMaxBackoff);
      !checked) {
    return checked;
  }
  if (auto checked = check_duration("retryConfig.maxBackoffDuration", retry.max_backoff,
                                    kMinBackoff, kMaxBackoff);
      !checked) {
    return checked;
  }
  if (retry.min_backoff > retry.max_backoff) {
    return invalid("retryConfig.minBackoffDuration",
                   "retryConfig.minBackoffDuration must not be above maxBackoffDuration.",
                   "out_of_range");
  }
  return check_count("retryConfig.maxDoublings", retry.max_doublings, kMaxDoublings);
}

}  // namespace

Result<void> JobName::check() const {
  if (auto checked = check_name_part("project", project, "-:.", kMaxPlaceLength); !checked) {
    return checked;
  }
  if (auto checked = check_name_part("location", location, "-", kMaxPlaceLength); !checked) {
    return checked;
  }
  return check_name_part("job id", id, "-_", kMaxJobIdLength);
}

std::string JobName::full() const {
  return "projects/" + project + "/locations/" + location + "/jobs/" + id;
}

Result<JobName> JobName::parse(std::string_view full) {
  std::vector<std::string> parts;
  for (std::size_t at = 0; at <= full.size();) {
    const std::size_t slash = std::min(full.find('/', at), full.size());
    parts.emplace_back(full.substr(at, slash - at));
    at = slash + 1;
  }
  if (parts.size() != 6 || parts[0] != "projects" || parts[2] != "locations" ||
      parts[4] != "jobs") {
    return invalid("name", "name must be projects/PROJECT/locations/LOCATION/jobs/JOB.",
                   "invalid_name");
  }
  JobName name{.project = parts[1], .location = parts[3], .id = parts[5]};
  if (auto checked = name.check(); !checked) return std::unexpected(checked.error());
  return name;
}

Result<void> JobSpec::check() const {
  if (!description.empty()) {
    if (auto checked = check_text("description", description, kMaxDescriptionBytes); !checked) {
      return checked;
    }
  }
  if (auto checked = check_target(target); !checked) return checked;
  if (auto checked =
          check_duration("attemptDeadline", attempt_deadline, kMinDeadline, kMaxDeadline);
      !checked) {
    return checked;
  }
  return check_retry(retry);
}

}  // namespace orderly::scheduler
