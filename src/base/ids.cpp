#include "base/ids.hpp"

#include <algorithm>

#include "base/text.hpp"

namespace orderly {
namespace {

constexpr std::uint64_t kCounterBits = 42;
constexpr std::uint64_t kCounterMask = (std::uint64_t{1} << kCounterBits) - 1;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

constexpr bool is_dash_at(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

void Uuid::write_to(char* out) const {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
    *out++ = kDigits[std::to_integer<unsigned>(bytes[i] >> 4U)];
    *out++ = kDigits[std::to_integer<unsigned>(bytes[i] & std::byte{15})];
  }
}

std::string Uuid::to_string() const {
  std::string text(36, '\0');
  write_to(text.data());
  return text;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Uuid id;
  std::size_t nibble = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_dash_at(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = hex_value(text[i]);
    if (value < 0) return std::nullopt;
    auto& byte = id.bytes[nibble / 2];
    byte = (byte << 4U) | static_cast<std::byte>(value);
    ++nibble;
  }
  return id;
}

Uuid UuidSource::next(UtcTime now) {
  const std::int64_t millis = std::max<std::int64_t>(0, now.time_since_epoch().count() / 1000);
  if (millis > last_millis_) {
    last_millis_ = millis;
    counter_ = random_.next() & (kCounterMask >> 1U);  // room to grow within the millisecond
  } else if (counter_ = counter_ + 1 + random_.below(1U << 16U); counter_ > kCounterMask) {
    ++last_millis_;
    counter_ = random_.next() & (kCounterMask >> 1U);
  }
  const auto time = static_cast<std::uint64_t>(last_millis_);
  const std::uint64_t tail = random_.next();
  const std::uint64_t high = (time << 16U) | 0x7000U | (counter_ >> 30U);
  const std::uint64_t low =
      (std::uint64_t{2} << 62U) | ((counter_ & 0x3fffffffU) << 32U) | (tail & 0xffffffffU);
  Uuid id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.bytes[i] = static_cast<std::byte>(high >> (56 - 8 * i));
    id.bytes[i + 8] = static_cast<std::byte>(low >> (56 - 8 * i));
  }
  return id;
}

Result<void> check_id(std::string_view field, std::string_view text) {
  return check_text(field, text, kMaxIdBytes);
}

}  // namespace orderly
