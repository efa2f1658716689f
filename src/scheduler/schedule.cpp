#include "scheduler/schedule.hpp"

namespace orderly::scheduler {

using std::chrono::minutes;
using std::chrono::seconds;

Result<Schedule> Schedule::parse(std::string_view cron, std::string_view zone) {
  auto parsed = CronSchedule::parse(cron);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  auto found = TimeZone::find(zone);
  if (!found) return std::unexpected(std::move(found.error()));
  return Schedule(*parsed, std::move(*found));
}

std::optional<UtcTime> Schedule::next(UtcTime after) const {
  auto from = std::chrono::floor<seconds>(after) + seconds(1);
  for (;;) {
    const auto period = zone_.period_at(from);
    const std::chrono::local_seconds local((from + period.offset).time_since_epoch());
    const auto minute = cron_.first_from(std::chrono::ceil<minutes>(local));
    if (!minute) return std::nullopt;
    const std::chrono::sys_seconds tick =
        std::chrono::sys_seconds(minute->time_since_epoch()) - period.offset;
    if (tick < period.end) return tick;
    from = period.end;
  }
}

}  // namespace orderly::scheduler
