#pragma once

#include <optional>

#include "base/idempotency.hpp"
#include "base/trace.hpp"
#include "events/feed.hpp"
#include "events/orders.hpp"
#include "order/place_order.hpp"
#include "runtime/task.hpp"

namespace orderly::order {

/// A command on its way into the store.
struct NewOrder {
  PlaceOrder command;
  std::optional<IdempotencyKey> idempotency_key;
  TraceContext trace;
};

/// An order that is accepted, with the place of its event.
struct PlacedOrder {
  events::OrderPlaced order;
  Uuid epoch;
  Position position = 0;
  UtcTime accepted_at{};
  bool replayed = false;  ///< an earlier call with the same key had placed it

  bool operator==(const PlacedOrder&) const = default;
};

/// Where accepted orders are kept; at the same time the archive of their events, which outlives
/// every broker. An order is immutable, so its event is derived from it: neither is without the
/// other (P2).
///
/// The store gives ids (UUID version 7), position (1, 2, 3, … without gaps, P3) and accepted_at,
/// which strictly ascends with the position whatever the clock does.
///
/// EventLog's members may be called from any thread.
class OrderStore : public events::EventLog<events::OrderPlaced> {
 public:
  /// Durable when it returns (P1). Called on the store's loop, also many at once; then they share a
  /// commit and its fate.
  ///
  /// With an idempotency key, kept for at least 24 hours in the transaction of its order: the same
  /// command answers with the order of the first call; another one is kIdempotencyKeyReused. The
  /// key of a call that failed is free.
  ///
  /// Throws Unavailable: nothing was changed as far as this process can know; StorageFull: nothing
  /// was changed.
  virtual runtime::Task<Result<PlacedOrder>> append(NewOrder order) = 0;

  /// The event of an order, or nothing. Any thread. Throws Unavailable.
  [[nodiscard]] virtual std::optional<events::Recorded<events::OrderPlaced>> find(
      const OrderId& id) const = 0;
};

}  // namespace orderly::order
