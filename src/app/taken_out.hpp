#pragma once

#include "broker/embedded/embedded_broker.hpp"
#include "http/router.hpp"
#include "orderinfo/read_model.hpp"
#include "runtime/event_loop.hpp"
#include "warehouse/warehouse.hpp"

namespace orderly::app {

/// Who has lists of what was taken out; null where it is not hosted here.
struct TakenOutParts {
  const orderinfo::ReadModel* read_model = nullptr;
  broker::EmbeddedBroker* broker = nullptr;
  runtime::EventLoop* broker_loop = nullptr;
  warehouse::Warehouse* warehouse = nullptr;
};

/// GET /api/v1/admin/taken-out (?page_size, page_token of the orders): what stood downstream of a
/// store beyond the place where its history forked. For callers on this machine.
void add_taken_out_route(http::Router& router, TakenOutParts parts);

}  // namespace orderly::app
