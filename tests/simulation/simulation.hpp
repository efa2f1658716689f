#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace orderly::simulation {

/// What a run did, to see that it did something.
struct Report {
  std::uint64_t seed = 0;
  int lives = 0;           ///< processes started
  int crashes = 0;         ///< of them, ended by a crash in the middle of an operation of the disk
  std::size_t faults = 0;  ///< planned failures of the disk
  std::size_t clock_jumps = 0;  ///< times that the clock was set
  std::size_t put_back = 0;     ///< stores put back to an older state
  std::size_t orders = 0;
  std::size_t products = 0;
  std::size_t foreign = 0;
  std::size_t calls = 0;       ///< of customers
  std::size_t refused = 0;     ///< of them, answered with 429, 503 or 507
  std::size_t pushes = 0;      ///< requests of the network between broker and orderinfo
  std::size_t deliveries = 0;  ///< to the subscribers that watch the order
  std::size_t job_calls = 0;   ///< of the scheduler
  std::uint64_t history = 0;   ///< a digest of all that happened, with its virtual time
  std::vector<std::string> broken;

  [[nodiscard]] std::string to_string() const;
};

/// Runs the whole pipeline from `seed`: several lives with customers that order, ask, repeat and
/// send nonsense, with a network that loses, doubles and reorders pushes, with subscribers that
/// reject, while any operation of the disk fails, is slow or is the last thing before the machine
/// loses power or the process is killed, and the clock is set; then a quiet life, and the oracle.
/// The same seed gives the same run, to the byte.
Report simulate(std::uint64_t seed);

}  // namespace orderly::simulation
