#include "warehouse/loader.hpp"

#include <algorithm>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <limits>
#include <utility>

#include "telemetry/log.hpp"

namespace orderly::warehouse {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

telemetry::Labels labels_of(const TableSpec& table) { return {{"table", table.name}}; }

}  // namespace

Loader::Loader(runtime::EventLoop& loop, RowSource& source, Warehouse& warehouse,
               LoadStatus& status, telemetry::Metrics& metrics, LoaderOptions options)
    : loop_(loop),
      source_(source),
      warehouse_(warehouse),
      status_(status),
      options_(options),
      rows_(metrics.counter("orderly_warehouse_rows_loaded_total",
                            "Changes of the source loaded into the warehouse.",
                            labels_of(source.table()))),
      batches_(metrics.counter("orderly_warehouse_loads_total",
                               "Transactions that loaded changes into the warehouse.",
                               labels_of(source.table()))),
      conflicts_(metrics.counter("orderly_warehouse_source_conflicts_total",
                                 "Reads refused since the source has another history.",
                                 labels_of(source.table()))),
      reloads_(metrics.counter("orderly_warehouse_reloads_total",
                               "Times that the table was loaded anew, since the source had "
                               "another history.",
                               labels_of(source.table()))),
      conflict_(metrics.gauge("orderly_warehouse_source_conflict",
                              "1 while the source has another history than what is loaded.",
                              labels_of(source.table()))),
      position_gauge_(metrics.gauge("orderly_warehouse_position",
                                    "Position in the source up to which all is loaded.",
                                    labels_of(source.table()))),
      last_seconds_(metrics.gauge("orderly_warehouse_last_load_seconds",
                                  "Duration of the newest load.", labels_of(source.table()))),
      load_seconds_(metrics.histogram("orderly_warehouse_load_seconds", "Duration of the loads.",
                                      telemetry::latency_buckets(), labels_of(source.table()))),
      lag_changes_(metrics.gauge_callback(
          "orderly_warehouse_lag_changes", "Changes at the source that are not loaded.",
          labels_of(source.table()),
          [this] {
            const auto lag = status_.lag(loop_.utc_now());
            return lag ? static_cast<double>(lag->changes) : kUnknown;
          })),
      lag_seconds_(metrics.gauge_callback(
          "orderly_warehouse_lag_seconds", "Age of the oldest change that is not loaded.",
          labels_of(source.table()), [this] {
            const auto lag = status_.lag(loop_.utc_now());
            return lag ? static_cast<double>(lag->time.count()) * 1e-3 : kUnknown;
          })) {}

runtime::PumpOptions Loader::pump_options() {
  runtime::PumpOptions options;
  options.name = "warehouse loader";
  options.busy_batch = std::numeric_limits<std::size_t>::max();
  options.on_failure = [](const std::string& error, int failures) {
    if (failures == 1) log::warning("loading into the warehouse fails", {{"error", error}});
  };
  options.on_recovery = [] { log::info("loading into the warehouse goes on"); };
  return options;
}

runtime::Task<std::size_t> Loader::move_batch() {
  co_await keep_pace();
  if (!position_) {
    position_ = co_await warehouse_.loaded(source_.table().name);
    status_.has_loaded(*position_);
  }
  position_gauge_.set(static_cast<double>(position_->position));
  const Cursor from = *position_;
  auto gathered = co_await next_batch(from);
  if (!gathered) {
    report_conflict(gathered.error(), from);
    co_return co_await follow_fork(from);
  }
  in_conflict_ = false;
  conflict_.set(0);
  Batch batch = std::move(*gathered);
  const std::size_t moved = batch.events;
  if (moved == 0) {
    report_source(batch, from.position, std::nullopt);
    co_return 0;
  }
  report_source(batch, from.position, batch.first_accepted);
  last_was_full_ = batch.to.position < batch.head;
  last_rows_ = moved;
  // Until the load has succeeded nobody knows whether it did: the warehouse is asked again.
  position_.reset();
  bool loaded = false;
  if (last_was_full_) {
    loaded = co_await load_and_read_ahead(std::move(batch), from);
  } else {
    loaded = co_await load(std::move(batch), from);
  }
  co_return loaded ? moved : 0;
}

runtime::Task<Result<Loader::Batch>> Loader::next_batch(Cursor from) {
  auto ahead = std::exchange(read_ahead_, std::nullopt);
  if (ahead && ahead->from == from && ahead->batch.events > 0) co_return std::move(ahead->batch);
  co_return co_await gather(from);
}

runtime::Task<bool> Loader::load_and_read_ahead(Batch batch, Cursor from) {
  const Cursor next = batch.to;
  auto loading = load(std::move(batch), from);
  auto reading = read_ahead(next);
  using boost::asio::experimental::awaitable_operators::operator&&;
  co_return co_await (std::move(loading) && std::move(reading));
}

/// What fails here fails again, and is told, when the batch is wanted.
runtime::Task<void> Loader::read_ahead(Cursor from) {
  try {
    auto batch = co_await gather(from);
    if (batch) read_ahead_ = ReadAhead{from, std::move(*batch)};
  } catch (const Unavailable&) {
    read_ahead_.reset();
  }
}

std::chrono::milliseconds Loader::pace() const {
  const auto times = static_cast<std::int64_t>(last_rows_ / options_.rows_a_pace);
  return std::clamp(times * options_.pace, options_.pace, options_.max_pace);
}

runtime::Task<void> Loader::keep_pace() {
  if (!last_load_ || last_was_full_) co_return;
  const SteadyTime next = *last_load_ + pace();
  const SteadyTime now = loop_.steady_now();
  if (now < next) co_await loop_.sleep_for(next - now);
}

