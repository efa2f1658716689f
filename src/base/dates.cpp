#include "base/dates.hpp"

#include <algorithm>
#include <cstdio>

namespace orderly {
namespace {

using std::chrono::days;
using std::chrono::months;
using std::chrono::years;

/// `count` digits at the head of `text`, which are taken away; -1 if they are not all digits.
int take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return -1;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Date> real_date(int year, int month, int day) {
  if (year < 1 || month < 1 || day < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return std::nullopt;
  return Date{date};
}

/// `.ddd` of 1–9 digits as microseconds; -1 if there is no digit after the point.
int take_fraction(std::string_view& text) {
  if (!take(text, '.')) return 0;
  int micros = 0;
  std::size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits) {
    if (digits >= 9) return -1;
    if (digits < 6) micros = micros * 10 + (text.front() - '0');
    text.remove_prefix(1);
  }
  if (digits == 0) return -1;
  for (; digits < 6; ++digits)
    micros *= 10;
  return micros;
}

std::optional<std::chrono::minutes> take_offset(std::string_view& text) {
  if (take(text, 'Z') || take(text, 'z')) return std::chrono::minutes{0};
  const bool negative = text.starts_with('-');
  if (!take(text, negative ? '-' : '+')) return std::nullopt;
  const int hours = take_digits(text, 2);
  if (!take(text, ':')) return std::nullopt;
  const int minutes = take_digits(text, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
  const std::chrono::minutes offset{hours * 60 + minutes};
  return negative ? -offset : offset;
}

/// `value` as `count` decimal digits at `at`.
void put_digits(std::string& text, std::size_t at, std::size_t count, unsigned value) {
  for (std::size_t i = count; i-- > 0; value /= 10)
    text[at + i] = static_cast<char>('0' + value % 10);
}

}  // namespace

std::optional<Date> parse_date(std::string_view text) {
  const int year = take_digits(text, 4);
  if (!take(text, '-')) return std::nullopt;
  const int month = take_digits(text, 2);
  if (!take(text, '-')) return std::nullopt;
  const int day = take_digits(text, 2);
  return text.empty() ? real_date(year, month, day) : std::nullopt;
}

std::string format_date(Date date) {
  const std::chrono::year_month_day parts{date};
  const int year = static_cast<int>(parts.year());
  if (year >= 0 && year <= 9999) {
    std::string text = "0000-00-00";
    put_digits(text, 0, 4, static_cast<unsigned>(year));
    put_digits(text, 5, 2, static_cast<unsigned>(parts.month()));
    put_digits(text, 8, 2, static_cast<unsigned>(parts.day()));
    return text;
  }
  char buffer[16];
  const int length =
      std::snprintf(buffer, sizeof buffer, "%04d-%02u-%02u", year,
                    static_cast<unsigned>(parts.month()), static_cast<unsigned>(parts.day()));
  return {buffer, static_cast<std::size_t>(length)};
}

Date date_of(UtcTime time) { return std::chrono::floor<days>(time); }

std::optional<DateRange> parse_date_prefix(std::string_view text) {
  const int year = take_digits(text, 4);
  if (text.empty()) {
    const auto first = real_date(year, 1, 1);
    const auto last = real_date(year, 12, 31);
    return first && last ? std::optional(DateRange{*first, *last}) : std::nullopt;
  }
  const char separator = text.front();
  if (separator != '-' && separator != '/') return std::nullopt;
  text.remove_prefix(1);
  const int month = take_digits(text, 2);
  if (text.empty()) {
    const auto first = real_date(year, month, 1);
    if (!first) return std::nullopt;
    const std::chrono::year_month_day parts{*first};
    return DateRange{*first, Date{parts.year() / parts.month() / std::chrono::last}};
  }
  if (!take(text, separator)) return std::nullopt;
  const int day = take_digits(text, 2);
  const auto date = text.empty() ? real_date(year, month, day) : std::nullopt;
  return date ? std::optional(DateRange{*date, *date}) : std::nullopt;
}

std::string format_rfc3339(UtcTime time) {
  const Date date = date_of(time);
  const auto micros = (time - date).count();
  char buffer[40];
  const int length = std::snprintf(
      buffer, sizeof buffer, "T%02d:%02d:%02d.%06dZ", static_cast<int>(micros / 3'600'000'000),
      static_cast<int>(micros / 60'000'000 % 60), static_cast<int>(micros / 1'000'000 % 60),
      static_cast<int>(micros % 1'000'000));
  return format_date(date).append(buffer, static_cast<std::size_t>(length));
}

std::optional<UtcTime> parse_rfc3339(std::string_view text) {
  if (text.size() < 20) return std::nullopt;
  const auto date = parse_date(text.substr(0, 10));
  text.remove_prefix(10);
  if (!date || (!take(text, 'T') && !take(text, 't'))) return std::nullopt;
  const int hour = take_digits(text, 2);
  if (!take(text, ':')) return std::nullopt;
  const int minute = take_digits(text, 2);
  if (!take(text, ':')) return std::nullopt;
  const int second = take_digits(text, 2);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) {
    return std::nullopt;
  }
  const int micros = take_fraction(text);
  const auto offset = take_offset(text);
  if (micros < 0 || !offset || !text.empty()) return std::nullopt;
  const UtcTime time = UtcTime{*date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
                       std::chrono::seconds{second} + std::chrono::microseconds{micros} - *offset;
  // An offset may lead out of the years that can be written.
  const auto year = static_cast<int>(std::chrono::year_month_day{date_of(time)}.year());
  return year >= 1 && year <= 9999 ? std::optional(time) : std::nullopt;
}

}  // namespace orderly
