#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
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
    /// The tables of one place.
    struct Side {
      std::vector<events::OrderInfo> rows;  ///< of order_information
      Cursor position;
      std::map<std::string, Other> others;
    };
    Side live;
    Side beside;
    Side second;
    std::set<std::string> seconds;  ///< tables that have a second one
    bool swapped = false;
    std::optional<UtcTime> kept_until;
    std::vector<events::OrderInfo> taken_out;
  };
  /// Where a load may fail: with nothing done, or done and not told.
  enum class FaultPoint : std::uint8_t { kBeforeCommit, kAfterCommit };
  /// True: fail here, with Unavailable.
  using FaultHook = std::function<bool(FaultPoint)>;

  explicit MemoryWarehouse(std::shared_ptr<Storage> storage = std::make_shared<Storage>())
      : storage_(std::move(storage)) {}

  void on_load(FaultHook hook) { hook_ = std::move(hook); }
  [[nodiscard]] const std::vector<events::OrderInfo>& rows() const { return storage_->live.rows; }
  [[nodiscard]] const Cursor& position() const { return storage_->live.position; }
  [[nodiscard]] const std::vector<events::OrderInfo>& taken_out() const {
    return storage_->taken_out;
  }

  runtime::Task<Cursor> loaded(std::string table) override;
  runtime::Task<bool> load(warehouse::Load load) override;
  runtime::Task<Cursor> loaded_beside(std::string table) override;
  runtime::Task<bool> put_in_place(std::string table, Cursor from, Cursor to) override;
  runtime::Task<warehouse::SecondTables> second(warehouse::SecondCommand command) override;
  /// All rows are of part 0.
  runtime::Task<warehouse::ComparedSecond> compare_second(
      warehouse::CompareSecond request) override;
  /// Always kInvalid with code "sql_unsupported".
  runtime::Task<Result<warehouse::QueryResult>> query(warehouse::QueryRequest request) override;
  /// Always Unavailable: it has no files.
  runtime::Task<warehouse::Saved> save_to(std::string file) override;
  runtime::Task<Result<warehouse::Exported>> export_to(warehouse::ExportRequest request) override;

 private:
  void fail_at(FaultPoint point) const;
  Storage::Side& side(warehouse::Place place);
  Cursor& position_of(const std::string& table, warehouse::Place place = warehouse::Place::kTable);
  void store(const warehouse::Load& load, warehouse::Place place);
  void begin(const std::string& table, warehouse::Place place);
  void list_lost(const Storage::Side& old, const Storage::Side& fresh);
  warehouse::SecondTables look();
  bool swap(bool list_rows);
  [[nodiscard]] std::vector<warehouse::ComparedSecond::Pair> pairs() const;
  static void store_orders(const warehouse::RowBatch& rows, std::vector<events::OrderInfo>& into);

  std::shared_ptr<Storage> storage_;
  FaultHook hook_;
};

}  // namespace orderly::testing
