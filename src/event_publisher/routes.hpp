#pragma once

#include <string_view>
#include <vector>

#include "event_publisher/relay.hpp"
#include "http/router.hpp"

namespace orderly::event_publisher {

/// The prefix that every path also answers under.
inline constexpr std::string_view kServiceName = "event-publisher";

/// GET /api/v1/event/publish: publishes all that waits now, then answers `Finished.`; where that
/// fails, 503. GET /event-publisher says what this is. The relays outlive the router; the router
/// may serve on another loop than theirs.
void add_routes(http::Router& router, std::vector<Relay*> relays);

}  // namespace orderly::event_publisher
