#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace orderly::simulation {

/// What a run did, to see that it did something.
struct Report {
  std::uint64_t seed = 0;
  int lives = 0;    ///< processes started
  int crashes = 0;  ///< of them, ended by a crash
  std::size_t orders = 0;
  std::size_t products = 0;
  std::size_t foreign = 0;
  std::size_t refused = 0;  ///< calls that were answered with Unavailable
  std::vector<std::string> broken;

  [[nodiscard]] std::string to_string() const;
};

/// Runs the whole pipeline from `seed`: several lives with clients that order, put products, push
/// messages twice and out of order, while the disk fails, the machine loses power in the middle of
/// a write, and the clock is set; then a quiet life, and the oracle. The same seed gives the same
/// run, to the byte.
Report simulate(std::uint64_t seed);

}  // namespace orderly::simulation
