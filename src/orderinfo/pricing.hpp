#pragma once

#include <span>

#include "base/clock.hpp"
#include "orderinfo/incoming_order.hpp"

namespace orderly::orderinfo {

/// A product as it was sold from `valid_from` until the next version.
struct ProductVersion {
  UtcTime valid_from;
  Price price;

  bool operator==(const ProductVersion&) const = default;
};

/// Promise P8: the newest version with valid_from ≤ `accepted_at`; where there was none yet, the
/// first one after. Null only where there is no version at all. `versions` is one product's,
/// strictly ascending.
const ProductVersion* version_in_force(std::span<const ProductVersion> versions,
                                       UtcTime accepted_at);

}  // namespace orderly::orderinfo
