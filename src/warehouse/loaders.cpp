#include "warehouse/loaders.hpp"

#include <utility>

namespace orderly::warehouse {

LoadStatus& Loaders::add(std::unique_ptr<RowSource> source) {
  auto& fed = *fed_.emplace_back(std::make_unique<Fed>());
  fed.source = std::move(source);
  fed.loader = std::make_unique<Loader>(loop_, *fed.source, warehouse_, fed.status, metrics_);
  return fed.status;
}

void Loaders::for_each(const std::function<void(const std::string&, Loader&)>& visit) {
  for (const auto& fed : fed_)
    visit("warehouse loader of " + fed->source->table().name, *fed->loader);
}

std::vector<RowSource*> Loaders::sources() const {
  std::vector<RowSource*> sources;
  sources.reserve(fed_.size());
  for (const auto& fed : fed_)
    sources.push_back(fed->source.get());
  return sources;
}

}  // namespace orderly::warehouse
