#pragma once

#include <cstddef>
#include <string_view>

#include "http/router.hpp"
#include "runtime/event_loop.hpp"
#include "warehouse/load_status.hpp"
#include "warehouse/warehouse.hpp"

namespace orderly::warehouse {

/// The prefix that every path also answers under.
inline constexpr std::string_view kServiceName = "warehouse-service-cqrs";

/// Queries that wait for an order to be loaded, at once.
inline constexpr std::size_t kMaxWaitingQueries = 256;

/// Adds POST /api/v1/warehouse/query, for loopback peers only, and GET / under the service's
/// prefix. All are owned by the caller and outlive the router, which serves on `loop`.
///
/// A query with a Consistency-Token of the order service is answered 503 while the order is not in
/// the warehouse, or as it stands under `Prefer: handling=lenient`; `Prefer: wait=SECONDS` holds it
/// until the order is there or the time is up. Answers carry Orderly-Position and, where the lag is
/// known, Orderly-Lag-Ms.
void add_routes(http::Router& router, runtime::EventLoop& loop, Warehouse& warehouse,
                const LoadStatus& status);

}  // namespace orderly::warehouse
