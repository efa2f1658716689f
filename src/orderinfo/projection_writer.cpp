#include "orderinfo/projection_writer.hpp"

namespace orderly::orderinfo {

runtime::Task<Applied> ProjectionWriter::apply(const ProjectionBatch& batch) {
  auto applied = co_await store_.apply(batch);
  if (!applied) throw Unavailable("the read model moved on: " + applied.error().message);
  metrics_.count(*applied);
  changed_.notify();
  co_return *applied;
}

}  // namespace orderly::orderinfo
