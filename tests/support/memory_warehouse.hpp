#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "warehouse/warehouse.hpp"

namespace orderly::testing {

/// A warehouse in memory, for the simulation. It does not understand SQL: rows() is for looking.
/// Used on one thread. What it stores outlives it, as a disk outlives a process.
class MemoryWarehouse final : public warehouse::Warehouse {
 public:
  struct Storage {
    std::vector<events::OrderInfo> rows;
    Cursor position;
  };
  /// Where a load may fail: with nothing done, or done and not told.
  enum class FaultPoint : std::uint8_t { kBeforeCommit, kAfterCommit };
  /// True: fail here, with Unavailable.
  using FaultHook = std::function<bool(FaultPoint)>;

  explicit MemoryWarehouse(std::shared_ptr<Storage> storage = std::make_shared<Storage>())
      : storage_(std::move(storage)) {}

  void on_load(FaultHook hook) { hook_ = std::move(hook); }
  [[nodiscard]] const std::vector<events::OrderInfo>& rows() const { return storage_->rows; }
  [[nodiscard]] const Cursor& position() const { return storage_->position; }

  runtime::Task<Cursor> loaded() override;
  runtime::Task<bool> load(std::vector<warehouse::Change> changes, Cursor from, Cursor to) override;
  /// Always kInvalid with code "sql_unsupported".
  runtime::Task<Result<warehouse::QueryResult>> query(warehouse::QueryRequest request) override;
  runtime::Task<bool> has_order(OrderId order_id) override;
  runtime::Signal& changed() override { return changed_; }

 private:
  void fail_at(FaultPoint point) const;

  std::shared_ptr<Storage> storage_;
  FaultHook hook_;
  runtime::Signal changed_;
};

}  // namespace orderly::testing
