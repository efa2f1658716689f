#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/dates.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace orderly::order {

/// The command of a customer: an order to be accepted. Holds only what keeps the limits.
struct PlaceOrder {
  CustomerId customer_id;
  ProductId product_id;
  std::int64_t number = 0;  ///< 1…events::kMaxNumber
  /// Nothing: the UTC date on which it is accepted.
  std::optional<Date> order_date;

  bool operator==(const PlaceOrder&) const = default;
};

/// What is accepted, and why not (P9): reads the body of POST /api/v1/order/create. Whether the
/// product exists is not asked here: an order may come before its product.
/// kInvalid naming the field.
Result<PlaceOrder> parse_place_order(std::string_view json);

/// Equal for equal commands, however their JSON was written; for Idempotency-Key.
std::array<std::byte, 16> fingerprint_of(const PlaceOrder& command);

}  // namespace orderly::order
