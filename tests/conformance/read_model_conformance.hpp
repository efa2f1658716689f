#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "orderinfo/read_model.hpp"
#include "unit/orderinfo/builders.hpp"

namespace orderly::orderinfo::testing {

/// One data set of a read model, which can be opened again and again: what an adapter gives to be
/// tested. One opened read model at a time.
class ReadModelHost {
 public:
  virtual ~ReadModelHost() = default;
  virtual std::unique_ptr<ReadModel> open(runtime::EventLoop& loop) = 0;
};

struct ReadModelAdapter {
  std::string name;
  std::function<std::unique_ptr<ReadModelHost>()> fresh_host;
};

/// The suite that every adapter of the port passes; an adapter registers itself with
///
///     INSTANTIATE_TEST_SUITE_P(Sqlite, ReadModelConformance, testing::Values(…), adapter_name);
class ReadModelConformance : public ::testing::TestWithParam<ReadModelAdapter> {
 protected:
  ReadModelConformance() : host_(GetParam().fresh_host()), store_(host_->open(loop_)) {}

  /// As after a crash or restart.
  void reopen() {
    store_.reset();
    store_ = host_->open(loop_);
  }

  Result<Applied> try_apply(const ProjectionBatch& batch) {
    return run(loop_, store_->apply(batch));
  }
  Applied apply(const ProjectionBatch& batch) {
    auto applied = try_apply(batch);
    if (!applied) throw std::logic_error(applied.error().message);
    return *applied;
  }
  Applied apply_rows(std::vector<PricedOrder> rows) {
    ProjectionBatch batch;
    batch.rows = std::move(rows);
    return apply(batch);
  }
  Applied apply_parked(std::vector<IncomingOrder> orders) {
    ProjectionBatch batch;
    batch.parked = std::move(orders);
    return apply(batch);
  }
  /// The whole change log.
  events::FeedPage<events::OrderInfoPut> changes() {
    auto page = store_->read_events({}, events::kMaxFeedPage);
    if (!page) throw std::logic_error(page.error().message);
    return *page;
  }

  SimClock clock_{at(1000)};
  SimLoop loop_{clock_};
  std::unique_ptr<ReadModelHost> host_;
  std::unique_ptr<ReadModel> store_;
};

inline const Price kPrice{"Gaming Display", 500};

inline PricedOrder priced(OrderEvent event) { return {from_feed(std::move(event)), kPrice}; }

inline std::vector<Position> positions(const events::FeedPage<events::OrderInfoPut>& page) {
  std::vector<Position> found;
  found.reserve(page.events.size());
  for (const auto& event : page.events)
    found.push_back(event.position);
  return found;
}

inline std::string adapter_name(const ::testing::TestParamInfo<ReadModelAdapter>& info) {
  return info.param.name;
}

}  // namespace orderly::orderinfo::testing
