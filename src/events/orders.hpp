#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/dates.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace orderly::json {
class Writer;
}

/// What services tell each other about orders. The JSON of `data` is a published contract:
/// api/events/ holds its schema and golden samples.
namespace orderly::events {

inline constexpr std::int64_t kMaxNumber = 1'000'000;
inline constexpr std::int64_t kMaxUnitPrice = 9'000'000'000;  // a total stays below 2^53
inline constexpr std::size_t kMaxProductNameBytes = 512;

/// The event `order_create` on the topic `order-service-cqrs-event`: an order was accepted.
struct OrderPlaced {
  static constexpr std::string_view kType = "order_create";
  static constexpr std::string_view kTopic = "order-service-cqrs-event";

  OrderId order_id;
  CustomerId customer_id;
  ProductId product_id;
  std::int64_t number = 0;  ///< 1…kMaxNumber
  Date order_date;

  bool operator==(const OrderPlaced&) const = default;
};

/// A row of the read model: the order joined with the product version in force when it was
/// accepted.
struct OrderInfo {
  OrderId order_id;
  CustomerId customer_id;
  ProductId product_id;
  std::string product_name;
  std::int64_t number = 0;
  std::int64_t unit_price = 0;
  std::int64_t total_price = 0;  ///< number · unit_price
  Date order_date;

  bool operator==(const OrderInfo&) const = default;
};

/// A change of the read model (`/api/v1/orderinfo/changes`): an upsert or a removal by order_id.
struct OrderInfoPut {
  static constexpr std::string_view kType = "orderinfo_put";

  OrderInfo info;
  /// True when it takes the place of an earlier change of the same order. On the wire the data
  /// then has the member `"replaces":true` after the row's own.
  bool replaces = false;
  /// True when the row is there no longer: its order was taken out, or waits for its price again.
  /// It may come back with a later change. On the wire: `"removed":true` at the end.
  bool removed = false;

  bool operator==(const OrderInfoPut&) const = default;
};

/// Appends the JSON object, keys in the order that the lab prints them (alphabetical).
void append_json(std::string& out, const OrderPlaced& event);
void append_json(std::string& out, const OrderInfo& info);
/// As an element of what `writer` is in.
void write_json(json::Writer& writer, const OrderInfo& info);
void append_json(std::string& out, const OrderInfoPut& change);

/// Reads event data. Unknown members are ignored, so that a producer may add some (forward
/// compatibility); a missing member, a wrong type or a value out of range is kInvalid and names it.
Result<OrderPlaced> parse_order_placed(std::string_view json);
Result<OrderInfoPut> parse_order_info_put(std::string_view json);

}  // namespace orderly::events
