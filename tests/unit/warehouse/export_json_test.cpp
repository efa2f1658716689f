#include "warehouse/export_json.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace orderly::warehouse {
namespace {

UtcTime at(std::string_view time) { return parse_rfc3339(time).value(); }
Date day(std::string_view date) { return parse_date(date).value(); }

ExportOrder order_of(std::string_view more, std::string_view now) {
  const std::string body =
      R"({"table":"order_information","format":"csv")" + std::string(more) + "}";
  return parse_export_order(body, at(now)).value();
}

struct LastCase {
  std::string_view unit;
  std::string_view now;
  std::string_view from;
  std::string_view to;
};

TEST(ExportJson, the_last_day_and_month_are_those_of_utc) {
  for (const LastCase& each : {
           LastCase{"day", "2026-03-01T00:00:00Z", "2026-02-28", "2026-02-28"},
           LastCase{"day", "2026-03-01T01:30:00+02:00", "2026-02-27", "2026-02-27"},
           LastCase{"day", "2024-03-01T23:59:59.999Z", "2024-02-29", "2024-02-29"},
           LastCase{"month", "2026-01-01T00:00:00Z", "2025-12-01", "2025-12-31"},
           LastCase{"month", "2024-03-31T12:00:00Z", "2024-02-01", "2024-02-29"},
       }) {
    const auto order = order_of(R"(,"last":")" + std::string(each.unit) + "\"", each.now);
    EXPECT_EQ(order.request.from, day(each.from)) << each.now;
    EXPECT_EQ(order.request.to, day(each.to)) << each.now;
  }
}

TEST(ExportJson, names_are_made_of_table_range_and_time) {
  constexpr std::string_view kNow = "2026-11-24T12:05:09.042Z";
  EXPECT_EQ(order_of("", kNow).name, "order_information-20261124t120509042z");
  EXPECT_EQ(order_of(R"(,"from":"2021-01-02")", kNow).name,
            "order_information-20210102-20261124t120509042z");
  EXPECT_EQ(order_of(R"(,"to":"2021-01-02")", kNow).name,
            "order_information-to-20210102-20261124t120509042z");
  EXPECT_EQ(order_of(R"(,"name":"mine")", kNow).name, "mine");
}

TEST(ExportJson, a_made_name_is_a_name_whatever_the_table_is_called) {
  const std::string body = R"({"table":")" + std::string(63, 't') +
                           R"(","format":"csv","from":"2021-01-01","to":"2021-01-02"})";
  const auto order = parse_export_order(body, at("2026-11-24T12:05:09Z"));
  ASSERT_TRUE(order.has_value());
  EXPECT_TRUE(is_export_name(order->name)) << order->name;
}

}  // namespace
}  // namespace orderly::warehouse
