#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "base/idempotency.hpp"
#include "base/result.hpp"
#include "http/message.hpp"

namespace orderly::http {

inline constexpr std::string_view kIdempotencyKeyHeader = "Idempotency-Key";

/// The key that a request carries, if any (draft-ietf-httpapi-idempotency-key-header): 1–255
/// printable ASCII characters, taken as they are. kInvalid naming the header for any other text and
/// for a header that comes twice.
Result<std::optional<std::string_view>> find_idempotency_key(const Request& request);

/// 16 bytes that tell one command from another: FNV-1a of 128 bits. A client can only deceive
/// itself with a collision, so it need not be a cryptographic one.
std::array<std::byte, 16> fingerprint(std::string_view command);

/// Both together: the key of `request` for `command`, whose fingerprint is only made where there is
/// a key. `fingerprint_of(command)` is found by argument dependent lookup.
template <class Command>
Result<std::optional<IdempotencyKey>> idempotency_key(const Request& request,
                                                      const Command& command) {
  const auto key = find_idempotency_key(request);
  if (!key) return std::unexpected(key.error());
  if (!*key) return std::nullopt;
  return IdempotencyKey{.key = std::string(**key), .fingerprint = fingerprint_of(command)};
}

}  // namespace orderly::http
