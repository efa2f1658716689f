#include "http/idempotency.hpp"

#include <algorithm>
#include <cstdint>

namespace orderly::http {
namespace {

// http://www.isthe.com/chongo/tech/comp/fnv/#FNV-param
__extension__ using Uint128 = unsigned __int128;
constexpr Uint128 kPrime = (Uint128{1} << 88U) + 0x13b;
constexpr Uint128 kOffsetBasis =
    (Uint128{0x6c62272e07bb0142U} << 64U) + Uint128{0x62b821756295c58dU};

bool is_printable(char c) { return c >= 0x20 && c <= 0x7e; }

}  // namespace

Result<std::optional<std::string_view>> find_idempotency_key(const Request& request) {
  const auto key = request.header(kIdempotencyKeyHeader);
  if (!key) return std::nullopt;
  if (request.headers.count(kIdempotencyKeyHeader) > 1) {
    return invalid(kIdempotencyKeyHeader, "Idempotency-Key must not be repeated.");
  }
  if (key->empty() || key->size() > kMaxIdempotencyKeyBytes ||
      !std::ranges::all_of(*key, is_printable)) {
    return invalid(kIdempotencyKeyHeader,
                   "Idempotency-Key must have 1 to 255 printable ASCII characters.");
  }
  return key;
}

std::array<std::byte, 16> fingerprint(std::string_view command) {
  Uint128 hash = kOffsetBasis;
  for (const char byte : command) {
    hash ^= static_cast<unsigned char>(byte);
    hash *= kPrime;
  }
  std::array<std::byte, 16> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::byte>(hash >> (8 * (bytes.size() - 1 - i)));
  }
  return bytes;
}

}  // namespace orderly::http
