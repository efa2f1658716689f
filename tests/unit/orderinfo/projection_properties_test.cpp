#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <vector>

#include "unit/orderinfo/pipeline.hpp"

/// What holds for every history and every way of delivery.
namespace orderly::orderinfo::testing {
namespace {

/// A step of a history: a product gets a price, or an order is accepted.
struct Step {
  bool is_order = false;
  std::string product;
  std::int64_t price = 0;
};

rc::Gen<Step> step() {
  return rc::gen::build<Step>(
      rc::gen::set(&Step::is_order, rc::gen::arbitrary<bool>()),
      rc::gen::set(&Step::product, rc::gen::element<std::string>("p1", "p2", "p3")),
      rc::gen::set(&Step::price, rc::gen::inRange<std::int64_t>(0, 1000)));
}

/// Lets the history happen second by second while events arrive as `between` does it.
template <class Between>
void happen(Pipeline& pipeline, const std::vector<Step>& history, Between between) {
  int second = 1;
  for (const Step& step : history) {
    if (step.is_order) {
      pipeline.place(step.product, second);
    } else {
      pipeline.products.put(step.product, step.price, at(second));
    }
    ++second;
    between();
  }
}

using Rows = std::map<OrderId, events::OrderInfo>;

/// All has happened and everything is read to its end.
Rows rows_at_the_end(Pipeline& pipeline) {
  while (pipeline.settle() > 0) {
  }
  pipeline.follow_products();
  Rows rows;
  for (const auto& change : pipeline.store->read_events({}, events::kMaxFeedPage)->events) {
    rows[change.data.info.order_id] = change.data.info;
  }
  return rows;
}

std::vector<Step> some_history() {
  return *rc::gen::resize(30, rc::gen::container<std::vector<Step>>(step()));
}

RC_GTEST_PROP(ProjectionProperty, TheWayOfDeliveryDoesNotMatter, ()) {
  const auto history = some_history();
  Pipeline calm;
  happen(calm, history, [] {});
  const Rows expected = rows_at_the_end(calm);

  Pipeline wild(*rc::gen::arbitrary<std::uint64_t>());
  happen(wild, history, [&] {
    const auto& orders = wild.orders.all();
    const auto any_order = [&] { return orders[*rc::gen::inRange<std::size_t>(0, orders.size())]; };
    switch (orders.empty() ? 5 : *rc::gen::inRange(0, 8)) {
      case 0:
        return wild.push(any_order());
      case 1:
        return wild.deliver({any_order(), any_order()});
      case 2:
        wild.settle();
        return;
      case 3:
        return wild.restart();
      case 4:
        return wild.lose_power();
      case 5:
        wild.follow_products();
        return;
      default:
        return;  // nothing arrives for a while
    }
  });
  RC_ASSERT(rows_at_the_end(wild) == expected);
  RC_ASSERT(wild.store->progress().dead_letters == 0U);
}

RC_GTEST_PROP(ProjectionProperty, ARebuildFromTheEventsGivesTheSameRows, ()) {
  const auto history = some_history();
  Pipeline live;
  happen(live, history, [&] { live.settle(); });
  const Rows expected = rows_at_the_end(live);

  Pipeline rebuilt;
  for (const auto& product : live.products.log.all())
    rebuilt.products.log.append(product);
  for (const auto& order : live.orders.all())
    rebuilt.orders.append(order);
  RC_ASSERT(rows_at_the_end(rebuilt) == expected);
}

RC_GTEST_PROP(ProjectionProperty, EveryOrderIsARowOrWaitsForAProductThatNeverCame, ()) {
  const auto history = some_history();
  Pipeline pipeline;
  happen(pipeline, history, [&] { pipeline.settle(); });
  const Rows rows = rows_at_the_end(pipeline);
  for (const auto& order : pipeline.orders.all()) {
    const bool has_product =
        std::ranges::any_of(pipeline.products.log.all(), [&](const ProductEvent& version) {
          return version.data.product_id == order.data.product_id;
        });
    RC_ASSERT(rows.contains(order.data.order_id) == has_product);
    RC_ASSERT((pipeline.store->standing(order.data.order_id) == Standing::kParked) == !has_product);
  }
}

}  // namespace
}  // namespace orderly::orderinfo::testing
