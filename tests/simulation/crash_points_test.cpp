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

using DieIn = std::vector<std::string> (*)(std::uint64_t n, std::uint64_t& fault_points);

void die_at_each_point(const char* name, DieIn die_in, std::uint64_t at_least) {
  constexpr auto kNever = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t points = 0;
  ASSERT_TRUE(die_in(kNever, points).empty());
  ASSERT_GE(points, at_least);
  for (std::uint64_t n = 0; n < points; ++n) {
    std::uint64_t reached = 0;
    const auto broken = die_in(n, reached);
    EXPECT_EQ(reached, n + 1);
    EXPECT_TRUE(broken.empty()) << "point " << n << sentences(broken);
  }
  std::cout << fmt::format("{}: {} crash points\n", name, points);
}

/// Before and after the commits of two tables.
TEST(LoadCrashPoints, lose_and_double_nothing) { die_at_each_point("load", die_in_load, 4); }

/// Of those that create, fill two tables, swap and keep.
TEST(WarehouseRebuildCrashPoints, lose_and_double_nothing) {
  die_at_each_point("rebuild the warehouse", die_in_warehouse_rebuild, 10);
}

}  // namespace
}  // namespace orderly::simulation
