#pragma once

#include <string_view>

#include "http/router.hpp"
#include "orderinfo/order_streams.hpp"
#include "orderinfo/projector.hpp"
#include "orderinfo/visibility.hpp"

namespace orderly::orderinfo {

/// The prefix that every path also answers under.
inline constexpr std::string_view kServiceName = "orderinfo-service-cqrs";

/// What the routes work with; all of it outlives the router.
struct OrderInfoService {
  runtime::EventLoop& server_loop;     ///< where the router serves
  runtime::EventLoop& projector_loop;  ///< may be the same
  const ReadModel& store;
  Projector& projector;
  Visibility& visibility;  ///< on server_loop
  OrderStreams& streams;   ///< on server_loop
};

/// POST /api/v1/orderinfo/get, list and pubsub, GET /api/v1/orderinfo/changes and
/// stream, and GET /orderinfo-service-cqrs.
void add_routes(http::Router& router, OrderInfoService service);

}  // namespace orderly::orderinfo
