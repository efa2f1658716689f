#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/position.hpp"
#include "base/result.hpp"
#include "runtime/signal.hpp"
#include "runtime/task.hpp"
#include "warehouse/export.hpp"
#include "warehouse/parameters.hpp"
#include "warehouse/rows.hpp"
#include "warehouse/second.hpp"
#include "warehouse/table.hpp"

/// Where the shop owner asks in SQL: the rows of the read model as the table
/// `cqrs_example.order_information`, and the other tables of the catalog (table.hpp).
namespace orderly::warehouse {

inline constexpr std::size_t kMaxSqlBytes = std::size_t{64} * 1024;
inline constexpr std::size_t kMaxQueryRows = 100'000;
inline constexpr std::chrono::milliseconds kMaxQueryTimeout{300'000};
/// A batch of a loader is of at most this many events: DuckDB's row group, which a load that fills
/// one writes into the file at once, without the detour over its log and the next checkpoint …
inline constexpr std::size_t kMaxLoadRows = 122'880;
/// … and ends with the page that takes it beyond so many bytes.
inline constexpr std::size_t kMaxLoadBytes = std::size_t{32} * 1024 * 1024;

/// Where rows of a table go.
enum class Place : std::uint8_t {
  /// The table that owners ask; and into its second one too, where that stands at the same
  /// position.
  kTable,
  /// The copy that is loaded anew beside it (see put_in_place). From the default Cursor it is
  /// begun,
  /// whatever was there.
  kBeside,
  /// The second one that a rebuild fills (see second).
  kSecond,
};

/// What one step of a loader writes.
struct Load {
  std::string table;
  RowBatch rows;  ///< in feed order
  Cursor from;
  Cursor to;
  Place place = Place::kTable;  ///< whose position is meant
};

/// A copy of the whole store.
struct Saved {
  std::uint64_t bytes = 0;
  Cursor position;  ///< up to where order_information is loaded in it

  bool operator==(const Saved&) const = default;
};

struct QueryRequest {
  std::string sql;
  Parameters parameters = {};                 ///< all with names or none
  std::size_t max_rows = 10'000;              ///< 1…kMaxQueryRows
  std::chrono::milliseconds timeout{30'000};  ///< ≤ kMaxQueryTimeout; waiting for a turn included
  std::size_t max_bytes = std::size_t{32} * 1024 * 1024;  ///< of the rows, as JSON
};

/// A result as the JSON that the caller gets, made where it does not hold up anybody else (see
/// query_json.hpp for its form).
struct QueryResult {
  std::string json;        ///< `{"columns":[…],"rows":[[…],…]`, the object left open
  bool truncated = false;  ///< there is more than max_rows or max_bytes let through
  Position position = 0;   ///< of the last change of order_information that it can have seen

  bool operator==(const QueryResult&) const = default;
};

/// The port of the analytical store. Any thread may call; a coroutine resumes on its caller's
/// executor. Every member throws Unavailable where the store cannot serve now.
class Warehouse {
 public:
  virtual ~Warehouse() = default;

  /// How far the source of `table` (of the catalog) has been loaded; the default Cursor before the
  /// first load.
  virtual runtime::Task<Cursor> loaded(std::string table) = 0;

  /// Writes the rows and the table's position `to` in one durable transaction, if the position
  /// still is `from`. False: it is not, nothing was done (somebody loaded these already; ask
  /// loaded()). After Unavailable either all or nothing was done, which loaded() tells. The rows
  /// may be empty.
  virtual runtime::Task<bool> load(Load load) = 0;

  // Where the history of a table's source has changed, the table is loaded anew beside the one that
  // owners ask, and takes its place.

  /// How far the copy beside the table has been loaded; the default Cursor where there is none.
  virtual runtime::Task<Cursor> loaded_beside(std::string table) = 0;

  /// Puts the copy, loaded up to `to`, in the place of the table, which is at `from`, in one
  /// durable transaction; then there is no copy. Rows of the table that the copy does not have (by
  /// their key; where the table has none, by all of their columns) are kept in the list of what was
  /// taken out, and those of the list that it has leave it. A second one of the table is removed:
  /// it is of the other history. False: one of the positions is another one, nothing was done.
  virtual runtime::Task<bool> put_in_place(std::string table, Cursor from, Cursor to) = 0;

  // A rebuild fills second tables beside the live ones, compares them and lets them change places
  // (second.hpp). Once a second one stands where its live one does, every load goes into both, so
  // both stay there.

  /// Carries the command out in one durable transaction. After Unavailable either all or nothing
  /// was done, which kLook tells.
  virtual runtime::Task<SecondTables> second(SecondCommand command) = 0;

  /// Compares a table with its second one, both as they are at one moment. Loads and queries go on
  /// meanwhile.
  virtual runtime::Task<ComparedSecond> compare_second(CompareSecond request) = 0;

  /// Answers one statement that only reads, against one consistent state. Loading goes on
  /// meanwhile. kInvalid with code
  ///   "invalid_sql"       the engine's message (where it knows the position, with it), no paths
  ///   "forbidden_sql"     more than one statement, anything but a SELECT, or what shows or touches
  ///                       the machine (files, settings, extensions)
  ///   "sql_too_long"      above kMaxSqlBytes
  ///   "invalid_value"     parameters that are not those of the statement
  ///   "query_timeout"     ran longer than `timeout`
  ///   "query_memory"      needed more memory than the store may use
  ///   "query_failed"      made the engine itself fail.
  /// Throws Unavailable where too many queries wait, and operation_aborted when the calling task
  /// is stopped: the query is then interrupted.
  virtual runtime::Task<Result<QueryResult>> query(QueryRequest request) = 0;

  /// Writes the rows of one consistent state to `request.file`, which appears when it is whole and
  /// on the disk, or not at all; what is unfinished has kUnfinishedSuffix behind its name, and a
  /// process that dies leaves it there. One runs at a time, beside loads and queries.
  ///   kInvalid "unknown_table" (table), "no_date_column" (from or to), "export_timeout",
  ///            "export_memory"
  ///   kStorageFull "export_too_large" (max_bytes), "storage_full" (the disk).
  /// Throws as query().
  virtual runtime::Task<Result<Exported>> export_to(ExportRequest request) = 0;

  /// Copies the store as it is into the new file `file` (absolute), which is on the disk when this
  /// returns, and opens like the store itself. Loads wait meanwhile, queries go on. A failure may
  /// leave a part of the file. Throws Unavailable; StorageFull is about the copy.
  virtual runtime::Task<Saved> save_to(std::string file) = 0;
};

}  // namespace orderly::warehouse
