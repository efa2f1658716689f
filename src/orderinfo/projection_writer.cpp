#include "orderinfo/projection_writer.hpp"

#include "telemetry/log.hpp"

namespace orderly::orderinfo {

runtime::Task<Applied> ProjectionWriter::apply(const ProjectionBatch& batch) {
  auto applied = co_await store_.apply(batch, [&] { news_.became_visible(batch.rows); });
  if (!applied) throw Unavailable("the read model moved on: " + applied.error().message);
  metrics_.count(*applied);
  news_.changed().notify();
  co_return *applied;
}

runtime::Task<Applied> ProjectionWriter::rehearse(const ProjectionBatch& batch) {
  auto applied = co_await store_.rehearse(batch);
  if (!applied) throw Unavailable("the read model moved on: " + applied.error().message);
  co_return std::move(*applied);
}

runtime::Task<void> ProjectionWriter::take_back(TakeBack fork) {
  const auto taken = co_await store_.take_back(fork);
  if (!taken) throw Unavailable("the read model moved on: " + taken.error().message);
  metrics_.forks.add();
  metrics_.taken_out.add(taken->orders + taken->versions);
  const bool of_orders = fork.feed == SourceFeed::kOrders;
  log::warning("a feed has another history from here on; what came after was taken out",
               {{"feed", of_orders ? "orders" : "products"},
                {"settled", fork.from.position},
                {"fork", fork.to.position},
                {"epoch", fork.to.epoch.to_string()},
                {"orders", taken->orders},
                {"versions", taken->versions},
                {"priced_again", taken->repriced}});
  news_.changed().notify();
}

}  // namespace orderly::orderinfo
