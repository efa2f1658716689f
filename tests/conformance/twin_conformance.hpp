#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "orderinfo/switched_read_model.hpp"
#include "orderinfo/twin.hpp"
#include "unit/orderinfo/builders.hpp"

namespace orderly::orderinfo::testing {

/// What an adapter of the ports Twin and TwinHost gives to be tested: two places for a read model,
/// which a process opens and which outlive it.
class TwinWorld {
 public:
  virtual ~TwinWorld() = default;
  virtual SwitchedReadModel& model() = 0;
  virtual TwinHost& host() = 0;
  /// The process dies (the twins are gone) and starts again.
  virtual void restart() = 0;
};

struct TwinAdapter {
  std::string name;
  std::function<std::unique_ptr<TwinWorld>(SimLoop& loop)> fresh_world;
};

/// The suite that every adapter passes. `live_` rows are those of the model that serves.
class TwinConformance : public ::testing::TestWithParam<TwinAdapter> {
 protected:
  TwinConformance() : world_(GetParam().fresh_world(loop_)) {}

  SwitchedReadModel& model() { return world_->model(); }
  void apply(const ProjectionBatch& batch) {
    if (const auto done = run(loop_, model().apply(batch)); !done) {
      throw std::logic_error(done.error().message);
    }
  }
  /// The live one takes in an order by itself.
  void put(const IncomingOrder& order, Price price = {"Thing", 5});
  /// The live one settles these orders of the feed, which follow what it has.
  void settle(const std::vector<OrderEvent>& orders, Price price = {"Thing", 5});
  /// The twin takes in the same.
  void feed(Twin& twin, const std::vector<OrderEvent>& orders, Price price = {"Thing", 5});
  /// The twin takes in what of the live one's archive it has not: visible or parked, as there.
  std::vector<OrderId> feed_archive(Twin& twin);
  /// Until it stands where the live one does; its orders are fed already.
  void follow(Twin& twin);
  void compare(Twin& twin);
  /// A twin that was fed with `orders`, followed and is compared.
  std::unique_ptr<Twin> rebuilt(const std::vector<OrderEvent>& orders, Price price = {"Thing", 5});
  void swap(std::unique_ptr<Twin> twin) {
    twin->promote();
    twin.reset();
    world_->host().serve_promoted();
  }
  events::FeedPage<events::OrderInfoPut> log() {
    auto page = model().read_events({}, events::kMaxFeedPage);
    if (!page) throw std::logic_error(page.error().message);
    return *page;
  }
  /// The first customer's list.
  std::vector<events::OrderInfo> list() {
    const DateRange year{*parse_date("2021-01-01"), *parse_date("2021-12-31")};
    return model().list({"c1"}, year, std::nullopt, 1'000).orders;
  }
  void restart() { world_->restart(); }

  SimClock clock_{at(1000)};
  SimLoop loop_{clock_};
  std::unique_ptr<TwinWorld> world_;
};

}  // namespace orderly::orderinfo::testing
