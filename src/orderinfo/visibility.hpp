#pragma once

#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "events/consistency_token.hpp"
#include "http/prefer.hpp"
#include "orderinfo/change_watch.hpp"
#include "runtime/signal.hpp"
#include "telemetry/metrics.hpp"

namespace orderly::orderinfo {

/// Queries that may wait for a write at once; one more gets a 503.
inline constexpr std::size_t kMaxWaitingQueries = 1024;

/// Holds queries until what they ask for can be seen ("Reading your own write", DESIGN.md). Each
/// waits for its own order or position: a batch wakes those that it concerns. Used on the loop of
/// the HTTP server, which is the one it is given.
class Visibility final : private ChangeWatch::Listener {
 public:
  /// Adds itself to `watch`.
  Visibility(runtime::EventLoop& loop, const ReadModel& store, ChangeWatch& watch,
             telemetry::Metrics& metrics);
  Visibility(const Visibility&) = delete;
  Visibility& operator=(const Visibility&) = delete;

  /// Waits until the write of `token` is settled, at most as long as the caller prefers. An order
  /// is settled when it is visible, parked or dead-lettered, a product version when the copy has
  /// it. kConflict where the token is of an older epoch. When time is up: kUnavailable, or success
  /// under `handling=lenient`. Throws Unavailable when too many wait.
  runtime::Task<Result<void>> wait_for(events::ConsistencyToken token, http::Preferences prefer);

  /// Waits until `order` is visible or dead, at most `wait`; a parked one may become visible
  /// meanwhile. Throws as above.
  runtime::Task<void> wait_for_order(OrderId order, std::chrono::seconds wait);

  /// Queries that wait.
  [[nodiscard]] std::size_t waiting() const { return waiting_; }

 private:
  enum class Seen : std::uint8_t { kNotYet, kSettled, kOtherEpoch };
  /// What wakes a query, beside its time being up.
  struct Wanted {
    std::string order = {};  ///< of which something became known; empty: of none
    std::optional<Position> orders = std::nullopt;  ///< settled up to here
    std::optional<Position> products = std::nullopt;
  };
  class Place;

  void saw_change(const Change& change) override;
  void saw_visible(const OrderId& order) override;
  void saw_progress(const Progress& progress) override;
  void wake_all_of_orders();

  [[nodiscard]] Seen look_for(const events::ConsistencyToken& token) const;
  template <class Settled>
  runtime::Task<bool> wait_until(Settled settled, Wanted wanted, std::chrono::seconds wait);

  runtime::EventLoop& loop_;
  const ReadModel& store_;
  ChangeWatch& watch_;
  std::size_t waiting_ = 0;
  std::unordered_multimap<std::string, runtime::Signal*> by_order_;
  std::multimap<Position, runtime::Signal*> by_order_position_;
  std::multimap<Position, runtime::Signal*> by_product_position_;
  Progress last_;  ///< as it was told last
  telemetry::Gauge& waiting_gauge_;
  telemetry::Counter& looks_;
  telemetry::Counter& fulfilled_;
  telemetry::Counter& timed_out_;
  telemetry::Counter& refused_;
  telemetry::Histogram& seconds_;
};

/// The token that a request carries, if any. kInvalid naming the header.
Result<std::optional<events::ConsistencyToken>> consistency_token(const http::Request& request);

}  // namespace orderly::orderinfo
