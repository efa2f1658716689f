#pragma once

#include <string_view>

#include "http/router.hpp"
#include "order/admission.hpp"
#include "order/order_store.hpp"
#include "runtime/event_loop.hpp"

namespace orderly::order {

/// The prefix that every path also answers under.
inline constexpr std::string_view kServiceName = "order-service-cqrs";

/// POST /api/v1/order/create, GET /api/v1/order/events, GET /order-service-cqrs. The router serves
/// on `loop`, which is the store's own; all outlive the router. `control`: null where nothing
/// slows down.
void add_routes(http::Router& router, runtime::EventLoop& loop, OrderStore& store,
                const AdmissionControl* control = nullptr);

}  // namespace orderly::order
