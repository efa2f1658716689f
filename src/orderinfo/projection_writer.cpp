#include "orderinfo/projection_writer.hpp"

namespace orderly::orderinfo {

runtime::Task<Applied> ProjectionWriter::apply(const ProjectionBatch& batch) {
  auto applied = co_await store_.apply(batch);
  if (!applied) throw Unavailable("the read model moved on: " + applied.error().message);
  metrics_.count(*applied);
  changed_.notify();
  co_return *applied;
}

runtime::Task<Applied> ProjectionWriter::rehearse(const ProjectionBatch& batch) {
  auto applied = co_await store_.rehearse(batch);
  if (!applied) throw Unavailable("the read model moved on: " + applied.error().message);
  co_return std::move(*applied);
}

}  // namespace orderly::orderinfo
