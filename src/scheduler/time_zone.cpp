#include "scheduler/time_zone.hpp"

#include <date/tz.h>

#include <stdexcept>

namespace orderly::scheduler {
namespace {

using std::chrono::sys_seconds;

sys_seconds to_std(date::sys_seconds time) { return sys_seconds(time.time_since_epoch()); }

/// tzdata may be installed "slim": its files then leave future changes to a rule that this reader
/// of them does not know, and every job would be an hour off for half of the year.
bool has_future_changes() {
  const date::sys_days summer = date::year(2036) / date::July / 1;
  return date::locate_zone("Europe/Berlin")->get_info(summer).offset == std::chrono::hours(2);
}

/// Throws std::runtime_error where the database cannot be used.
void check_database() {
  static const bool usable = has_future_changes();
  if (!usable) throw std::runtime_error("its files lack the changes to come (a \"slim\" build)");
}

}  // namespace

Result<TimeZone> TimeZone::find(std::string_view name) {
  try {
    check_database();
  } catch (const std::runtime_error& error) {
    throw Unavailable(std::string("the system's time zones cannot be used, is tzdata installed? ") +
                      error.what());
  }
  try {
    return TimeZone(std::string(name), date::locate_zone(name));
  } catch (const std::runtime_error&) {
    return invalid("timeZone",
                   "timeZone: '" + std::string(name) +
                       "' is no time zone of the IANA database, such as Europe/Berlin.",
                   "unknown_time_zone");
  }
}

TimeZone::Period TimeZone::period_at(sys_seconds time) const {
  const auto info = static_cast<const date::time_zone*>(zone_)->get_info(
      date::sys_seconds(time.time_since_epoch()));
  return {to_std(info.begin), to_std(info.end), info.offset};
}

}  // namespace orderly::scheduler
