#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "warehouse/loader.hpp"

namespace orderly::warehouse {

/// The loaders of a process, one a table. To feed a table of the catalog, add its source:
///
///     loaders.add(std::make_unique<FeedSource<OrderCancelled>>(order_cancelled(), feed,
///                                                              append_cancelled));
class Loaders {
 public:
  /// All outlive this. The loaders run on `loop`.
  Loaders(runtime::EventLoop& loop, Warehouse& warehouse, telemetry::Metrics& metrics)
      : loop_(loop), warehouse_(warehouse), metrics_(metrics) {}

  /// Before anything runs. The status lives as long as this.
  LoadStatus& add(std::unique_ptr<RowSource> source);

  /// Calls `visit` with each loader and its name.
  void for_each(const std::function<void(const std::string& name, Loader& loader)>& visit);
  /// What they read, in the order in which they were added.
  [[nodiscard]] std::vector<RowSource*> sources() const;

 private:
  struct Fed {
    std::unique_ptr<RowSource> source;
    LoadStatus status;
    std::unique_ptr<Loader> loader;
  };

  runtime::EventLoop& loop_;
  Warehouse& warehouse_;
  telemetry::Metrics& metrics_;
  std::vector<std::unique_ptr<Fed>> fed_;
};

}  // namespace orderly::warehouse
