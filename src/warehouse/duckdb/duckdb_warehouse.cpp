#include "warehouse/duckdb/duckdb_warehouse.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "warehouse/duckdb/run_query.hpp"
#include "warehouse/duckdb/writer.hpp"

namespace orderly::warehouse::duckdb {
namespace {

constexpr std::size_t kMaxWaitingLoads = 64;
constexpr std::chrono::milliseconds kLookUpTimeout{5'000};

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

runtime::Task<Cursor> DuckdbWarehouse::loaded() {
  co_return co_await writer_.run(in_session(read_position));
}

runtime::Task<bool> DuckdbWarehouse::load(std::vector<Change> changes, Cursor from, Cursor to) {
  const bool loaded = co_await writer_.run(
      in_session([changes = std::move(changes), from, to](duckdb_connection connection) {
        return load_changes(connection, changes, from, to);
      }));
  if (loaded) changed_.notify();
  co_return loaded;
}

runtime::Task<Result<QueryResult>> DuckdbWarehouse::query(QueryRequest request) {
  const auto timeout = std::min(request.timeout, kMaxQueryTimeout);
  co_return co_await lanes_.run(
      [this, request = std::move(request)](const Session& session) {
        return run_query(session, request, folder_);
      },
      timeout);
}

runtime::Task<bool> DuckdbWarehouse::has_order(OrderId order_id) {
  // As a result with a row or without, which is what lanes hand over.
  const auto found = co_await lanes_.run(
      [order_id = std::move(order_id)](const Session& session) -> Result<QueryResult> {
        QueryResult result;
        if (duckdb::has_order(session.connection.get(), order_id)) result.rows.emplace_back();
        return result;
      },
      kLookUpTimeout);
  if (!found)
    throw Unavailable("the warehouse could not look up an order: " + found.error().message);
  co_return !found->rows.empty();
}

}  // namespace orderly::warehouse::duckdb
