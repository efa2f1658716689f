#include "simulation/crash_points.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <limits>

#include "support/sanitized.hpp"

namespace orderly::simulation {

void PrintTo(const CrashHop& hop, std::ostream* out) { *out << hop.name; }

namespace {

using testing::Loss;

constexpr Loss kLosses[] = {Loss::kEverything, Loss::kNothing, Loss::kTorn, Loss::kScattered};

std::string sentences(const std::vector<std::string>& broken) {
  std::string text;
  for (const auto& one : broken)
    text += "\n  " + one;
  return text;
}

class CrashPoints : public ::testing::TestWithParam<CrashHop> {};

TEST_P(CrashPoints, of_a_hop_lose_and_double_nothing) {
  const CrashHop& hop = GetParam();
  const std::uint64_t operations = count_operations(hop);
  ASSERT_GT(operations, 0U) << "the hop writes nothing: there is nothing to prove";
  std::uint64_t points = 0;
  // One more than there are: it has done everything, and then the power fails.
  for (std::uint64_t n = 1; n <= operations + 1; ++n) {
    for (const Loss loss : kLosses) {
      // Under a sanitizer one loss a point, each in its turn.
      if (testing::kSanitized && loss != kLosses[n % std::size(kLosses)]) continue;
      ++points;
      const auto broken = die_in(hop, n, loss);
      EXPECT_TRUE(broken.empty()) << hop.name << ", operation " << n << " of " << operations
                                  << ", loss " << static_cast<int>(loss) << sentences(broken);
    }
  }
  std::cout << fmt::format("{}: {} operations, {} crash points\n", hop.name, operations, points);
}

INSTANTIATE_TEST_SUITE_P(Hops, CrashPoints, ::testing::ValuesIn(crash_hops()),
                         [](const auto& instance) {
                           std::string name = instance.param.name;
                           std::erase(name, ',');
                           std::ranges::replace(name, ' ', '_');
                           return name;
                         });

TEST(LoadCrashPoints, lose_and_double_nothing) {
  constexpr auto kNever = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t points = 0;
  ASSERT_TRUE(die_in_load(kNever, points).empty());
  ASSERT_GE(points, 4U) << "before and after the commits of two tables";
  for (std::uint64_t n = 0; n < points; ++n) {
    std::uint64_t reached = 0;
    const auto broken = die_in_load(n, reached);
    EXPECT_EQ(reached, n + 1);
    EXPECT_TRUE(broken.empty()) << "point " << n << sentences(broken);
  }
  std::cout << fmt::format("load: {} crash points\n", points);
}

}  // namespace
}  // namespace orderly::simulation
