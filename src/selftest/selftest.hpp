#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace orderly::selftest {

struct Options {
  std::string program;         ///< the orderly that is tested
  std::filesystem::path data;  ///< a scratch folder
  std::chrono::seconds duration{60};
  std::uint64_t seed = 0;
  bool keep = false;  ///< leaves what was made, also where all is well
};

/// Chaos on this machine: runs the platform, first in one process and then in five, puts load on
/// it, kills processes at random moments, delays and cuts what they say to each other; then waits
/// for quiet, counts from its own record of what was acknowledged, asks the platform to verify
/// itself, and prints a report. True: nothing was lost and nothing doubled. Throws
/// std::runtime_error where it could not be run, among others where `data` is not empty.
bool run(const Options& options);

/// Counts once more what a run that kept its data has left.
bool count_again(const Options& options);

}  // namespace orderly::selftest
