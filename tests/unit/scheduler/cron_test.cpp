#include "scheduler/cron.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace orderly::scheduler {
namespace {

using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::year;
using ::testing::AllOf;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

LocalMinute at(int y, unsigned m, unsigned d, int hour = 0, int minute = 0) {
  return local_days(year(y) / std::chrono::month(m) / std::chrono::day(d)) +
         minutes(60 * hour + minute);
}

CronSchedule cron(std::string_view text) {
  auto parsed = CronSchedule::parse(text);
  if (!parsed) throw std::invalid_argument(parsed.error().message);
  return *parsed;
}

LocalMinute next(std::string_view text, LocalMinute from) {
  return cron(text).first_from(from).value();
}

std::string refusal(std::string_view text) {
  const auto parsed = CronSchedule::parse(text);
  if (parsed) return "accepted";
  EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(parsed.error().code, "invalid_schedule");
  EXPECT_EQ(parsed.error().field, "schedule");
  return parsed.error().message;
}

TEST(CronTest, SameMeaningInOtherWords) {
  const std::vector<std::pair<const char*, const char*>> pairs{
      {"*/15 * * * *", "0,15,30,45 * * * *"},
      {"1-30/10 * * * *", "1,11,21 * * * *"},
      {"0 8-18/2 * * *", "0 8,10,12,14,16,18 * * *"},
      {"0 0 * JAN-MAR *", "0 0 * 1,2,3 *"},
      {"0 0 * dec *", "0 0 * 12 *"},
      {"0 0 * * sun", "0 0 * * 0"},
      {"0 0 * * 7", "0 0 * * 0"},
      {"0 0 * * 5-7", "0 0 * * 0,5,6"},
      {"0 0 * * FRI-SUN", "0 0 * * 5-7"},
      {"0 0 * * Sun-Tue", "0 0 * * 0-2"},
      {"0 0 * * Mon,Wed,FRI", "0 0 * * 1,3,5"},
      {" \t0   0\t1 1 *  ", "0 0 1 1 *"},
      {"00 007 1 1 *", "0 7 1 1 *"},
      {"0-59 0-23 * 1-12 *", "* * * * *"},
  };
  for (const auto& [one, other] : pairs)
    EXPECT_EQ(cron(one), cron(other)) << one;
}

TEST(CronTest, RefusesWithTheFieldAndThePlace) {
  EXPECT_THAT(refusal("60 * * * *"), AllOf(HasSubstr("minute"), HasSubstr("character 1")));
  EXPECT_THAT(refusal("* 24 * * *"), AllOf(HasSubstr("hour"), HasSubstr("character 3")));
  EXPECT_THAT(refusal("* * 0 * *"), AllOf(HasSubstr("day of month"), HasSubstr("1-31")));
  EXPECT_THAT(refusal("* * * 13 *"), AllOf(HasSubstr("month"), HasSubstr("JAN-DEC")));
  EXPECT_THAT(refusal("* * * * 8"), AllOf(HasSubstr("day of week"), HasSubstr("SUN-SAT")));
  EXPECT_THAT(refusal("0 1,2,x * * *"), AllOf(HasSubstr("'x'"), HasSubstr("character 7")));
  EXPECT_THAT(refusal("5/15 * * * *"), HasSubstr("a step follows * or a range"));
  EXPECT_THAT(refusal("*/0 * * * *"), HasSubstr("a step is a number of 1-59"));
  EXPECT_THAT(refusal("30-10 * * * *"), HasSubstr("backwards"));
}

TEST(CronTest, RefusesWhatIsNoCron) {
  for (const char* bad : {"",
                          " ",
                          "* * * *",
                          "* * * * * *",
                          "@daily",
                          "every 5 minutes",
                          ", * * * *",
                          "1, * * * *",
                          "* * L * *",
                          "* * ? * *",
                          "* * * * 1#2",
                          "* * 15W * *",
                          "-1 * * * *",
                          "1- * * * *",
                          "*-5 * * * *",
                          "*/ * * * *",
                          "/5 * * * *",
                          "1.5 * * * *",
                          "+1 * * * *",
                          "1-2-3 * * * *",
                          "*/5/5 * * * *",
                          "** * * * *",
                          "* * * JANUARY *",
                          "* * * * MO",
                          "99999999999999999999 * * * *",
                          "* * * MON *",
                          "\n* * * * *"}) {
    EXPECT_THAT(refusal(bad), HasSubstr("schedule: ")) << bad;
  }
  EXPECT_THAT(refusal(std::string(501, ' ') + "* * * * *"), HasSubstr("500"));
}

TEST(CronTest, RefusesDatesThatNeverCome) {
  EXPECT_THAT(refusal("0 0 30 2 *"), HasSubstr("no year has day 30 in month 2"));
  EXPECT_THAT(refusal("0 0 31 4,6,9,11 *"), HasSubstr("no year"));
  EXPECT_THAT(refusal("0 0 31 FEB */2"), HasSubstr("no year"));
  EXPECT_EQ(refusal("0 0 29 2 *"), "accepted");
  EXPECT_EQ(refusal("0 0 30 1,2 *"), "accepted");
  EXPECT_EQ(refusal("0 0 30 2 MON"), "accepted") << "either day is enough";
}

TEST(CronTest, FindsTheNextMinute) {
  EXPECT_EQ(next("* * * * *", at(2021, 1, 18, 20, 1)), at(2021, 1, 18, 20, 1));
  EXPECT_EQ(next("0 9 * * MON", at(2021, 1, 18, 9, 1)), at(2021, 1, 25, 9, 0));
  EXPECT_EQ(next("45 23 * * 6", at(2021, 1, 18)), at(2021, 1, 23, 23, 45));
  EXPECT_EQ(next("59 23 31 12 *", at(2021, 12, 31, 23, 59)), at(2021, 12, 31, 23, 59));
  EXPECT_EQ(next("0 0 1 1 *", at(2021, 1, 1, 0, 1)), at(2022, 1, 1));
  EXPECT_EQ(next("0 0 31 * *", at(2021, 4, 1)), at(2021, 5, 31));
  EXPECT_EQ(next("30 4 * * *", at(2021, 1, 18, 4, 31)), at(2021, 1, 19, 4, 30));
}

TEST(CronTest, FindsRareDays) {
  EXPECT_EQ(next("0 0 29 2 *", at(2021, 3, 1)), at(2024, 2, 29));
  EXPECT_EQ(next("0 0 29 2 *", at(2096, 3, 1)), at(2104, 2, 29)) << "2100 is no leap year";
  EXPECT_EQ(next("0 0 29 2 */7", at(2020, 3, 1)), at(2032, 2, 29)) << "a Sunday as well";
}

TEST(CronTest, EitherDayIsEnoughWhereBothAreRestricted) {
  const auto schedule = cron("0 0 13 * FRI");
  EXPECT_TRUE(schedule.matches(at(2021, 1, 13)));  // a Wednesday
  EXPECT_TRUE(schedule.matches(at(2021, 1, 15)));  // a Friday
  EXPECT_FALSE(schedule.matches(at(2021, 1, 14)));
}

TEST(CronTest, AFieldThatBeginsWithAnAsteriskIsUnrestricted) {
  const auto odd_mondays = cron("0 0 */2 * MON");
  EXPECT_TRUE(odd_mondays.matches(at(2021, 1, 11)));
  EXPECT_FALSE(odd_mondays.matches(at(2021, 1, 18)));
  EXPECT_FALSE(odd_mondays.matches(at(2021, 1, 13)));
  const auto either = cron("0 0 1-31/2 * MON");
  EXPECT_TRUE(either.matches(at(2021, 1, 18)));
  EXPECT_TRUE(either.matches(at(2021, 1, 13)));
}

TEST(CronTest, TheCalendarEnds) {
  EXPECT_EQ(cron("0 0 1 1 *").first_from(at(9999, 1, 2)), std::nullopt);
  EXPECT_EQ(cron("* * * * *").first_from(at(9999, 12, 31, 23, 59)), at(9999, 12, 31, 23, 59));
}

rc::Gen<std::string> field(int low, int high) {
  const auto value = rc::gen::inRange(low, high + 1);
  return rc::gen::oneOf(rc::gen::just(std::string("*")),
                        rc::gen::map(value, [](int number) { return std::to_string(number); }),
                        rc::gen::map(rc::gen::inRange(1, high + 1),
                                     [](int step) { return "*/" + std::to_string(step); }),
                        rc::gen::map(rc::gen::pair(value, value), [](std::pair<int, int> ends) {
                          const auto [first, last] = std::minmax(ends.first, ends.second);
                          return std::to_string(first) + "-" + std::to_string(last);
                        }));
}

rc::Gen<std::string> expression() {
  return rc::gen::map(
      rc::gen::tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 7)),
      [](const auto& parts) {
        return std::apply(
            [](const auto&... part) {
              std::string text;
              ((text += (text.empty() ? "" : " ") + part), ...);
              return text;
            },
            parts);
      });
}

RC_GTEST_PROP(CronProperties, TheFirstIsNotEarlierMatchesAndSkipsNothing, ()) {
  const auto parsed = CronSchedule::parse(*expression());
  if (!parsed) RC_DISCARD("never occurs");
  const auto from = at(1990, 1, 1) + minutes(*rc::gen::inRange<std::int64_t>(0, 40'000'000));
  const auto found = parsed->first_from(from);
  RC_ASSERT(found.has_value());
  RC_ASSERT(*found >= from);
  RC_ASSERT(parsed->matches(*found));
  const auto end = std::min(*found, from + minutes(3'000));
  for (auto minute = from; minute < end; minute += 1min)
    RC_ASSERT(!parsed->matches(minute));
  RC_ASSERT(parsed->first_from(*found) == found);
}

RC_GTEST_PROP(CronProperties, NoTextBreaksTheParser, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::oneOf(
      rc::gen::elementOf(std::string("0123456789*/,- JANFEBSUNMOT")), rc::gen::arbitrary<char>()));
  const auto parsed = CronSchedule::parse(text);
  if (parsed) RC_ASSERT(parsed->first_from(at(2021, 1, 1)).has_value());
}

}  // namespace
}  // namespace orderly::scheduler
