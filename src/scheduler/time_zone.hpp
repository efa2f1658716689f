#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace orderly::scheduler {

/// A time zone of the IANA database, as the system has it (/usr/share/zoneinfo; nothing is ever
/// downloaded). It is read once per process; an update of the system's tzdata counts from the next
/// start on. Known to the end of 2037, as long as the files of tzdata are; later instants keep the
/// last offset. A cheap value; any thread.
class TimeZone {
 public:
  /// kInvalid `unknown_time_zone`, field `timeZone`, for a name that is not there. Throws
  /// Unavailable where the system has no usable time zones at all.
  static Result<TimeZone> find(std::string_view name);

  /// A stretch of time without a change of the clocks.
  struct Period {
    std::chrono::sys_seconds begin;
    std::chrono::sys_seconds end;  ///< exclusive
    std::chrono::seconds offset;   ///< local time minus UTC
  };
  [[nodiscard]] Period period_at(std::chrono::sys_seconds time) const;
  [[nodiscard]] const std::string& name() const { return name_; }

 private:
  TimeZone(std::string name, const void* zone) : name_(std::move(name)), zone_(zone) {}

  std::string name_;
  const void* zone_;  ///< of the process's database, which lives as long as the process
};

}  // namespace orderly::scheduler
