#include "simulation/simulation.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "support/sanitized.hpp"

namespace orderly::simulation {
namespace {

// Each shard is a test of its own, so that ctest runs them side by side; a sanitized binary is
// slower and has fewer seeds in a shard.
constexpr std::uint64_t kShards = 8;
constexpr std::uint64_t kSeedsPerShard = testing::kSanitized ? 10 : 300;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::stoull(text);
}

/// The sums of many runs.
struct Totals {
  std::uint64_t seeds = 0;
  int crashes = 0;
  std::size_t orders = 0;
  std::size_t pushes = 0;
  std::size_t deliveries = 0;
  std::size_t job_calls = 0;
  std::size_t faults = 0;
  std::size_t clock_jumps = 0;

  void add(const Report& report) {
    ++seeds;
    crashes += report.crashes;
    orders += report.orders;
    pushes += report.pushes;
    deliveries += report.deliveries;
    job_calls += report.job_calls;
    faults += report.faults;
    clock_jumps += report.clock_jumps;
  }
  [[nodiscard]] std::string to_string() const {
    return fmt::format(
        "{} seeds: {} crashes, {} faults, {} clock jumps, {} orders, {} pushes, {} deliveries, "
        "{} calls of jobs",
        seeds, crashes, faults, clock_jumps, orders, pushes, deliveries, job_calls);
  }
};

/// Runs `count` seeds from `first` on and stops at the first one that breaks a promise.
Totals run_seeds(std::uint64_t first, std::uint64_t count) {
  Totals totals;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    const Report report = simulate(seed);
    totals.add(report);
    if (count == 1) std::cout << report.to_string() << '\n';
    if (report.broken.empty()) continue;
    ADD_FAILURE() << report.to_string() << "\nreplay with: ./dev simulate " << seed;
    break;
  }
  std::cout << totals.to_string() << '\n';
  return totals;
}

class SimulationShard : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(SimulationShard, keeps_every_promise) {
  const Totals totals = run_seeds(1 + GetParam() * kSeedsPerShard, kSeedsPerShard);
  EXPECT_GT(static_cast<std::uint64_t>(totals.crashes), kSeedsPerShard / 4)
      << "the runs were too calm to prove anything";
  EXPECT_GT(totals.orders, 5 * kSeedsPerShard);
  EXPECT_GT(totals.pushes, kSeedsPerShard);
  EXPECT_GT(totals.deliveries, kSeedsPerShard);
  EXPECT_GT(totals.clock_jumps, kSeedsPerShard / 2);
  EXPECT_GT(totals.job_calls, kSeedsPerShard);
}

INSTANTIATE_TEST_SUITE_P(Seeds, SimulationShard, ::testing::Range<std::uint64_t>(0, kShards));

/// `./dev simulate SEED` and `./dev soak` run these seeds; without a seed there is nothing to do.
TEST(Simulation, replays) {
  if (std::getenv("ORDERLY_SEED") == nullptr) GTEST_SKIP() << "no ORDERLY_SEED is given";
  run_seeds(number_from("ORDERLY_SEED", 1), number_from("ORDERLY_SEEDS", 1));
}

/// The digest covers every call, every answer and every operation of the disk, with its time.
TEST(Simulation, repeats_a_run_from_its_seed) {
  for (const std::uint64_t seed : {7U, 8U, 9U}) {
    const Report first = simulate(seed);
    EXPECT_EQ(first.to_string(), simulate(seed).to_string());
    EXPECT_NE(first.history, simulate(seed + 100).history);
  }
}

}  // namespace
}  // namespace orderly::simulation
