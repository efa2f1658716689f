#include "orderinfo/product_catalog.hpp"

namespace orderly::orderinfo {

void ProductCatalog::add(const std::vector<events::Recorded<events::ProductPut>>& versions) {
  for (const auto& version : versions) {
    auto& known = versions_[version.data.product_id];
    if (!known.empty() && version.accepted_at <= known.back().valid_from) continue;
    known.push_back({version.accepted_at, {version.data.product_name, version.data.unit_price}});
  }
}

std::span<const ProductVersion> ProductCatalog::versions_of(const ProductId& product) const {
  const auto found = versions_.find(product);
  if (found == versions_.end()) return {};
  return found->second;
}

}  // namespace orderly::orderinfo
