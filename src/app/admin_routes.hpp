#pragma once

#include <functional>
#include <string>

#include "http/router.hpp"
#include "orderinfo/read_model.hpp"

namespace orderly::app {

struct AdminParts {
  /// GET /api/v1/admin/pipeline as JSON.
  std::function<std::string()> pipeline;
  /// Null where the orderinfo service runs elsewhere; then the lists are not there.
  const orderinfo::ReadModel* read_model = nullptr;
};

/// GET /api/v1/admin/pipeline and parked: what the owner's desk shows, to callers on
/// this machine only. Everything in `admin` outlives the router.
void add_admin_routes(http::Router& router, AdminParts admin);

}  // namespace orderly::app
