#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace orderly::http {

enum class Encoding : std::uint8_t { kIdentity, kGzip, kBrotli };

/// Which encodings there are beside identity.
struct Encodings {
  bool gzip = false;
  bool brotli = false;
};

/// The best of `there` that `accept_encoding` (the header's value, if it was sent) takes (RFC 9110
/// 12.5.3): of the greatest weight, of equal ones the smallest. What cannot be read is not taken;
/// identity is sent even where it is refused, which the RFC allows.
Encoding choose_encoding(std::optional<std::string_view> accept_encoding, Encodings there);

}  // namespace orderly::http
