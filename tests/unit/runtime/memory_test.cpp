#include "runtime/memory.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace orderly::runtime {
namespace {

/// As proc(5) has it of this process: 0 or 1.
int huge_pages_of_this_process() {
  std::ifstream status("/proc/self/status");
  for (std::string name; status >> name;) {
    int value = -1;
    if (name == "THP_enabled:" && status >> value) return value;
  }
  return -1;
}

TEST(Memory, ComesInHugePagesOrNotAsAsked) {
  allow_huge_pages(false);
  EXPECT_EQ(huge_pages_of_this_process(), 0);
  allow_huge_pages(true);
  EXPECT_EQ(huge_pages_of_this_process(), 1);
}

}  // namespace
}  // namespace orderly::runtime
