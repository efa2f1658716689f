#pragma once

#include <string_view>

#include "http/router.hpp"
#include "product/product_store.hpp"
#include "runtime/event_loop.hpp"

namespace orderly::product {

/// The prefix that every path also answers under.
inline constexpr std::string_view kServiceName = "product-service-cqrs";

/// POST /api/v1/product/create, get, list and barrier, GET /api/v1/product/events, and
/// GET /product-service-cqrs. The router serves on `loop`, which is the store's own; all outlive
/// the router.
///
/// barrier closes a time for final prices: {"time": RFC 3339} → {"epoch","position"}.
void add_routes(http::Router& router, runtime::EventLoop& loop, ProductStore& store);

}  // namespace orderly::product
