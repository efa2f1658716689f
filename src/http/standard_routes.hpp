#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "http/router.hpp"

namespace orderly::http {

/// Why the process cannot serve yet: what is not ready, and the reason. Empty: ready.
using Unready = std::vector<std::pair<std::string, std::string>>;

struct StandardRoutes {
  /// The prefixes that the routes answer under too.
  std::vector<std::string> services;
  std::function<Unready()> readiness;  ///< on the server's loop; quick
  std::string openapi;                 ///< the text of api/openapi.yaml
};

/// GET /healthz (200 `{"status":"ok"}` while the loop turns), /readyz (200, or 503 with the
/// reasons), /metrics and /openapi.yaml.
void add_standard_routes(Router& router, StandardRoutes standard);

}  // namespace orderly::http
