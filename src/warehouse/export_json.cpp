#include "warehouse/export_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "json/reader.hpp"

namespace orderly::warehouse {
namespace {

constexpr std::size_t kMaxNameSize = 64;
/// What the other parts of a name that is made leave of the table's.
constexpr std::size_t kMaxTableInName = 24;

struct Days {
  std::optional<Date> from;
  std::optional<Date> to;
};

Result<std::optional<Date>> read_date(std::string_view field,
                                      const std::optional<std::string_view>& text) {
  if (!text) return std::nullopt;
  const auto date = parse_date(*text);
  if (!date) return invalid(field, fmt::format("{} must be a date, YYYY-MM-DD", field));
  return date;
}

Result<Days> days_of_last(std::string_view unit, UtcTime now) {
  namespace chrono = std::chrono;
  const Date today = date_of(now);
  if (unit == "day") return Days{today - chrono::days(1), today - chrono::days(1)};
  if (unit != "month") return invalid("last", "last must be day or month");
  const chrono::year_month_day day(today);
  const Date first_of_this = chrono::sys_days(day.year() / day.month() / 1);
  const Date last_of_before = first_of_this - chrono::days(1);
  const chrono::year_month_day before(last_of_before);
  return Days{chrono::sys_days(before.year() / before.month() / 1), last_of_before};
}

Result<Days> range_of(const std::optional<std::string_view>& from,
                      const std::optional<std::string_view>& to,
                      const std::optional<std::string_view>& last, UtcTime now) {
  if (last) {
    if (from || to) return invalid("last", "last cannot be given together with from and to");
    return days_of_last(*last, now);
  }
  const auto first = read_date("from", from);
  if (!first) return std::unexpected(first.error());
  const auto final = read_date("to", to);
  if (!final) return std::unexpected(final.error());
  if (*first && *final && **first > **final) {
    return invalid("to", "to must not be before from");
  }
  return Days{*first, *final};
}

/// Digits alone.
std::string compact(Date date) {
  std::string text = format_date(date);
  std::erase(text, '-');
  return text;
}

std::string made_name(const ExportRequest& request, UtcTime now) {
  std::string name = request.table.substr(0, kMaxTableInName);
  if (request.from) name += "-" + compact(*request.from);
  if (request.to) name += (request.from ? "-" : "-to-") + compact(*request.to);
  const auto today = date_of(now);
  const std::chrono::hh_mm_ss time(
      std::chrono::floor<std::chrono::milliseconds>(now - UtcTime(today)));
  return name + fmt::format("-{}t{:02}{:02}{:02}{:03}z", compact(today), time.hours().count(),
                            time.minutes().count(), time.seconds().count(),
                            time.subseconds().count());
}

bool is_table_name(std::string_view name) {
  return is_export_name(name) && name.find('-') == std::string_view::npos;
}

}  // namespace

bool is_export_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !name.empty() && name.size() <= kMaxNameSize && std::ranges::all_of(name, allowed);
}

Result<ExportOrder> parse_export_order(std::string_view json, UtcTime now) {
  auto object = json::FlatObject::parse(json);
  if (!object) return std::unexpected(object.error());
  json::FieldReader fields(*object);
  ExportOrder order;
  order.request.table = fields.required_string("table");
  const auto format_name = fields.required_string("format");
  const auto from = fields.optional_string("from");
  const auto to = fields.optional_string("to");
  const auto last = fields.optional_string("last");
  const auto name = fields.optional_string("name");
  if (auto read = fields.finish(); !read) return std::unexpected(read.error());

  if (!is_table_name(order.request.table)) {
    return invalid("table", "table must be a table or view of the warehouse", "unknown_table");
  }
  const auto format = parse_export_format(format_name);
  if (!format) return invalid("format", "format must be parquet or csv");
  order.request.format = *format;
  const auto days = range_of(from, to, last, now);
  if (!days) return std::unexpected(days.error());
  order.request.from = days->from;
  order.request.to = days->to;
  if (name && !is_export_name(*name)) {
    return invalid("name", "name must be 1 to 64 of a-z, 0-9, - and _");
  }
  order.name = name ? std::string(*name) : made_name(order.request, now);
  return order;
}

}  // namespace orderly::warehouse
