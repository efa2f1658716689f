#pragma once

#include <optional>
#include <string_view>

#include "base/clock.hpp"
#include "scheduler/cron.hpp"
#include "scheduler/time_zone.hpp"

namespace orderly::scheduler {

/// A cron schedule on the wall clock of a time zone. It has a tick at every instant at which that
/// clock begins to show a minute that matches: a time that is skipped (clocks go forward) has no
/// tick that day, one that comes twice (clocks go back) has two. So does Cloud Scheduler run on
/// wall clock time. A value; any thread.
class Schedule {
 public:
  Schedule(const CronSchedule& cron, TimeZone zone) : cron_(cron), zone_(std::move(zone)) {}
  /// kInvalid as CronSchedule and TimeZone say.
  static Result<Schedule> parse(std::string_view cron, std::string_view zone);

  /// The first tick after `after`; nothing where the calendar ends.
  [[nodiscard]] std::optional<UtcTime> next(UtcTime after) const;

 private:
  CronSchedule cron_;
  TimeZone zone_;
};

}  // namespace orderly::scheduler
