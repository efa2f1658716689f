#include <benchmark/benchmark.h>

#include "scheduler/schedule.hpp"

namespace orderly::scheduler {
namespace {

void parse_cron(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(CronSchedule::parse("*/5,13 8-18/2 1-7 JAN,JUL MON-FRI"));
}
BENCHMARK(parse_cron);

void parse_schedule(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(Schedule::parse("*/5 8-18 * * MON-FRI", "Europe/Berlin"));
}
BENCHMARK(parse_schedule);

/// One tick after the other.
void next_tick(benchmark::State& state, const char* cron, const char* zone) {
  const auto schedule = Schedule::parse(cron, zone).value();
  const UtcTime start(std::chrono::seconds(1'611'000'000));
  UtcTime time = start;
  for (auto _ : state) {
    time = schedule.next(time).value_or(start);
    if (time > start + std::chrono::years(10)) time = start;
  }
}
BENCHMARK_CAPTURE(next_tick, every_minute_utc, "* * * * *", "Etc/UTC");
BENCHMARK_CAPTURE(next_tick, every_minute_berlin, "* * * * *", "Europe/Berlin");
BENCHMARK_CAPTURE(next_tick, daily_new_york, "30 2 * * *", "America/New_York");
BENCHMARK_CAPTURE(next_tick, leap_days_berlin, "0 0 29 2 *", "Europe/Berlin");

}  // namespace
}  // namespace orderly::scheduler
