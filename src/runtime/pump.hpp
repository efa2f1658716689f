#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "runtime/backoff.hpp"
#include "runtime/event_loop.hpp"

namespace orderly::runtime {

/// One hop of the pipeline: read a batch after a position, write it and the new position in one
/// transaction at the far side, then acknowledge.
class Hop {
 public:
  virtual ~Hop() = default;
  /// Moves the next batch and says how many events it had; 0 when none came within the hop's own
  /// bounded wait. Throws Unavailable when it must be tried again; whatever was written before that
  /// must make a repetition harmless.
  virtual Task<std::size_t> move_batch() = 0;
};

struct PumpOptions {
  std::string name;
  BackoffPolicy backoff{std::chrono::milliseconds(50), std::chrono::milliseconds(5'000)};
  /// After a batch of at least `busy_batch` events, let the next one gather for `pause`: larger
  /// batches cost less, most of all fewer syncs, which the front door then does not wait behind
  /// (measured: 20 ms needs 2.3 times fewer projections than 5 ms). An idle pipeline never waits.
  std::size_t busy_batch = 32;
  std::chrono::milliseconds pause{20};
  /// Told of every failed pass with the number of failures in a row, and of the first success
  /// after.
  std::function<void(const std::string& error, int failures)> on_failure = nullptr;
  std::function<void()> on_recovery = nullptr;
};

/// Runs `hop` for ever: the loop that every hop shares. Ends with operation_aborted when its task
/// is stopped. Catches Unavailable, nothing else.
Task<void> pump(EventLoop& loop, Hop& hop, Random& random, PumpOptions options);

}  // namespace orderly::runtime
