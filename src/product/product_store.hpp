#pragma once

#include <chrono>
#include <optional>

#include "base/idempotency.hpp"
#include "base/trace.hpp"
#include "events/feed.hpp"
#include "events/products.hpp"
#include "product/products_page.hpp"
#include "product/put_product.hpp"
#include "runtime/task.hpp"

namespace orderly::product {

/// Time may be closed this far ahead of the service's own clock: what clocks may differ by.
inline constexpr std::chrono::seconds kMaxClockSkew{10};
/// A closed time is written ahead by this much, so that only one call a second has to.
inline constexpr std::chrono::seconds kClosedTimeLease{1};
/// The longest a put waits for its version to come into force. Only where the clock was set back
/// can it be more, and then the put is refused.
inline constexpr std::chrono::seconds kMaxForceWait = kMaxClockSkew + 2 * kClosedTimeLease;

/// A command on its way into the store.
struct NewVersion {
  PutProduct command;
  std::optional<IdempotencyKey> idempotency_key;
  TraceContext trace;
};

/// A version that is accepted, with the place of its event.
struct PutOutcome {
  events::ProductPut product;
  Uuid epoch;
  Position position = 0;
  UtcTime valid_from{};   ///< in force from then on; the event's acceptance time
  bool replayed = false;  ///< an earlier call with the same key had put it

  bool operator==(const PutOutcome&) const = default;
};

/// A promise: the time of every version after `position` is later than the one asked for.
struct ClosedTime {
  Uuid epoch;
  Position position = 0;

  bool operator==(const ClosedTime&) const = default;
};

/// Where product versions are kept; at the same time the archive of their events.
///
/// Versions' times strictly ascend with the position, whatever the clock does, and stay behind
/// every time that was closed. So a reader that has the versions up to the position of a closed
/// time knows every price in force until then, for ever (P8).
///
/// put() and close() are called on the store's loop, the other members from any thread. All but
/// close_at_once() throw Unavailable.
class ProductStore : public events::EventLog<events::ProductPut> {
 public:
  /// Adds a version. Durable and in force when it returns: a version whose time lies ahead of the
  /// clock, because that time was closed before or the clock was set back, is waited for. One that
  /// would lie more than kMaxForceWait ahead is kUnavailable with code "clock_set_back" and changes
  /// nothing. Idempotency keys and failures as order::OrderStore::append; Unavailable is also
  /// thrown where the clock is set back during the wait, and then the version stays.
  virtual runtime::Task<Result<PutOutcome>> put(NewVersion version) = 0;

  /// Promises that every later version's time is after `time`, and answers with the newest position
  /// there is. The promise outlives crashes and clocks set back; it is written ahead in leases, so
  /// most calls write nothing. kConflict with code "clock_skew" where `time` is more than
  /// kMaxClockSkew ahead of the clock.
  virtual runtime::Task<Result<ClosedTime>> close(UtcTime time) = 0;

  /// close() from any thread and without the way through the loop, which is longer than the work.
  /// Nothing, and nothing is promised, where only the loop can tell: a version is being written, or
  /// a lease has to be, or the time would be refused.
  virtual std::optional<ClosedTime> close_at_once(UtcTime time) = 0;

  /// The newest version.
  [[nodiscard]] virtual std::optional<events::ProductPut> get(const ProductId& id) const = 0;
  [[nodiscard]] virtual ProductPage list(const ProductQuery& query) const = 0;
};

}  // namespace orderly::product
