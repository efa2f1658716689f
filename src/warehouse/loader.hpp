#pragma once

#include <chrono>
#include <optional>

#include "runtime/pump.hpp"
#include "telemetry/metrics.hpp"
#include "warehouse/load_status.hpp"
#include "warehouse/row_source.hpp"
#include "warehouse/warehouse.hpp"

namespace orderly::warehouse {

struct LoaderOptions {
  /// Two loads begin at least this far apart, since an analytical store wants large batches (one
  /// row a commit costs 300 times as much as a thousand). The first change after a quiet time is
  /// loaded at once, so no change waits longer than this. A full batch is followed at once.
  std::chrono::milliseconds pace{100};
  /// After a batch of more than so many rows the next one may gather as many times longer, up to
  /// max_pace: above 10,000 rows a second batches grow tenfold and cost half as much a row.
  std::size_t rows_a_pace = 1'000;
  std::chrono::milliseconds max_pace{1'000};
  std::size_t max_rows = kMaxLoadRows;
  /// How long a pass waits for the first change.
  std::chrono::milliseconds idle_wait{10'000};
};

/// The hop from a table's source into the warehouse: one loader a table. Progress is the
/// warehouse's own position, so it may be stopped anywhere and started again; run it with
/// runtime::pump and pump_options(). While the warehouse takes one batch of a backlog, the next one
/// is read.
///
/// Its metrics carry the label `table`.
///
/// Where the source has another history than the one loaded (a store was put back), the table is
/// loaded anew beside the one that is asked, and takes its place when it has all that the source
/// has; meanwhile orderly_warehouse_source_conflict is 1. Only where the source still has the event
/// up to which all is loaded, a new epoch is just taken over.
class Loader final : public runtime::Hop {
 public:
  /// All are owned by the caller and outlive the loader, which is used on `loop` only.
  Loader(runtime::EventLoop& loop, RowSource& source, Warehouse& warehouse, LoadStatus& status,
         telemetry::Metrics& metrics, LoaderOptions options = {});

  runtime::Task<std::size_t> move_batch() override;

  // How it stands; any thread.
  [[nodiscard]] const std::string& table() const { return source_.table().name; }
  [[nodiscard]] const LoadStatus& status() const { return status_; }
  [[nodiscard]] std::uint64_t rows_loaded() const { return rows_.value(); }  ///< since the start
  [[nodiscard]] bool in_conflict() const { return conflict_.value() > 0; }

  /// What pump() needs: the pacing is the loader's own.
  static runtime::PumpOptions pump_options();

 private:
  struct Batch {
    RowBatch rows;
    Cursor to;
    std::size_t events = 0;
    Position head = 0;
    UtcTime first_accepted{};
    UtcTime last_accepted{};
  };

  runtime::Task<void> keep_pace();
  [[nodiscard]] std::chrono::milliseconds pace() const;
  // kConflict of the source.
  runtime::Task<Result<Batch>> next_batch(Cursor from);
  runtime::Task<Result<Batch>> gather(Cursor from);
  runtime::Task<Result<RowSource::Page>> read_page(Batch& batch, std::chrono::milliseconds wait);
  runtime::Task<bool> load_and_read_ahead(Batch batch, Cursor from);
  runtime::Task<void> read_ahead(Cursor from);
  runtime::Task<bool> load(Batch batch, Cursor from);
  /// The next step of getting along with a source of another history, from where all is loaded.
  runtime::Task<std::size_t> follow_fork(Cursor loaded);
  runtime::Task<bool> take_over_epoch(Cursor loaded);
  runtime::Task<std::size_t> load_beside(Cursor loaded);
  void report_conflict(const Error& error, const Cursor& at);
  void report_source(const Batch& batch, Position loaded, std::optional<UtcTime> oldest_missing);

  runtime::EventLoop& loop_;
  RowSource& source_;
  Warehouse& warehouse_;
  LoadStatus& status_;
  LoaderOptions options_;

  std::optional<Cursor> position_;  ///< known only while no load is in doubt
  std::optional<SteadyTime> last_load_;
  std::size_t last_rows_ = 0;
  bool last_was_full_ = false;
  struct ReadAhead {
    Cursor from;
    Batch batch;
  };
  std::optional<ReadAhead> read_ahead_;
  bool in_conflict_ = false;

  telemetry::Counter& rows_;
  telemetry::Counter& batches_;
  telemetry::Counter& conflicts_;
  telemetry::Counter& reloads_;
  telemetry::Gauge& conflict_;
  telemetry::Gauge& position_gauge_;
  telemetry::Gauge& last_seconds_;
  telemetry::Histogram& load_seconds_;
  telemetry::Metrics::Registration lag_changes_;
  telemetry::Metrics::Registration lag_seconds_;
};

}  // namespace orderly::warehouse
