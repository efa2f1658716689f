#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "base/result.hpp"

namespace orderly::product {

/// The command of a shop owner: a product is to have this name and price from now on. It makes a
/// new version, and the product where there is none. Holds only what keeps the limits.
struct PutProduct {
  ProductId product_id;
  std::string product_name;     ///< 1…events::kMaxProductNameBytes of UTF-8
  std::int64_t unit_price = 0;  ///< 0…events::kMaxUnitPrice

  bool operator==(const PutProduct&) const = default;
};

/// What is accepted, and why not (P9): reads the body of POST /api/v1/product/create. kInvalid
/// naming the field.
Result<PutProduct> parse_put_product(std::string_view json);

/// Equal for equal commands, however their JSON was written; for Idempotency-Key.
std::array<std::byte, 16> fingerprint_of(const PutProduct& command);

}  // namespace orderly::product
