#include "scheduler/schedule.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "base/dates.hpp"

namespace orderly::scheduler {
namespace {

using Ticks = std::vector<std::string>;

UtcTime utc(const char* text) { return parse_rfc3339(text).value(); }

/// The first `count` ticks after `after`, to the minute.
Ticks ticks(const char* cron, const char* zone, const char* after, int count) {
  const auto schedule = Schedule::parse(cron, zone);
  if (!schedule) throw std::invalid_argument(schedule.error().message);
  Ticks found;
  UtcTime time = utc(after);
  for (int i = 0; i < count; ++i) {
    time = schedule->next(time).value();
    found.push_back(format_rfc3339(time).substr(0, 16));
  }
  return found;
}

TEST(ScheduleTest, IsStrictlyAfter) {
  EXPECT_EQ(ticks("* * * * *", "UTC", "2021-01-18T20:00:00Z", 1), Ticks{"2021-01-18T20:01"});
  EXPECT_EQ(ticks("* * * * *", "UTC", "2021-01-18T19:59:59.999999Z", 1), Ticks{"2021-01-18T20:00"});
  EXPECT_EQ(ticks("* * * * *", "UTC", "2021-01-18T20:00:00.000001Z", 1), Ticks{"2021-01-18T20:01"});
  EXPECT_EQ(ticks("0 0 1 1 *", "Etc/UTC", "1969-12-31T23:59:30Z", 2),
            (Ticks{"1970-01-01T00:00", "1971-01-01T00:00"}));
}

TEST(ScheduleTest, ASkippedTimeHasNoTick) {
  EXPECT_EQ(ticks("30 2 * * *", "Europe/Berlin", "2021-03-27T00:00:00Z", 2),
            (Ticks{"2021-03-27T01:30", "2021-03-29T00:30"}));
  EXPECT_EQ(ticks("30 2 * * *", "America/New_York", "2021-03-13T00:00:00Z", 2),
            (Ticks{"2021-03-13T07:30", "2021-03-15T06:30"}));
  // Half an hour: of 02:00 to 02:29 there is nothing, of 02:30 there is.
  EXPECT_EQ(ticks("15,45 2 * * *", "Australia/Lord_Howe", "2021-10-02T12:00:00Z", 2),
            (Ticks{"2021-10-02T15:45", "2021-10-03T15:15"}));
  // Friday 2011-12-30 never was.
  EXPECT_EQ(ticks("0 12 30 12 *", "Pacific/Apia", "2010-12-31T12:00:00Z", 1),
            Ticks{"2012-12-29T22:00"});
  EXPECT_EQ(ticks("0 0 * * *", "Pacific/Apia", "2011-12-29T09:00:00Z", 2),
            (Ticks{"2011-12-29T10:00", "2011-12-30T10:00"}));
}

TEST(ScheduleTest, ADoubledTimeHasTwoTicks) {
  EXPECT_EQ(ticks("30 2 * * *", "Europe/Berlin", "2021-10-30T12:00:00Z", 3),
            (Ticks{"2021-10-31T00:30", "2021-10-31T01:30", "2021-11-01T01:30"}));
  EXPECT_EQ(ticks("30 1 * * *", "America/New_York", "2021-11-06T12:00:00Z", 3),
            (Ticks{"2021-11-07T05:30", "2021-11-07T06:30", "2021-11-08T06:30"}));
  EXPECT_EQ(ticks("45 1 * * *", "Australia/Lord_Howe", "2021-04-03T12:00:00Z", 2),
            (Ticks{"2021-04-03T14:45", "2021-04-03T15:15"}));
}

TEST(ScheduleTest, EveryMinuteIsEveryMinuteWhateverTheClocksDo) {
  const auto schedule = Schedule::parse("* * * * *", "Europe/Berlin").value();
  for (const char* day : {"2021-03-28T00:00:00Z", "2021-10-31T00:00:00Z"}) {
    UtcTime time = utc(day);
    for (int i = 0; i < 180; ++i) {
      const UtcTime next = schedule.next(time).value();
      ASSERT_EQ(next - time, std::chrono::minutes(1)) << format_rfc3339(time);
      time = next;
    }
  }
}

TEST(ScheduleTest, OffsetsOfQuarterHours) {
  EXPECT_EQ(ticks("0 9 * * *", "Asia/Kathmandu", "2021-01-18T00:00:00Z", 1),
            Ticks{"2021-01-18T03:15"});
}

TEST(ScheduleTest, KnowsTheChangesToComeUpTo2037) {
  EXPECT_EQ(ticks("0 12 1 7 *", "Europe/Berlin", "2036-01-01T00:00:00Z", 2),
            (Ticks{"2036-07-01T10:00", "2037-07-01T10:00"}));
}

TEST(ScheduleTest, RefusesAnUnknownZone) {
  for (const char* bad : {"", "Nowhere", "Europe/Atlantis", "../../etc/passwd", "europe/berlin",
                          "UTC ", "/usr/share/zoneinfo/UTC", "+01:00"}) {
    const auto schedule = Schedule::parse("* * * * *", bad);
    ASSERT_FALSE(schedule) << bad;
    EXPECT_EQ(schedule.error().code, "unknown_time_zone");
    EXPECT_EQ(schedule.error().field, "timeZone");
  }
  EXPECT_EQ(Schedule::parse("* * * *", "Nowhere").error().field, "schedule");
}

TEST(ScheduleTest, ManyThreadsMayAskAtOnce) {
  std::vector<UtcTime> found(8);
  {
    std::vector<std::jthread> threads;
    for (auto& slot : found) {
      threads.emplace_back([&slot] {
        for (const char* zone : {"Europe/Paris", "Asia/Tokyo", "America/Lima", "Africa/Cairo"})
          slot = Schedule::parse("0 0 1 * *", zone)->next(utc("2021-01-18T00:00:00Z")).value();
      });
    }
  }
  for (const UtcTime time : found)
    EXPECT_EQ(time, utc("2021-01-31T22:00:00Z"));
}

RC_GTEST_PROP(ScheduleProperties, NextIsLaterAndNothingLiesBetween, ()) {
  const std::string zone = *rc::gen::element<std::string>(
      "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia");
  const std::string cron =
      *rc::gen::element<std::string>("*/7 * * * *", "30 2 * * *", "0 0 1 * *", "15,45 1-3 * * SUN",
                                     "0 12 29 2 *", "59 23 */3 * *");
  const auto schedule = Schedule::parse(cron, zone).value();
  const UtcTime after(
      std::chrono::microseconds(*rc::gen::inRange<std::int64_t>(0, 2'100'000'000'000'000)));
  const UtcTime next = schedule.next(after).value();
  RC_ASSERT(next > after);
  // From anywhere between, it is still the next.
  const UtcTime between = after + (next - after) * *rc::gen::inRange(0, 100) / 100;
  RC_ASSERT(schedule.next(between) == next);
}

}  // namespace
}  // namespace orderly::scheduler
