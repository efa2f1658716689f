#pragma once

#include "orderinfo/projection_news.hpp"
#include "orderinfo/projector_metrics.hpp"
#include "orderinfo/read_model.hpp"

namespace orderly::orderinfo {

/// The one way into the read model: applies a batch, counts what became of it and wakes whoever
/// waits for it. The projector's loop, one batch at a time.
class ProjectionWriter {
 public:
  ProjectionWriter(ReadModel& store, ProjectorMetrics& metrics)
      : store_(store), metrics_(metrics) {}

  /// Throws Unavailable, also when the store stands elsewhere than the batch thinks; the caller
  /// looks at the store again before it goes on.
  runtime::Task<Applied> apply(const ProjectionBatch& batch);

  /// ReadModel::rehearse(); throws as apply() does.
  runtime::Task<Applied> rehearse(const ProjectionBatch& batch);
  /// ReadModel::take_back(), and says what was taken out. Throws as apply().
  runtime::Task<void> take_back(TakeBack fork);

  [[nodiscard]] ReadModel& store() const { return store_; }
  [[nodiscard]] ProjectorMetrics& metrics() const { return metrics_; }
  [[nodiscard]] ProjectionNews& news() { return news_; }

 private:
  ReadModel& store_;
  ProjectorMetrics& metrics_;
  ProjectionNews news_;
};

}  // namespace orderly::orderinfo
