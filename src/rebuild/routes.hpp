#pragma once

#include <string>

#include "http/router.hpp"
#include "rebuild/rebuild.hpp"

namespace orderly::rebuild {

/// GET and POST `path`: what stands, and a command, for callers on this machine only. `service` as
/// of http::RouteOptions. `rebuild` outlives the router.
void add_routes(http::Router& router, const std::string& path, const std::string& service,
                Rebuild& rebuild);

}  // namespace orderly::rebuild
