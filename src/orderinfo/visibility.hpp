#pragma once

#include <atomic>
#include <chrono>
#include <optional>

#include "events/consistency_token.hpp"
#include "http/prefer.hpp"
#include "orderinfo/read_model.hpp"
#include "runtime/signal.hpp"
#include "telemetry/metrics.hpp"

namespace orderly::orderinfo {

/// Queries that may wait for a write at once; one more gets a 503.
inline constexpr std::size_t kMaxWaitingQueries = 1024;

/// Holds queries until what they ask for can be seen ("Reading your own write", DESIGN.md). Used on
/// the loop of the HTTP server, which is the one it is given.
class Visibility {
 public:
  /// `changed` is notified when something became visible or was settled.
  Visibility(runtime::EventLoop& loop, const ReadModel& store, runtime::Signal& changed,
             telemetry::Metrics& metrics);

  /// Waits until the write of `token` is settled, at most as long as the caller prefers. An order
  /// is settled when it is visible, parked or dead-lettered, a product version when the copy has
  /// it. kConflict where the token is of an older epoch. When time is up: kUnavailable, or success
  /// under `handling=lenient`. Throws Unavailable when too many wait.
  runtime::Task<Result<void>> wait_for(events::ConsistencyToken token, http::Preferences prefer);

  /// Waits until `order` is visible or dead, at most `wait`; a parked one may become visible
  /// meanwhile. Throws as above.
  runtime::Task<void> wait_for_order(OrderId order, std::chrono::seconds wait);

 private:
  enum class Seen : std::uint8_t { kNotYet, kSettled, kOtherEpoch };

  [[nodiscard]] Seen look_for(const events::ConsistencyToken& token) const;
  template <class Settled>
  runtime::Task<bool> wait_until(Settled settled, std::chrono::seconds wait);

  runtime::EventLoop& loop_;
  const ReadModel& store_;
  runtime::Signal& changed_;
  std::size_t waiting_ = 0;
  telemetry::Gauge& waiting_gauge_;
  telemetry::Counter& fulfilled_;
  telemetry::Counter& timed_out_;
  telemetry::Counter& refused_;
  telemetry::Histogram& seconds_;
};

/// The token that a request carries, if any. kInvalid naming the header.
Result<std::optional<events::ConsistencyToken>> consistency_token(const http::Request& request);

}  // namespace orderly::orderinfo
