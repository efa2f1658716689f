#include "warehouse/duckdb/duckdb_warehouse.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "base/check.hpp"
#include "warehouse/duckdb/run_query.hpp"
#include "warehouse/duckdb/writer.hpp"

namespace orderly::warehouse::duckdb {
namespace {

constexpr std::size_t kMaxWaitingLoads = 64;

}  // namespace

DuckdbWarehouse::DuckdbWarehouse(const DuckdbOptions& options)
    : folder_(std::filesystem::absolute(options.database.path).parent_path().string()),
      source_(options.database),
      writer_("duckdb-load", 1, kMaxWaitingLoads),
      lanes_(source_, options.lanes) {}

/// `work` with a fresh session: a connection is cheap, and none is held while the lane is idle, so
/// that a broken database can be closed and opened again.
template <class Work>
auto DuckdbWarehouse::in_session(Work work) {
  return [this, work = std::move(work)] {
    const Session session = source_.connect();
    try {
      return work(session.connection.get());
    } catch (const DatabaseBroken&) {
      source_.retire(session.database);
      throw;
    }
  };
}

const TableSpec& DuckdbWarehouse::table_of(const std::string& name) const {
  const TableSpec* const table = source_.options().catalog.find_table(name);
  ORDERLY_CHECK(table != nullptr, "only tables of the catalog are loaded");
  return *table;
}

runtime::Task<Cursor> DuckdbWarehouse::loaded(std::string table) {
  co_return co_await writer_.run(
      in_session([name = table_of(table).name](duckdb_connection connection) {
        return read_position(connection, name);
      }));
}

runtime::Task<bool> DuckdbWarehouse::load(Load load) {
  const TableSpec& table = table_of(load.table);
  co_return co_await writer_.run(
      in_session([&table, load = std::move(load)](duckdb_connection connection) {
        return load_rows(connection, table, load);
      }));
}

runtime::Task<Result<QueryResult>> DuckdbWarehouse::query(QueryRequest request) {
  const auto timeout = std::min(request.timeout, kMaxQueryTimeout);
  co_return co_await lanes_.run(
      [this, request = std::move(request)](const Session& session) {
        return run_query(session, request, folder_);
      },
      timeout);
}

}  // namespace orderly::warehouse::duckdb