runtime::Task<Result<Loader::Batch>> Loader::gather(Cursor from) {
  Batch batch{.rows = RowBatch(source_.table()), .to = from};
  // As long as the head is unknown, ask for it at once instead of waiting for a change.
  auto wait = status_.lag(loop_.utc_now()) ? options_.idle_wait : std::chrono::milliseconds(0);
  while (batch.events < options_.max_rows && batch.rows.bytes().size() < kMaxLoadBytes) {
    const auto page = co_await read_page(batch, wait);
    if (!page) co_return std::unexpected(page.error());
    batch.head = page->head;
    batch.to = page->to;
    if (page->events == 0) {
      // The newest ones are not told yet (ReadModel): they are no backlog.
      if (batch.events > 0) batch.head = batch.to.position;
      break;
    }
    if (batch.events == 0) batch.first_accepted = page->first_accepted;
    batch.last_accepted = page->last_accepted;
    batch.events += page->events;
    if (batch.to.position >= batch.head) break;
    wait = std::chrono::milliseconds(0);
    // A backlog is read between the turns of others.
    co_await boost::asio::post(loop_.executor(), boost::asio::use_awaitable);
  }
  co_return batch;
}

runtime::Task<Result<RowSource::Page>> Loader::read_page(Batch& batch,
                                                         std::chrono::milliseconds wait) {
  try {
    co_return co_await source_.read(batch.to, options_.max_rows - batch.events, wait, batch.rows);
  } catch (const Unavailable&) {
    status_.lost_source();
    throw;
  }
}

runtime::Task<std::size_t> Loader::follow_fork(Cursor loaded) {
  if (co_await take_over_epoch(loaded)) co_return 1;
  co_return co_await load_beside(loaded);
}

/// An event's id is given once, behind all that stood before it: a source that has ours where we
/// have it has the same history up to there (events/fork.hpp).
runtime::Task<bool> Loader::take_over_epoch(Cursor loaded) {
  if (!source_.ids_tell_history()) co_return false;
  if (loaded.position > 0 && loaded.event_id.is_nil()) co_return false;
  RowBatch unused(source_.table());
  const Cursor place{Uuid{}, loaded.position, loaded.event_id};
  const auto page = co_await source_.read(place, 1, std::chrono::milliseconds(0), unused);
  if (!page) co_return false;
  position_.reset();
  const Cursor to{page->to.epoch, loaded.position, loaded.event_id};
  Load step{
      .table = source_.table().name, .rows = RowBatch(source_.table()), .from = loaded, .to = to};
  co_return co_await warehouse_.load(std::move(step));
}

runtime::Task<std::size_t> Loader::load_beside(Cursor loaded) {
  const std::string table = source_.table().name;
  Cursor from = co_await warehouse_.loaded_beside(table);
  auto gathered = co_await gather(from);
  if (!gathered) {  // the copy that was begun is of another history, too
    from = Cursor{};
    gathered = co_await gather(from);
  }
  if (!gathered) throw Unavailable(gathered.error().message);
  const Cursor to = gathered->to;
  const bool has_all = to.position >= gathered->head;
  const std::size_t events = gathered->events;
  Load step{.table = table,
            .rows = std::move(gathered->rows),
            .from = from,
            .to = to,
            .place = Place::kBeside};
  const bool stored = co_await warehouse_.load(std::move(step));
  if (!stored || !has_all) co_return std::max<std::size_t>(events, 1);
  position_.reset();
  const bool in_place = co_await warehouse_.put_in_place(table, loaded, to);
  if (in_place) {
    reloads_.add();
    log::warning("a table of the warehouse was loaded anew, from another history of its source",
                 {{"table", table}, {"loaded", loaded.position}, {"now", to.position}});
  }
  co_return std::max<std::size_t>(events, 1);
}

runtime::Task<bool> Loader::load(Batch batch, Cursor from) {
  const SteadyTime start = loop_.steady_now();
  last_load_ = start;
  Load step{
      .table = source_.table().name, .rows = std::move(batch.rows), .from = from, .to = batch.to};
  const bool loaded = co_await warehouse_.load(std::move(step));
  const auto took = loop_.steady_now() - start;
  if (!loaded) {
    log::warning("somebody else loaded into the warehouse",
                 {{"table", source_.table().name}, {"position", from.position}});
    co_return false;
  }
  position_ = batch.to;
  rows_.add(batch.events);
  batches_.add();
  position_gauge_.set(static_cast<double>(batch.to.position));
  last_seconds_.set(std::chrono::duration<double>(took).count());
  load_seconds_.observe(took);
  // What follows was accepted after the newest of the batch; how long after is read next.
  report_source(batch, batch.to.position, batch.last_accepted);
  status_.has_loaded(batch.to);
  co_return true;
}

void Loader::report_source(const Batch& batch, Position loaded,
                           std::optional<UtcTime> oldest_missing) {
  status_.saw_source(batch.head, loaded, oldest_missing);
}

void Loader::report_conflict(const Error& error, const Cursor& at) {
  status_.lost_source();
  conflicts_.add();
  conflict_.set(1);
  if (std::exchange(in_conflict_, true)) return;
  log::error("the warehouse has loaded what its source does not have",
             {{"table", source_.table().name},
              {"epoch", at.epoch.to_string()},
              {"position", at.position},
              {"event_id", at.event_id.to_string()},
              {"code", error.code},
              {"error", error.message}});
}

}  // namespace orderly::warehouse
