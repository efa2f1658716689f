#include "simulation/simulation.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include "simulation/oracle.hpp"

namespace orderly::simulation {
namespace {

constexpr std::uint64_t kSeeds = 100;

/// `./dev simulate SEED` replays one.
std::uint64_t first_seed() {
  const char* const seed = std::getenv("ORDERLY_SEED");
  return seed == nullptr ? 1 : std::stoull(seed);
}

std::uint64_t seeds() { return std::getenv("ORDERLY_SEED") == nullptr ? kSeeds : 1; }

TEST(Simulation, keeps_every_promise_through_crashes_that_forget_unsynced_writes) {
  int crashes = 0;
  std::size_t orders = 0;
  for (std::uint64_t seed = first_seed(); seed < first_seed() + seeds(); ++seed) {
    const Report report = simulate(seed);
    crashes += report.crashes;
    orders += report.orders;
    if (seeds() == 1) std::cout << report.to_string() << '\n';
    ASSERT_TRUE(report.broken.empty())
        << report.to_string() << "\nreplay with: ./dev simulate " << seed;
  }
  if (seeds() == 1) return;
  EXPECT_GT(crashes, 50) << "the runs were too calm to prove anything";
  EXPECT_GT(orders, 1000U);
}

TEST(Simulation, repeats_a_run_from_its_seed) {
  EXPECT_EQ(simulate(7).to_string(), simulate(7).to_string());
}

}  // namespace
}  // namespace orderly::simulation
