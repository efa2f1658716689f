#pragma once

#include "base/clock.hpp"
#include "base/position.hpp"
#include "base/result.hpp"
#include "runtime/task.hpp"

namespace orderly::orderinfo {

/// The promise of the product service's writer: every version after `position` is of a later time
/// than the one that was asked for.
struct ClosedTime {
  Uuid epoch;  ///< of the product feed
  Position position = 0;
};

/// The port through which prices become final (DESIGN.md, "A price is final before it is used").
/// app/ gives it an adapter: the product writer in process, or its route
/// `POST /api/v1/product/barrier {"time": RFC 3339}` → `{"epoch","position"}`.
class PriceBarrier {
 public:
  virtual ~PriceBarrier() = default;
  /// Closes all time up to and including `time`. An error where the product service refuses it, as
  /// it does with a time too far ahead of its own clock. Throws Unavailable.
  virtual runtime::Task<Result<ClosedTime>> close(UtcTime time) = 0;
};

}  // namespace orderly::orderinfo
