#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "conformance/store_world.hpp"
#include "order/order_store.hpp"

namespace orderly::order::testing {

using OrderWorld = orderly::testing::StoreWorld<OrderStore>;
using OrderStoreAdapter = orderly::testing::StoreAdapter<OrderStore>;

inline NewOrder new_order(std::string customer = "customer01", std::int64_t number = 1) {
  return {.command = {.customer_id = {std::move(customer)},
                      .product_id = {"product00001"},
                      .number = number,
                      .order_date = std::nullopt},
          .idempotency_key = std::nullopt,
          .trace = {}};
}

inline NewOrder keyed_order(std::string key, std::int64_t number = 1) {
  auto order = new_order("customer01", number);
  order.idempotency_key =
      IdempotencyKey{.key = std::move(key), .fingerprint = fingerprint_of(order.command)};
  return order;
}

/// The suite that every adapter of the port passes; an adapter registers itself with
///
///     INSTANTIATE_TEST_SUITE_P(Sqlite, OrderStoreConformance, testing::Values(…));
class OrderStoreConformance : public ::testing::TestWithParam<OrderStoreAdapter> {
 protected:
  OrderStoreConformance() : world_(GetParam().fresh_world()) {}

  Result<PlacedOrder> try_append(NewOrder order) {
    return orderly::testing::run(*world_, world_->store().append(std::move(order)));
  }
  PlacedOrder append(NewOrder order) {
    auto placed = try_append(std::move(order));
    if (!placed) throw std::logic_error(placed.error().message);
    return *placed;
  }
  std::vector<Result<PlacedOrder>> append_at_once(std::vector<NewOrder> orders) {
    std::vector<runtime::Task<Result<PlacedOrder>>> tasks;
    for (auto& order : orders)
      tasks.push_back(world_->store().append(std::move(order)));
    std::vector<Result<PlacedOrder>> placed;
    for (const auto& one : orderly::testing::run_all(*world_, std::move(tasks)))
      placed.push_back(one->get());
    return placed;
  }
  /// The whole feed, which must be short.
  events::FeedPage<events::OrderPlaced> feed() {
    auto page = world_->store().read_events({}, events::kMaxFeedPage);
    if (!page) throw std::logic_error(page.error().message);
    return *page;
  }
  UtcTime now() { return world_->loop().utc_now(); }

  std::unique_ptr<OrderWorld> world_;
};

}  // namespace orderly::order::testing
