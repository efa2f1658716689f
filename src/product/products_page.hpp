#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "events/products.hpp"

namespace orderly::product {

inline constexpr std::size_t kMaxPageSize = 1000;
inline constexpr std::size_t kDefaultPageSize = 100;
inline constexpr std::size_t kMaxQueryBytes = 512;

/// The query of the storefront: products whose id or name contains `text`, page by page.
struct ProductQuery {
  std::string text;  ///< letters of ASCII match in either case; empty: every product
  std::size_t page_size = kDefaultPageSize;  ///< 1…kMaxPageSize
  std::optional<ProductId> after;            ///< goes on behind this one

  bool operator==(const ProductQuery&) const = default;
};

/// Newest versions, in an order that stays the same from page to page.
struct ProductPage {
  /// Up to page_size. There may be fewer although more follow: a page looks at a bounded number of
  /// products.
  std::vector<events::ProductPut> products;
  std::optional<ProductId> next_after;  ///< there may be more, behind this one

  bool operator==(const ProductPage&) const = default;
};

/// Reads the body of POST /api/v1/product/list. kInvalid naming the field.
Result<ProductQuery> parse_product_query(std::string_view json);
/// `{"products":[…],"next_page_token":…}`, the token only where there may be more.
std::string to_json(const ProductPage& page);

/// Whether a product is asked for by ProductQuery::text.
bool matches(std::string_view text, std::string_view product_id, std::string_view product_name);

}  // namespace orderly::product
