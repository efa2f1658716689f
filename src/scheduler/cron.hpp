#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.hpp"

namespace orderly::scheduler {

/// A minute on somebody's wall clock.
using LocalMinute = std::chrono::local_time<std::chrono::minutes>;

inline constexpr std::size_t kMaxCronLength = 500;

/// A schedule in unix-cron format: minute, hour, day of month, month, day of week, as crontab(5)
/// and https://cloud.google.com/scheduler/docs/configuring/cron-job-schedules have it. A value.
///
/// - A field is `*`, or a list of numbers and ranges; `*` and ranges take a step (`*/5`, `8-18/2`).
///   Months and weekdays also go by their first three letters; 0 and 7 are Sunday, and a range may
///   end with SUN (`FRI-SUN`).
/// - Where both days are restricted, either one is enough. A field that begins with `*` counts as
///   unrestricted, as in Vixie cron and cronie: `0 0 */2 * MON` means Mondays with an odd date.
/// - Refused, with the field and the place: what the above does not allow (`5/15`, `@daily`, `L`),
///   and a date that no year has (30 February).
class CronSchedule {
 public:
  /// kInvalid `invalid_schedule`, field `schedule`.
  static Result<CronSchedule> parse(std::string_view text);

  [[nodiscard]] bool matches(LocalMinute minute) const;
  /// The first minute at or after `from` that matches; nothing where the calendar ends.
  [[nodiscard]] std::optional<LocalMinute> first_from(LocalMinute from) const;

  bool operator==(const CronSchedule&) const = default;

 private:
  [[nodiscard]] bool matches_day(std::chrono::local_days day) const;
  [[nodiscard]] bool ever_occurs() const;
  /// The first minute of a day that matches, at or after `from`.
  [[nodiscard]] std::optional<std::chrono::minutes> time_of_day(std::chrono::minutes from) const;

  // A bit per value.
  std::uint64_t minutes_ = 0;
  std::uint64_t hours_ = 0;
  std::uint64_t days_ = 0;
  std::uint64_t months_ = 0;
  std::uint64_t weekdays_ = 0;  ///< Sunday is bit 0
  bool any_day_ = false;        ///< the field begins with `*`
  bool any_weekday_ = false;
};

}  // namespace orderly::scheduler
