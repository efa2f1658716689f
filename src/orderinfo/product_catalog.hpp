#pragma once

#include <span>
#include <unordered_map>
#include <vector>

#include "events/feed.hpp"
#include "events/products.hpp"
#include "orderinfo/pricing.hpp"

namespace orderly::orderinfo {

/// All product versions in memory, so that pricing an order reads nothing. What it holds is the
/// read model's copy; whoever changes the one changes the other. The projector's loop only.
class ProductCatalog {
 public:
  /// Adds versions, which come in position order. One that is there already changes nothing.
  void add(const std::vector<events::Recorded<events::ProductPut>>& versions);
  void clear() { versions_.clear(); }
  /// Ascending in time; empty for an unknown product. Valid until the next change.
  [[nodiscard]] std::span<const ProductVersion> versions_of(const ProductId& product) const;
  [[nodiscard]] std::size_t products() const { return versions_.size(); }

 private:
  std::unordered_map<ProductId, std::vector<ProductVersion>> versions_;
};

}  // namespace orderly::orderinfo
