#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "rebuild/store.hpp"
#include "runtime/event_loop.hpp"
#include "warehouse/loaders.hpp"
#include "warehouse/warehouse.hpp"

namespace orderly::warehouse {

/// The warehouse's tables as a store that can be rebuilt: second ones are loaded from the sources
/// of the live ones, up to where those are. From then on every load goes into both, so both stand
/// at the same positions, are compared at one moment, and change places at one.
///
/// Tables whose source has not kept all that was in it (RowSource::is_complete) are left as they
/// are. Used on the loaders' loop.
class WarehouseRebuild final : public rebuild::RebuildableStore {
 public:
  /// All outlive it.
  WarehouseRebuild(runtime::EventLoop& loop, Warehouse& warehouse, const Loaders& loaders)
      : loop_(loop), warehouse_(warehouse), loaders_(loaders) {}

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
  struct Batch {
    RowBatch rows;
    Cursor to;
  };
  /// How far a comparison is, and what it found.
  struct Comparison {
    std::size_t tables = 0;  ///< that are through
    bool summed_up = false;  ///< the next one is; what is to be looked at of it is `parts`
    std::vector<ComparedSecond::Part> parts = {};
    std::int64_t done = 0;  ///< events, by the positions of the tables
    std::size_t differences = 0;
    std::vector<rebuild::Difference> named = {};
  };

  [[nodiscard]] std::vector<RowSource*> sources() const;
  runtime::Task<SecondTables> ask();
  runtime::Task<SecondTables> look();
  runtime::Task<void> load_some(RowSource& source, SecondTable at);
  runtime::Task<Batch> gather(RowSource& source, Cursor from, Cursor upto);
  runtime::Task<void> compare_some(RowSource& source, Position position);
  void name(const TableSpec& table, const ComparedSecond& compared);
  runtime::Task<bool> swap_now(bool list_lost);
  runtime::Task<bool> has_swapped();

  runtime::EventLoop& loop_;
  Warehouse& warehouse_;
  const Loaders& loaders_;
  Comparison comparison_;
};

}  // namespace orderly::warehouse
