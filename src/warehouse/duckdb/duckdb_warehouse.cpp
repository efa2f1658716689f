#include "warehouse/duckdb/duckdb_warehouse.hpp"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/check.hpp"
#include "warehouse/duckdb/export_source.hpp"
#include "warehouse/duckdb/export_writer.hpp"
#include "warehouse/duckdb/run_query.hpp"
#include "warehouse/duckdb/save.hpp"
#include "warehouse/duckdb/second_tables.hpp"
#include "warehouse/duckdb/writer.hpp"

namespace orderly::warehouse::duckdb {
namespace {

constexpr std::size_t kMaxWaitingLoads = 64;
/// One rebuild runs at a time, and whoever gave up on an earlier call may have left it there.
constexpr std::size_t kMaxWaitingComparisons = 4;
/// Whoever was interrupted may still be on the lane when the next one comes.
constexpr std::size_t kMaxWaitingExports = 2;

LaneOptions export_lane(LaneOptions options) {
  options.lanes = 1;
  options.max_waiting = kMaxWaitingExports;
  return options;
}

/// What the watch over the lane says of a query, said of an export.
Error of_export(Error error) {
  error.field = "";
  if (error.code == "query_timeout") {
    error.code = "export_timeout";
    error.message = "the export did not finish within its time";
  } else if (error.code == "query_memory") {
    error.code = "export_memory";
    error.message = "the export needs more memory than it may use here";
  }
  return error;
}

}  // namespace

DuckdbWarehouse::DuckdbWarehouse(const DuckdbOptions& options)
    : folder_(std::filesystem::absolute(options.database.path).parent_path().string()),
      source_(options.database),
      writer_("duckdb-load", 1, kMaxWaitingLoads),
      comparer_("duckdb-compare", 1, kMaxWaitingComparisons),
      lanes_(source_, options.lanes),
      export_lane_(source_, export_lane(options.lanes)) {}

/// `work` with a fresh session: a connection is cheap, and none is held while the lane is idle, so
/// that a broken database can be closed and opened again.
template <class Work>
auto DuckdbWarehouse::in_session(Work work) {
  return [this, work = std::move(work)] {
    const Session session = source_.connect();
    try {
      return work(session.connection.get());
    } catch (const DatabaseBroken& broken) {
      source_.retire(session.database);
      if (broken.of_a_full_disk()) throw StorageFull(broken.what());
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

runtime::Task<Cursor> DuckdbWarehouse::loaded_beside(std::string table) {
  co_return co_await writer_.run(
      in_session([name = table_of(table).name](duckdb_connection connection) {
        return read_position_beside(connection, name);
      }));
}

runtime::Task<bool> DuckdbWarehouse::put_in_place(std::string table, Cursor from, Cursor to) {
  const TableSpec& spec = table_of(table);
  co_return co_await writer_.run(in_session([&spec, from, to](duckdb_connection connection) {
    return duckdb::put_in_place(connection, spec, from, to);
  }));
}

runtime::Task<SecondTables> DuckdbWarehouse::second(SecondCommand command) {
  co_return co_await writer_.run(
      in_session([this, command = std::move(command)](duckdb_connection connection) {
        return run_second(connection, source_.options().catalog, command);
      }));
}

runtime::Task<ComparedSecond> DuckdbWarehouse::compare_second(CompareSecond request) {
  const TableSpec& table = table_of(request.table);
  co_return co_await comparer_.run(
      in_session([&table, request = std::move(request)](duckdb_connection connection) {
        return duckdb::compare_second(connection, table, request);
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

runtime::Task<Saved> DuckdbWarehouse::save_to(std::string file) {
  // On the lane of the loads, so that the file does not change while it is copied.
  const std::string path = source_.options().path.string();
  co_return co_await writer_.run(
      in_session([path, file = std::move(file)](duckdb_connection connection) {
        return save_database(connection, path, file);
      }));
}

runtime::Task<Result<Exported>> DuckdbWarehouse::export_to(ExportRequest request) {
  const auto source = export_source(source_.options().catalog, request);
  if (!source) co_return std::unexpected(source.error());
  const auto timeout = std::min(request.timeout, kMaxExportTime);
  // Shared with the lane, which may go on for a moment after its caller was answered.
  const auto exported = std::make_shared<Exported>();
  const auto done = co_await export_lane_.run(
      [source = *source, request = std::move(request),
       exported](const Session& session) -> Result<QueryResult> {
        auto written = write_export(session, source, request);
        if (!written) return std::unexpected(written.error());
        *exported = *written;
        return QueryResult{};
      },
      timeout);
  if (done) co_return *exported;
  Error error = done.error();
  const bool by_watch = error.field == "query";
  co_return std::unexpected(by_watch ? of_export(std::move(error)) : std::move(error));
}

}  // namespace orderly::warehouse::duckdb
