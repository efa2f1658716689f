#pragma once

#include <cstddef>

#include "http/router.hpp"
#include "runtime/event_loop.hpp"
#include "warehouse/load_status.hpp"
#include "warehouse/warehouse.hpp"

namespace orderly::warehouse {

/// Queries that wait for an order to be loaded, at once.
inline constexpr std::size_t kMaxWaitingQueries = 256;

/// Adds POST /api/v1/warehouse/query, for loopback peers only. All are owned by the caller and
/// outlive the router, which serves on `loop`.
///
/// A Consistency-Token of the order service together with `Prefer: wait=SECONDS` holds the query
/// until the order is in the warehouse; when the time is up it is answered 503, or as it stands
/// under `Prefer: handling=lenient`. Answers carry Orderly-Position and, where the lag is known,
/// Orderly-Lag-Ms.
void add_routes(http::Router& router, runtime::EventLoop& loop, Warehouse& warehouse,
                const LoadStatus& status);

}  // namespace orderly::warehouse
