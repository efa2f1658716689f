#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/result.hpp"

namespace orderly {

/// A calendar date (proleptic Gregorian), year 0001–9999.
using Date = std::chrono::sys_days;

/// `YYYY-MM-DD` and a real date, or nothing.
std::optional<Date> parse_date(std::string_view text);
std::string format_date(Date date);
/// The UTC date at `time`.
Date date_of(UtcTime time);

/// The dates that a query's prefix names: `2021`, `2021-02`, `2021-02-14`, also with `/`.
struct DateRange {
  Date first;
  Date last;  ///< inclusive

  bool operator==(const DateRange&) const = default;
};
/// Nothing unless `text` is one of the three forms and names dates that exist.
std::optional<DateRange> parse_date_prefix(std::string_view text);

/// RFC 3339 in UTC with exactly six decimals: `2021-01-18T20:00:00.000000Z`.
std::string format_rfc3339(UtcTime time);
/// RFC 3339 with any offset and 0–9 decimals (digits beyond microseconds are cut off).
std::optional<UtcTime> parse_rfc3339(std::string_view text);

}  // namespace orderly
