#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

#include "app/commands.hpp"

/// The warehouse's process adapter starts its own program as the engine, also in tests.
int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "warehouse-engine") {
    orderly::app::run_warehouse_engine(std::atoi(argv[2]));
  }
  ::testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
