#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "events/orders.hpp"
#include "warehouse/tables.hpp"
#include "warehouse/warehouse.hpp"

namespace orderly::testing {

/// A row of order_information out of a batch; the reader stands before its first value.
events::OrderInfo read_order(warehouse::RowReader& reader);

/// A warehouse in memory, for the simulation. It does not understand SQL: rows() is for looking.
/// Of other tables than order_information it keeps a row as its bytes, and replaces none. Used on
/// one thread. What it stores outlives it, as a disk outlives a process.
class MemoryWarehouse final : public warehouse::Warehouse {
 public:
  struct Storage {
    struct Other {
      std::size_t rows = 0;
      Cursor position;
    };
    /// A table, or the copy that is loaded beside it.
    struct Side {
      std::vector<events::OrderInfo> rows;  ///< of order_information
      Cursor position;
      std::map<std::string, Other> others;
    };
    std::vector<events::OrderInfo> rows;  ///< of order_information
    Cursor position;
    std::map<std::string, Other> others;
    Side beside;
    std::vector<events::OrderInfo> taken_out;
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
  [[nodiscard]] const std::vector<events::OrderInfo>& taken_out() const {
    return storage_->taken_out;
  }

  runtime::Task<Cursor> loaded(std::string table) override;
  runtime::Task<bool> load(warehouse::Load load) override;
  runtime::Task<Cursor> loaded_beside(std::string table) override;
  runtime::Task<bool> put_in_place(std::string table, Cursor from, Cursor to) override;
  /// Always kInvalid with code "sql_unsupported".
  runtime::Task<Result<warehouse::QueryResult>> query(warehouse::QueryRequest request) override;
  /// Always Unavailable: it has no files.
  runtime::Task<warehouse::Saved> save_to(std::string file) override;
  runtime::Task<Result<warehouse::Exported>> export_to(warehouse::ExportRequest request) override;

 private:
  void fail_at(FaultPoint point) const;
  Cursor& position_of(const std::string& table, bool beside = false);
  static void store_orders(const warehouse::RowBatch& rows, std::vector<events::OrderInfo>& into);

  std::shared_ptr<Storage> storage_;
  FaultHook hook_;
};

}  // namespace orderly::testing
