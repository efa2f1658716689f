#include "fuzz/target.hpp"
#include "scheduler/job_json.hpp"
#include "scheduler/schedule.hpp"

namespace orderly::fuzz {
namespace {

using namespace std::chrono_literals;
using scheduler::CronSchedule;
using scheduler::LocalMinute;

constexpr LocalMinute kFrom{std::chrono::local_days{std::chrono::year{2026} / 2 / 27} + 23h +
                            58min};

void cron(std::string_view input) {
  const auto schedule = CronSchedule::parse(input);
  if (!schedule) {
    expect(schedule.error().field == "schedule", "a refusal names the field");
    return;
  }
  const auto first = schedule->first_from(kFrom);
  expect(first.has_value(), "a schedule that is taken has a next time");
  expect(*first >= kFrom && schedule->matches(*first), "which is one of its own");
  for (auto minute = kFrom; minute < std::min(*first, kFrom + 3h); minute += 1min)
    expect(!schedule->matches(minute), "and the first one");
  expect(schedule->first_from(*first) == first, "at or after");
}

/// A cron line, and behind a line feed a time zone.
void schedules(std::string_view input) {
  const auto [line, zone] = split(input, '\n');
  const auto schedule = scheduler::Schedule::parse(line, zone);
  if (!schedule) return;
  const UtcTime start{std::chrono::sys_days{std::chrono::year{2026} / 3 / 28}};
  UtcTime after = start;
  for (int i = 0; i < 3; ++i) {
    const auto next = schedule->next(after);
    if (!next) return;
    expect(*next > after, "ticks rise");
    after = *next;
  }
}

void jobs(std::string_view input) {
  const auto made = scheduler::parse_new_job(input);
  if (!made) {
    expect(!made.error().message.empty(), "a refusal says why");
    return;
  }
  if (!made->spec.check()) return;
  // With an empty mask an update takes what the body has: the same again.
  const auto again = scheduler::parse_job_update(input, "", made->spec);
  expect(again && *again == made->spec, "the same body changes nothing");
}

const Registered kCron("cron", cron);
const Registered kSchedules("schedules", schedules);
const Registered kJobs("jobs", jobs);

}  // namespace
}  // namespace orderly::fuzz
