#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "conformance/store_world.hpp"
#include "product/product_store.hpp"

namespace orderly::product::testing {

using ProductWorld = orderly::testing::StoreWorld<ProductStore>;
using ProductStoreAdapter = orderly::testing::StoreAdapter<ProductStore>;

inline NewVersion new_version(std::string id, std::int64_t price, std::string name = "Name") {
  return {.command = {.product_id = {std::move(id)},
                      .product_name = std::move(name),
                      .unit_price = price},
          .idempotency_key = std::nullopt,
          .trace = {}};
}

inline NewVersion keyed_version(std::string key, std::string id, std::int64_t price) {
  auto version = new_version(std::move(id), price);
  version.idempotency_key =
      IdempotencyKey{.key = std::move(key), .fingerprint = fingerprint_of(version.command)};
  return version;
}

/// The suite that every adapter of the port passes; an adapter registers itself with
///
///     INSTANTIATE_TEST_SUITE_P(Sqlite, ProductStoreConformance, testing::Values(…));
class ProductStoreConformance : public ::testing::TestWithParam<ProductStoreAdapter> {
 protected:
  ProductStoreConformance() : world_(GetParam().fresh_world()) {}

  Result<PutOutcome> try_put(NewVersion version) {
    return orderly::testing::run(*world_, world_->store().put(std::move(version)));
  }
  PutOutcome put(NewVersion version) {
    auto outcome = try_put(std::move(version));
    if (!outcome) throw std::logic_error(outcome.error().message);
    return *outcome;
  }
  Result<ClosedTime> try_close(UtcTime time) {
    return orderly::testing::run(*world_, world_->store().close(time));
  }
  ClosedTime close(UtcTime time) {
    auto closed = try_close(time);
    if (!closed) throw std::logic_error(closed.error().message);
    return *closed;
  }
  std::optional<ClosedTime> close_at_once(UtcTime time) {
    return world_->store().close_at_once(time);
  }
  /// The whole feed, which must be short.
  events::FeedPage<events::ProductPut> feed() {
    auto page = world_->store().read_events({}, events::kMaxFeedPage);
    if (!page) throw std::logic_error(page.error().message);
    return *page;
  }
  /// The ids of a whole list, page by page.
  std::vector<std::string> list(ProductQuery query) {
    std::vector<std::string> ids;
    for (;;) {
      const auto page = world_->store().list(query);
      EXPECT_LE(page.products.size(), query.page_size);
      for (const auto& product : page.products)
        ids.push_back(product.product_id.value);
      if (!page.next_after) return ids;
      query.after = page.next_after;
    }
  }
  UtcTime now() { return world_->loop().utc_now(); }

  std::unique_ptr<ProductWorld> world_;
};

}  // namespace orderly::product::testing
