#include "orderinfo/pricing.hpp"

#include <algorithm>

namespace orderly::orderinfo {

const ProductVersion* version_in_force(std::span<const ProductVersion> versions,
                                       UtcTime accepted_at) {
  if (versions.empty()) return nullptr;
  const auto first_after =
      std::ranges::upper_bound(versions, accepted_at, {}, &ProductVersion::valid_from);
  return first_after == versions.begin() ? &versions.front() : &*std::prev(first_after);
}

}  // namespace orderly::orderinfo
