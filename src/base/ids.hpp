#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "base/result.hpp"

namespace orderly {

/// RFC 9562 UUID, in network byte order; compares as its text does.
struct Uuid {
  std::array<std::byte, 16> bytes{};

  auto operator<=>(const Uuid&) const = default;
  [[nodiscard]] bool is_nil() const { return *this == Uuid{}; }
  /// The canonical form: 36 characters, lower case.
  [[nodiscard]] std::string to_string() const;
  /// Writes the canonical form into 36 characters at `out`.
  void write_to(char* out) const;
  /// Exactly the canonical form; nothing else, so that text → Uuid → text gives the same text.
  static std::optional<Uuid> parse(std::string_view text);
};

/// Gives version 7 UUIDs (RFC 9562, 5.7 and 6.2 method 2): strictly ascending, also within one
/// millisecond and when the clock steps back, so that rows keyed by them are appended.
/// One thread at a time.
class UuidSource {
 public:
  explicit UuidSource(Random& random) : random_(random) {}
  Uuid next(UtcTime now);

 private:
  Random& random_;
  std::int64_t last_millis_ = -1;
  std::uint64_t counter_ = 0;  ///< 42 bits below the timestamp that only grow within a millisecond
};

/// An identifier as users write it, kept apart from others by its type. Limits (DESIGN.md):
/// 1–128 bytes of UTF-8, printable, no control characters.
template <class Tag>
struct Id {
  std::string value;

  auto operator<=>(const Id&) const = default;
};
using OrderId = Id<struct OrderIdTag>;
using CustomerId = Id<struct CustomerIdTag>;
using ProductId = Id<struct ProductIdTag>;

inline constexpr std::size_t kMaxIdBytes = 128;

/// Why `text` cannot be the id called `field`, or nothing.
Result<void> check_id(std::string_view field, std::string_view text);

template <class IdType>
Result<IdType> parse_id(std::string_view field, std::string_view text) {
  if (auto checked = check_id(field, text); !checked) return std::unexpected(checked.error());
  return IdType{std::string(text)};
}

}  // namespace orderly

template <>
struct std::hash<orderly::Uuid> {
  std::size_t operator()(const orderly::Uuid& id) const noexcept {
    std::uint64_t halves[2];
    std::memcpy(halves, id.bytes.data(), sizeof halves);
    return static_cast<std::size_t>(halves[0] ^ (halves[1] * 0x9e3779b97f4a7c15U));
  }
};

template <class Tag>
struct std::hash<orderly::Id<Tag>> {
  std::size_t operator()(const orderly::Id<Tag>& id) const noexcept {
    return std::hash<std::string>{}(id.value);
  }
};
