#pragma once

#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace orderly::orderinfo {

/// The query of a customer for one of its orders.
struct GetOrder {
  CustomerId customer_id;
  OrderId order_id;

  bool operator==(const GetOrder&) const = default;
};

/// The lab's words for an order that is not there, or is another customer's.
inline constexpr std::string_view kNoSuchOrder = "The order does not exist.";

/// Reads the body of POST /api/v1/orderinfo/get. kInvalid naming the field.
Result<GetOrder> parse_get_order(std::string_view json);

}  // namespace orderly::orderinfo
