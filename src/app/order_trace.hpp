#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/position.hpp"
#include "base/result.hpp"

/// Where an order is and when it was where: plain values, and their JSON.
namespace orderly::app {

/// The stations of an order, in the order in which it comes to them.
enum class Station : std::uint8_t { kCommand, kRelay, kDelivery, kProjection, kWarehouse };
inline constexpr std::size_t kStations = 5;
std::string_view to_string(Station station);

struct TraceEntry {
  enum class State : std::uint8_t { kDone, kWaiting, kFailed, kUnknown };
  Station station = Station::kCommand;
  std::string event;  ///< as api/openapi.yaml lists them
  State state = State::kDone;
  std::optional<UtcTime> at{};  ///< nothing where it is not known
  std::string note = {};        ///< for a person
  std::string subscription = {};
  std::optional<std::int64_t> attempt{};
  std::optional<Position> position{};
  std::string error = {};

  bool operator==(const TraceEntry&) const = default;
};
std::string_view to_string(TraceEntry::State state);

struct OrderTrace {
  std::string order_id;
  std::string customer_id;  ///< empty: nobody knows; likewise:
  std::string trace_id;
  Uuid epoch;             ///< of the order feed, where
  Position position = 0;  ///< the order stands
  Position change = 0;    ///< in the read model's change log
  std::vector<TraceEntry> timeline;

  bool operator==(const OrderTrace&) const = default;
  [[nodiscard]] bool has(Station station) const;
  /// Whether anybody knows of the order.
  [[nodiscard]] bool is_known() const;
};

/// Adds what another process told; what is known already stays.
void merge(OrderTrace& trace, OrderTrace other);
/// By station, and within a station by time; what has no time comes last.
void sort(OrderTrace& trace);
/// What the order's customer may see: no deliveries, errors or notes on them.
void reduce_for_customer(OrderTrace& trace);

/// The furthest that is known: unknown, accepted, published, parked, dead_lettered, visible,
/// loaded.
std::string_view state_of(const OrderTrace& trace);

std::string to_json(const OrderTrace& trace);
Result<OrderTrace> parse_order_trace(std::string_view json);

}  // namespace orderly::app
