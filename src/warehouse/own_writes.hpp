#pragma once

#include <chrono>
#include <cstddef>

#include "events/consistency_token.hpp"
#include "http/prefer.hpp"
#include "runtime/event_loop.hpp"
#include "warehouse/load_status.hpp"

/// "Reading your own write" in the warehouse: what a query with a Consistency-Token waits for. It
/// waits for positions, which are known in memory, and asks the store nothing.
namespace orderly::warehouse {

/// Queries that wait for a write to be loaded, at once.
inline constexpr std::size_t kMaxWaitingQueries = 256;

/// What the warehouse asks the read model; app/ gives it an adapter. Used on the server's loop.
class SettledOrders {
 public:
  virtual ~SettledOrders() = default;
  /// Waits until the order of `token` is settled there (visible, parked or dead), at most `wait`,
  /// and gives a cursor of its change log before which the order's row stands, if it has one.
  /// kConflict where the token is of an older epoch, kUnavailable "not_visible_yet" when the time
  /// is up. Throws Unavailable.
  virtual runtime::Task<Result<Cursor>> settled(events::ConsistencyToken token,
                                                std::chrono::seconds wait) = 0;
};

/// How far the tables are that tokens are about, and who knows of orders.
struct OwnWriteParts {
  runtime::EventLoop& loop;
  SettledOrders& orders;
  const LoadStatus& order_information;
  /// Null where products are not loaded: their tokens are then passed over.
  const LoadStatus* product_versions = nullptr;
};

class OwnWrites {
 public:
  explicit OwnWrites(OwnWriteParts parts) : parts_(parts) {}

  /// Waits until the write of `token` is in the warehouse or will never be: an order that is parked
  /// or dead is passed over. Errors as of SettledOrders; under `handling=lenient` there is success
  /// when the time is up. Throws Unavailable when too many wait.
  runtime::Task<Result<void>> wait_for(events::ConsistencyToken token, http::Preferences prefer);

  /// Queries that wait.
  [[nodiscard]] std::size_t waiting() const { return waiting_; }

 private:
  runtime::Task<Result<void>> wait_for_order(events::ConsistencyToken token,
                                             std::chrono::seconds wait);
  /// Until all up to `goal` is loaded.
  runtime::Task<Result<void>> wait_for_position(const LoadStatus& status, Cursor goal,
                                                SteadyTime deadline);

  OwnWriteParts parts_;
  std::size_t waiting_ = 0;
};

}  // namespace orderly::warehouse
