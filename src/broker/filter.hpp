#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "events/message.hpp"

namespace orderly::broker {

inline constexpr std::size_t kMaxFilterDepth = 32;  ///< parentheses and negations in one another

/// Which messages a subscription wants, by their attributes, in Pub/Sub's language
/// (https://cloud.google.com/pubsub/docs/subscription-message-filter):
///
///     attributes:key                        the attribute is there
///     attributes.key = "v"                  and has this value
///     attributes.key != "v"                 not that: also where it is missing
///     hasPrefix(attributes.key, "v")
///     NOT a, -a, a AND b, a OR b, (a)       AND and OR mix only with parentheses
///
/// A key of other characters than A–Z a–z 0–9 _ - is quoted, as values are; a backslash begins an
/// escape as in C. Pure, and immutable once parsed.
class Filter {
 public:
  /// kInvalid names the field "filter" and the place, counted from 1. At most kMaxFilterBytes.
  static Result<Filter> parse(std::string_view text);

  [[nodiscard]] bool matches(const events::Attributes& attributes) const;
  /// The filter in a text that parses to the same filter.
  [[nodiscard]] std::string to_string() const;

  enum class Kind : std::uint8_t { kHas, kEquals, kDiffers, kHasPrefix, kNot, kAnd, kOr };
  struct Node {
    Kind kind = Kind::kHas;
    std::string key;             ///< of a comparison
    std::string value;           ///< of a comparison
    std::vector<Node> operands;  ///< of kNot one, of kAnd and kOr two or more

    bool operator==(const Node&) const = default;
  };
  explicit Filter(Node root) : root_(std::move(root)) {}
  bool operator==(const Filter&) const = default;

 private:
  Node root_;
};

}  // namespace orderly::broker
