#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/position.hpp"
#include "base/result.hpp"
#include "events/feed.hpp"
#include "events/orders.hpp"
#include "runtime/signal.hpp"
#include "runtime/task.hpp"

/// Where the shop owner asks in SQL: the rows of the read model as the table
/// `cqrs_example.order_information`.
namespace orderly::warehouse {

inline constexpr std::size_t kMaxSqlBytes = std::size_t{64} * 1024;
inline constexpr std::size_t kMaxQueryRows = 100'000;
inline constexpr std::chrono::milliseconds kMaxQueryTimeout{300'000};
/// A batch of the loader has at most this many changes.
inline constexpr std::size_t kMaxLoadRows = 20'000;

/// A change of the read model, as its feed has it.
using Change = events::Recorded<events::OrderInfoPut>;

/// A value of a result. Integers of any width that fit are std::int64_t; NULL is monostate; what
/// has no type here (decimals, dates, lists, larger integers …) is its text.
using Cell = std::variant<std::monostate, bool, std::int64_t, double, std::string>;
using Row = std::vector<Cell>;

struct Column {
  std::string name;
  std::string type;  ///< as the engine names it, e.g. BIGINT

  bool operator==(const Column&) const = default;
};

struct QueryRequest {
  std::string sql;
  std::size_t max_rows = 10'000;              ///< 1…kMaxQueryRows
  std::chrono::milliseconds timeout{30'000};  ///< ≤ kMaxQueryTimeout; waiting for a turn included
  std::size_t max_bytes = std::size_t{32} * 1024 * 1024;  ///< of all values together
};

struct QueryResult {
  std::vector<Column> columns;
  std::vector<Row> rows;
  bool truncated = false;  ///< there is more than max_rows or max_bytes let through
  Position position = 0;   ///< of the last change that the answer can have seen

  bool operator==(const QueryResult&) const = default;
};

/// The port of the analytical store. Any thread may call; a coroutine resumes on its caller's
/// executor. Every member throws Unavailable where the store cannot serve now.
class Warehouse {
 public:
  virtual ~Warehouse() = default;

  /// How far the read model's change log has been loaded; the default Cursor before the first load.
  virtual runtime::Task<Cursor> loaded() = 0;

  /// Writes `changes` and the position `to` in one durable transaction, if the position still is
  /// `from`. False: it is not, nothing was done (somebody loaded these already; ask loaded()).
  /// After Unavailable either all or nothing was done, which loaded() tells.
  ///
  /// A change is an upsert by order_id: where `replaces` is set, earlier rows of the order (of the
  /// table or of the same batch) go; otherwise the row is appended, unchecked, since the feed says
  /// that it is the first one. `changes` may be empty, is in feed order, and has ≤ kMaxLoadRows
  /// where it comes from the loader.
  virtual runtime::Task<bool> load(std::vector<Change> changes, Cursor from, Cursor to) = 0;

  /// Answers one statement that only reads, against one consistent state. Loading goes on
  /// meanwhile. kInvalid with code
  ///   "invalid_sql"       the engine's message (where it knows the position, with it), no paths
  ///   "forbidden_sql"     more than one statement, anything but a SELECT, or what shows or touches
  ///                       the machine (files, settings, extensions)
  ///   "sql_too_long"      above kMaxSqlBytes
  ///   "query_timeout"     ran longer than `timeout`
  ///   "query_memory"      needed more memory than the store may use.
  /// Throws Unavailable where too many queries wait.
  virtual runtime::Task<Result<QueryResult>> query(QueryRequest request) = 0;

  /// Whether a row of the order has been loaded.
  virtual runtime::Task<bool> has_order(OrderId order_id) = 0;

  /// Notified after each load that changed something.
  virtual runtime::Signal& changed() = 0;
};

}  // namespace orderly::warehouse
