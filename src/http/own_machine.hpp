#pragma once

#include <optional>
#include <string_view>

#include "http/message.hpp"

namespace orderly::http {

/// Why a request does not come from this machine's owner, as RouteOptions::loopback_only has it;
/// for routes that are open in part. Nothing where it does.
std::optional<std::string_view> why_not_local(const Request& request);

}  // namespace orderly::http
