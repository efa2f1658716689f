#include "runtime/pump.hpp"

#include <algorithm>

#include "base/result.hpp"

namespace orderly::runtime {

Task<void> pump(EventLoop& loop, Hop& hop, Random& random, PumpOptions options) {
  int failures = 0;
  for (;;) {
    std::chrono::milliseconds wait{0};
    try {
      const std::size_t moved = co_await hop.move_batch();
      if (failures > 0 && options.on_recovery) options.on_recovery();
      failures = 0;
      if (moved >= options.busy_batch) wait = options.pause;
    } catch (const Unavailable& unavailable) {
      ++failures;
      wait = backoff_delay(options.backoff, failures, random);
      if (options.on_failure) options.on_failure(unavailable.what(), failures);
    }
    if (wait.count() > 0) co_await loop.sleep_for(wait);
  }
}

}  // namespace orderly::runtime
