#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace orderly::events {

/// The event `product_put` on the topic `product-service-cqrs-event`: a product has a new version,
/// in force from the event's acceptance time on. Versions' times strictly ascend by position.
struct ProductPut {
  static constexpr std::string_view kType = "product_put";
  static constexpr std::string_view kTopic = "product-service-cqrs-event";

  ProductId product_id;
  std::string product_name;     ///< 1…512 bytes of UTF-8
  std::int64_t unit_price = 0;  ///< 0…kMaxUnitPrice

  bool operator==(const ProductPut&) const = default;
};

void append_json(std::string& out, const ProductPut& event);
/// As parse_order_placed: lenient about unknown members, strict about known ones.
Result<ProductPut> parse_product_put(std::string_view json);

}  // namespace orderly::events
