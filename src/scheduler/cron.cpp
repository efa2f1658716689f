#include "scheduler/cron.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <span>
#include <string>
#include <vector>

#include "base/text.hpp"

namespace orderly::scheduler {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::year;
using std::chrono::year_month_day;

constexpr std::array<std::string_view, 12> kMonths{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                   "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekdays{"SUN", "MON", "TUE", "WED",
                                                    "THU", "FRI", "SAT"};
constexpr int kSunday = 7;
constexpr year kLastYear{9'999};

struct Rule {
  std::string_view name;
  int min;
  int max;
  std::span<const std::string_view> names;
};
constexpr std::array<Rule, 5> kRules{{{"minute", 0, 59, {}},
                                      {"hour", 0, 23, {}},
                                      {"day of month", 1, 31, {}},
                                      {"month", 1, 12, kMonths},
                                      {"day of week", 0, kSunday, kWeekdays}}};

std::unexpected<Error> refuse(std::string message) {
  return invalid("schedule", "schedule: " + std::move(message), "invalid_schedule");
}

/// A field's text and where it stands in the whole, counted from 1.
struct Part {
  std::string_view text;
  std::size_t place;

  [[nodiscard]] Part from(std::size_t at) const { return {text.substr(at), place + at}; }
  [[nodiscard]] Part until(std::size_t end) const { return {text.substr(0, end), place}; }
};

std::unexpected<Error> refuse(const Rule& rule, const Part& part, std::string_view why) {
  return refuse(fmt::format("the {} field has '{}' at character {}: {}.", rule.name, part.text,
                            part.place, why));
}

std::string allowed(const Rule& rule) {
  std::string text = fmt::format("{}-{}", rule.min, rule.max);
  if (!rule.names.empty()) text += fmt::format(", {}-{}", rule.names.front(), rule.names.back());
  return text;
}

struct Value {
  int number;
  bool named;
};

Result<Value> parse_value(const Rule& rule, const Part& part) {
  for (std::size_t i = 0; i < rule.names.size(); ++i) {
    if (equals_ignoring_case(rule.names[i], part.text)) {
      return Value{rule.min + static_cast<int>(i), true};
    }
  }
  const auto number = parse_int64(part.text);
  if (!number || part.text.starts_with('-')) {
    return refuse(rule, part, "expected a value of " + allowed(rule));
  }
  if (*number < rule.min || *number > rule.max) {
    return refuse(rule, part, "it is not within " + allowed(rule));
  }
  return Value{static_cast<int>(*number), false};
}

struct Range {
  int first;
  int last;
};

Result<Range> parse_range(const Rule& rule, const Part& part) {
  if (part.text == "*") return Range{rule.min, rule.max};
  const std::size_t dash = part.text.find('-', 1);
  if (dash == std::string_view::npos) {
    const auto value = parse_value(rule, part);
    if (!value) return std::unexpected(value.error());
    return Range{value->number, value->number};
  }
  const auto first = parse_value(rule, part.until(dash));
  if (!first) return std::unexpected(first.error());
  auto last = parse_value(rule, part.from(dash + 1));
  if (!last) return std::unexpected(last.error());
  if (rule.max == kSunday && last->named && last->number == 0 && first->number > 0) {
    last->number = kSunday;
  }
  if (last->number < first->number) return refuse(rule, part, "the range runs backwards");
  return Range{first->number, last->number};
}

Result<int> parse_step(const Rule& rule, const Part& part) {
  const auto step = parse_int64(part.text);
  if (!step || *step < 1 || *step > rule.max) {
    return refuse(rule, part, fmt::format("a step is a number of 1-{}", rule.max));
  }
  return static_cast<int>(*step);
}

/// `*`, a value or a range, perhaps with a step.
Result<std::uint64_t> parse_item(const Rule& rule, const Part& part) {
  if (part.text.empty()) return refuse(rule, part, "a value is missing");
  const std::size_t slash = part.text.find('/');
  const Part base = part.until(slash);
  if (base.text.empty()) return refuse(rule, part, "a value is missing");
  const auto range = parse_range(rule, base);
  if (!range) return std::unexpected(range.error());
  int step = 1;
  if (slash != std::string_view::npos) {
    const bool is_range = base.text == "*" || base.text.find('-', 1) != std::string_view::npos;
    if (!is_range) return refuse(rule, part, "a step follows * or a range");
    const auto parsed = parse_step(rule, part.from(slash + 1));
    if (!parsed) return std::unexpected(parsed.error());
    step = *parsed;
  }
  std::uint64_t bits = 0;
  for (int value = range->first; value <= range->last; value += step) {
    bits |= std::uint64_t{1} << static_cast<unsigned>(value);
  }
  return bits;
}

Result<std::uint64_t> parse_field(const Rule& rule, const Part& part) {
  std::uint64_t bits = 0;
  for (std::size_t at = 0;;) {
    const std::size_t comma = part.text.find(',', at);
    const std::size_t length = comma == std::string_view::npos ? comma : comma - at;
    const auto item = parse_item(rule, part.from(at).until(length));
    if (!item) return std::unexpected(item.error());
    bits |= *item;
    if (comma == std::string_view::npos) return bits;
    at = comma + 1;
  }
}

std::vector<Part> split_fields(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  std::vector<Part> parts;
  for (std::size_t at = text.find_first_not_of(kBlanks); at != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kBlanks, at), text.size());
    parts.push_back({text.substr(at, end - at), at + 1});
    at = text.find_first_not_of(kBlanks, end);
  }
  return parts;
}

