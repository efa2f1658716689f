#pragma once

#include <string_view>

#include "http/router.hpp"
#include "runtime/event_loop.hpp"
#include "warehouse/load_status.hpp"
#include "warehouse/own_writes.hpp"
#include "warehouse/warehouse.hpp"

namespace orderly::warehouse {

/// The prefix that every path also answers under.
inline constexpr std::string_view kServiceName = "warehouse-service-cqrs";

/// All are owned by the caller and outlive the router, which serves on `loop`.
struct RouteParts {
  runtime::EventLoop& loop;
  Warehouse& warehouse;
  OwnWrites& own_writes;
  const LoadStatus& order_information;
};

/// Adds POST /api/v1/warehouse/query, for loopback peers only, and GET / under the service's
/// prefix.
///
/// A query with a Consistency-Token is answered 503 while what the token names is not in the
/// warehouse, or as it stands under `Prefer: handling=lenient`; `Prefer: wait=SECONDS` holds it
/// until it is there or the time is up. Answers carry Orderly-Position and, where the lag is
/// known, Orderly-Lag-Ms.
void add_routes(http::Router& router, RouteParts parts);

}  // namespace orderly::warehouse
