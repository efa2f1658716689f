#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace orderly::http {

/// Where a peer is.
struct BaseUrl {
  std::string host;  ///< a name or an address, IPv6 without brackets
  std::uint16_t port_number = 80;
  std::string authority;  ///< as the Host header wants it
  std::string path;       ///< put before every target: empty, or `/…` without the last slash

  bool operator==(const BaseUrl&) const = default;
};

/// `http://host[:port][/path]`; kInvalid `unsupported_scheme` or `malformed_url` for all else.
Result<BaseUrl> parse_base_url(std::string_view text);

}  // namespace orderly::http