bool has(std::uint64_t bits, unsigned value) { return (bits >> value & 1U) != 0; }

/// The lowest value of `bits` that is at least `from`; 64 for none.
int lowest_from(std::uint64_t bits, unsigned from) {
  return from >= 64 ? 64 : std::countr_zero(bits >> from << from);
}

}  // namespace

Result<CronSchedule> CronSchedule::parse(std::string_view text) {
  if (text.size() > kMaxCronLength) {
    return refuse(fmt::format("it has more than {} characters.", kMaxCronLength));
  }
  const auto parts = split_fields(text);
  if (parts.size() != kRules.size()) {
    return refuse(
        fmt::format("expected five fields (minute, hour, day of month, month, day of "
                    "week), as in '*/5 8-18 * * MON-FRI'; got {}.",
                    parts.size()));
  }
  CronSchedule cron;
  const std::array fields{&cron.minutes_, &cron.hours_, &cron.days_, &cron.months_,
                          &cron.weekdays_};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto bits = parse_field(kRules[i], parts[i]);
    if (!bits) return std::unexpected(bits.error());
    *fields[i] = *bits;
  }
  if (has(cron.weekdays_, kSunday)) cron.weekdays_ |= 1U;
  cron.weekdays_ &= 0x7fU;
  cron.any_day_ = parts[2].text.starts_with('*');
  cron.any_weekday_ = parts[4].text.starts_with('*');
  if (!cron.ever_occurs()) {
    return refuse(fmt::format("no year has day {} in month {}.", parts[2].text, parts[3].text));
  }
  return cron;
}

bool CronSchedule::ever_occurs() const {
  // Either day is enough, and every month has every weekday.
  if (!any_day_ && !any_weekday_) return true;
  for (unsigned month = 1; month <= 12; ++month) {
    if (!has(months_, month)) continue;
    const year_month_day last{std::chrono::year(2000) / static_cast<int>(month) /
                              std::chrono::last};
    if (std::countr_zero(days_) <= static_cast<int>(static_cast<unsigned>(last.day()))) return true;
  }
  return false;
}

bool CronSchedule::matches_day(local_days day) const {
  const year_month_day date(day);
  if (!has(months_, static_cast<unsigned>(date.month()))) return false;
  const bool by_date = has(days_, static_cast<unsigned>(date.day()));
  const bool by_weekday = has(weekdays_, std::chrono::weekday(day).c_encoding());
  return any_day_ || any_weekday_ ? by_date && by_weekday : by_date || by_weekday;
}

bool CronSchedule::matches(LocalMinute minute) const {
  const auto day = std::chrono::floor<days>(minute);
  const auto since_midnight = minute - day;
  const auto hour = std::chrono::floor<hours>(since_midnight);
  return matches_day(day) && has(hours_, static_cast<unsigned>(hour.count())) &&
         has(minutes_, static_cast<unsigned>((since_midnight - hour).count()));
}

std::optional<minutes> CronSchedule::time_of_day(minutes from) const {
  const auto from_hour = std::chrono::floor<hours>(from);
  const auto hour_number = static_cast<unsigned>(from_hour.count());
  if (has(hours_, hour_number)) {
    const int minute = lowest_from(minutes_, static_cast<unsigned>((from - from_hour).count()));
    if (minute < 60) return from_hour + minutes(minute);
  }
  const int hour = lowest_from(hours_, hour_number + 1);
  if (hour >= 24) return std::nullopt;
  return hours(hour) + minutes(std::countr_zero(minutes_));
}

std::optional<LocalMinute> CronSchedule::first_from(LocalMinute from) const {
  auto day = std::chrono::floor<days>(from);
  minutes earliest = from - day;
  for (;; earliest = minutes(0)) {
    const year_month_day date(day);
    if (date.year() > kLastYear) return std::nullopt;
    if (!has(months_, static_cast<unsigned>(date.month()))) {
      day = local_days(year_month_day((date.year() / date.month() + std::chrono::months(1)) / 1));
      continue;
    }
    if (matches_day(day)) {
      if (const auto time = time_of_day(earliest)) return day + *time;
    }
    day += days(1);
  }
}

}  // namespace orderly::scheduler
