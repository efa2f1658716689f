#include "events/consistency_token.hpp"

#include <cstring>

#include "base/text.hpp"

namespace orderly::events {
namespace {

constexpr char kVersion = '1';
/// version, service, epoch, position (big endian)
constexpr std::size_t kFixedBytes = 1 + 1 + 16 + 8;

void append_position(std::string& out, Position position) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    out += static_cast<char>(static_cast<std::uint64_t>(position) >> static_cast<unsigned>(shift));
  }
}

Position read_position(std::string_view bytes) {
  std::uint64_t position = 0;
  for (const char byte : bytes)
    position = position << 8U | static_cast<unsigned char>(byte);
  return static_cast<Position>(position);
}

bool is_service(char c) {
  return c == static_cast<char>(ConsistencyToken::Service::kOrder) ||
         c == static_cast<char>(ConsistencyToken::Service::kProduct);
}

}  // namespace

std::string encode_token(const ConsistencyToken& token) {
  std::string bytes;
  bytes.reserve(kFixedBytes + token.subject.size());
  bytes += kVersion;
  bytes += static_cast<char>(token.service);
  bytes.append(reinterpret_cast<const char*>(token.epoch.bytes.data()), token.epoch.bytes.size());
  append_position(bytes, token.position);
  bytes += token.subject;
  return base64url_encode(bytes);
}

Result<ConsistencyToken> parse_token(std::string_view text) {
  const auto refused = invalid(kConsistencyTokenHeader,
                               "Consistency-Token must be as a create call has answered it.");
  const auto decoded = base64url_decode(text);
  if (!decoded || decoded->size() <= kFixedBytes) return refused;
  const std::string_view bytes = *decoded;
  if (bytes[0] != kVersion || !is_service(bytes[1])) return refused;
  ConsistencyToken token;
  token.service = static_cast<ConsistencyToken::Service>(bytes[1]);
  std::memcpy(token.epoch.bytes.data(), bytes.data() + 2, token.epoch.bytes.size());
  token.position = read_position(bytes.substr(18, 8));
  token.subject = bytes.substr(kFixedBytes);
  if (token.position < 1 || token.epoch.is_nil() ||
      !check_id(kConsistencyTokenHeader, token.subject)) {
    return refused;
  }
  return token;
}

}  // namespace orderly::events
