#pragma once

#include "audit/audit.hpp"
#include "http/router.hpp"

namespace orderly::audit {

/// POST /api/v1/admin/verify `{"repair":false}`: has a run begin, 202 with its ticket.
/// GET /api/v1/admin/verify: how it goes, and what the last run found. For callers on this machine.
void add_routes(http::Router& router, Audit& audit);

}  // namespace orderly::audit
