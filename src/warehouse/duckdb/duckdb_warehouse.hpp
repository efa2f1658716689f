#pragma once

#include <string>

#include "runtime/blocking_pool.hpp"
#include "warehouse/duckdb/database.hpp"
#include "warehouse/duckdb/query_lanes.hpp"
#include "warehouse/warehouse.hpp"

namespace orderly::warehouse::duckdb {

struct DuckdbOptions {
  DatabaseOptions database;
  LaneOptions lanes;
};

/// The warehouse in a DuckDB file. One thread loads, a few answer queries on connections of their
/// own, so neither waits for the other. Destroy it before the event loops of its callers: what is
/// still running is interrupted and waited for.
class DuckdbWarehouse final : public Warehouse {
 public:
  /// Opens or creates the file and brings it to the newest schema. Throws Unavailable.
  explicit DuckdbWarehouse(const DuckdbOptions& options);

  runtime::Task<Cursor> loaded(std::string table) override;
  runtime::Task<bool> load(Load load) override;
  runtime::Task<Cursor> loaded_beside(std::string table) override;
  runtime::Task<bool> put_in_place(std::string table, Cursor from, Cursor to) override;
  runtime::Task<SecondTables> second(SecondCommand command) override;
  runtime::Task<ComparedSecond> compare_second(CompareSecond request) override;
  runtime::Task<Result<QueryResult>> query(QueryRequest request) override;
  runtime::Task<Result<Exported>> export_to(ExportRequest request) override;
  runtime::Task<Saved> save_to(std::string file) override;

 private:
  template <class Work>
  auto in_session(Work work);
  [[nodiscard]] const TableSpec& table_of(const std::string& name) const;

  std::string folder_;  ///< never shown to clients
  DatabaseSource source_;
  runtime::ThreadPool writer_;
  runtime::ThreadPool comparer_;
  QueryLanes lanes_;
  QueryLanes export_lane_;
};

}  // namespace orderly::warehouse::duckdb
