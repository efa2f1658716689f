#pragma once

#include "cancellation_store.hpp"
#include "http/router.hpp"
#include "order_status.hpp"

namespace cancellation {

/// POST /api/v1/cancellation/create {order_id, (reason)}: the event's data, once it is durable.
/// POST /api/v1/cancellation/get {order_id}: {order_id, cancelled, (cancelled_at, reason)}, from
/// the projection. GET /api/v1/cancellation/events: the feed. The router serves on `front`.
void add_routes(orderly::http::Router& router, orderly::runtime::EventLoop& front,
                CancellationStore& store, orderly::runtime::EventLoop& background,
                OrderStatus& status);

}  // namespace cancellation
