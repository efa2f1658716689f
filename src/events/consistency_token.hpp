#pragma once

#include <string>
#include <string_view>

#include "base/position.hpp"
#include "base/result.hpp"

namespace orderly::events {

inline constexpr std::string_view kConsistencyTokenHeader = "Consistency-Token";

/// What a create call answers with and a query sends back, to read its own write. Opaque to
/// clients; not signed, since all it can do is make its bearer wait.
struct ConsistencyToken {
  enum class Service : char { kOrder = 'o', kProduct = 'p' };

  Service service = Service::kOrder;
  Uuid epoch;
  Position position = 0;
  std::string subject;  ///< the order_id or product_id

  bool operator==(const ConsistencyToken&) const = default;
};

std::string encode_token(const ConsistencyToken& token);
/// kInvalid naming the header for what we did not make.
Result<ConsistencyToken> parse_token(std::string_view text);

}  // namespace orderly::events
