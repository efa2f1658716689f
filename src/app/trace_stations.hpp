#pragma once

#include <functional>
#include <optional>

#include "app/order_trace.hpp"
#include "app/passages.hpp"
#include "broker/embedded/embedded_broker.hpp"
#include "event_publisher/relay.hpp"
#include "order/order_store.hpp"
#include "orderinfo/read_model.hpp"
#include "warehouse/load_status.hpp"

namespace orderly::app {

/// The name under which loads of order_information, and what a topic's relay publishes, are
/// recorded.
inline constexpr std::string_view kLoadHop = "load:order_information";
std::string relay_hop(std::string_view topic);

/// What this process hosts of the way of an order; null where it does not. All outlive this.
struct TraceStations {
  const Passages& passages;
  const order::OrderStore* orders = nullptr;
  std::function<Uuid()> order_epoch = nullptr;  ///< of `orders`
  const event_publisher::Relay* relay = nullptr;
  /// Of the relay's topic; how it stands there is asked on `broker_loop`.
  broker::EmbeddedBroker* broker = nullptr;
  runtime::EventLoop* broker_loop = nullptr;
  const orderinfo::ReadModel* read_model = nullptr;
  const warehouse::LoadStatus* loads = nullptr;
};

/// Adds what the stations of this process know of the order, given what the trace has already of
/// its positions. Throws Unavailable.
runtime::Task<void> add_stations(const TraceStations& stations, OrderTrace& trace);

}  // namespace orderly::app
