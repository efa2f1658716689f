#pragma once

#include <memory>
#include <optional>
#include <string>

#include "orderinfo/projector.hpp"
#include "orderinfo/twin.hpp"
#include "orderinfo/twin_feeder.hpp"
#include "rebuild/store.hpp"
#include "runtime/event_loop.hpp"

namespace orderly::orderinfo {

/// The read model as a store that can be rebuilt: a twin is fed from the events by the rules of the
/// projection. For a swap the projection is held until the twin has the last events, too; queries
/// and commands go on.
class ReadModelRebuild final : public rebuild::RebuildableStore {
 public:
  struct Parts {
    runtime::EventLoop& loop;            ///< the rebuild's
    runtime::EventLoop& projector_loop;  ///< the projector's
    Projector& projector;
    TwinHost& host;
    events::Feed<events::OrderPlaced>& orders;   ///< of `loop`
    events::Feed<events::ProductPut>& products;  ///< of `loop`
  };
  explicit ReadModelRebuild(const Parts& parts) : parts_(parts) {}

  runtime::Task<std::optional<UtcTime>> open_kept() override;
  runtime::Task<void> create() override;
  runtime::Task<void> remove() override;
  runtime::Task<rebuild::Progress> fill() override;
  runtime::Task<void> finish() override;
  runtime::Task<bool> follow() override;
  runtime::Task<std::int64_t> behind() override;
  runtime::Task<rebuild::Progress> compare() override;
  runtime::Task<std::size_t> differences() override;
  runtime::Task<std::vector<rebuild::Difference>> first_differences(std::size_t limit) override;
  runtime::Task<bool> swap(bool although_it_differs) override;
  runtime::Task<void> keep(UtcTime until) override;

 private:
  void use(std::unique_ptr<Twin> twin);
  [[nodiscard]] Twin& twin() const;
  runtime::Task<void> swap_while_held(bool although_it_differs, bool& swapped);
  runtime::Task<bool> promote(bool although_it_differs);
  runtime::Task<void> serve_promoted();
  runtime::Task<void> remove_for_sure();

  Parts parts_;
  std::unique_ptr<Twin> twin_;
  std::optional<TwinFeeder> feeder_;
  std::string why_removed_;  ///< where there is none because it could not take over
};

}  // namespace orderly::orderinfo
