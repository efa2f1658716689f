#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/trace_stations.hpp"
#include "http/client.hpp"
#include "http/router.hpp"

namespace orderly::app {

/// A service that runs elsewhere and is asked for its stations.
struct TracePeer {
  std::string service;                   ///< for a person
  std::vector<Station> stations;         ///< that it has
  std::shared_ptr<http::Client> client;  ///< on the server's loop; null: its URL is not known
  std::string flag;                      ///< that would say the URL
};

/// GET /api/v1/order/trace, which asks the peers in their order, and /api/v1/order/stations, by
/// which peers ask. What is passed in outlives the router.
void add_trace_routes(http::Router& router, TraceStations stations, std::vector<TracePeer> peers);

}  // namespace orderly::app
