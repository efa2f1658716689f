#include "warehouse/loader.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <utility>

#include "telemetry/log.hpp"

namespace orderly::warehouse {
namespace {

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace

Loader::Loader(runtime::EventLoop& loop, events::Feed<events::OrderInfoPut>& source,
               Warehouse& warehouse, LoadStatus& status, telemetry::Metrics& metrics,
               LoaderOptions options)
    : loop_(loop),
      source_(source),
      warehouse_(warehouse),
      status_(status),
      options_(options),
      rows_(metrics.counter("orderly_warehouse_rows_loaded_total",
                            "Changes of the read model loaded into the warehouse.")),
      batches_(metrics.counter("orderly_warehouse_loads_total",
                               "Transactions that loaded changes into the warehouse.")),
      conflicts_(metrics.counter("orderly_warehouse_source_conflicts_total",
                                 "Reads refused since the source has another history.")),
      conflict_(metrics.gauge("orderly_warehouse_source_conflict",
                              "1 while the source has another history than what is loaded.")),
      position_gauge_(metrics.gauge("orderly_warehouse_position",
                                    "Position in the change log up to which all is loaded.")),
      last_seconds_(
          metrics.gauge("orderly_warehouse_last_load_seconds", "Duration of the newest load.")),
      load_seconds_(metrics.histogram("orderly_warehouse_load_seconds", "Duration of the loads.")),
      lag_changes_(metrics.gauge_callback(
          "orderly_warehouse_lag_changes", "Changes at the source that are not loaded.", {},
          [this] {
            const auto lag = status_.lag(loop_.utc_now());
            return lag ? static_cast<double>(lag->changes) : kUnknown;
          })),
      lag_seconds_(metrics.gauge_callback(
          "orderly_warehouse_lag_seconds", "Age of the oldest change that is not loaded.", {},
          [this] {
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
  if (!position_) position_ = co_await warehouse_.loaded();
  position_gauge_.set(static_cast<double>(position_->position));
  const Cursor from = *position_;
  Batch batch = co_await gather(from);
  const std::size_t moved = batch.changes.size();
  if (moved == 0) {
    report_source(batch, from.position, std::nullopt);
    co_return 0;
  }
  report_source(batch, from.position, batch.changes.front().accepted_at);
  last_was_full_ = moved >= options_.max_rows;
  // Until the load has succeeded nobody knows whether it did: the warehouse is asked again.
  position_.reset();
  const bool loaded = co_await load(std::move(batch), from);
  co_return loaded ? moved : 0;
}

runtime::Task<void> Loader::keep_pace() {
  if (!last_load_ || last_was_full_) co_return;
  const SteadyTime next = *last_load_ + options_.pace;
  const SteadyTime now = loop_.steady_now();
  if (now < next) co_await loop_.sleep_for(next - now);
}

runtime::Task<Loader::Batch> Loader::gather(Cursor from) {
  Batch batch{.changes = {}, .to = from};
  // As long as the head is unknown, ask for it at once instead of waiting for a change.
  auto wait = status_.lag(loop_.utc_now()) ? options_.idle_wait : std::chrono::milliseconds(0);
  while (batch.changes.size() < options_.max_rows) {
    const std::size_t room = options_.max_rows - batch.changes.size();
    Result<events::FeedPage<events::OrderInfoPut>> page;
    try {
      page = co_await source_.read(batch.to, std::min(room, events::kMaxFeedPage), wait);
    } catch (const Unavailable&) {
      status_.lost_source();
      throw;
    }
    if (!page) report_conflict(page.error(), batch.to);
    in_conflict_ = false;
    conflict_.set(0);
    batch.head = page->head;
    if (page->events.empty()) break;
    batch.to = events::cursor_after(*page);
    batch.changes.insert(batch.changes.end(), std::make_move_iterator(page->events.begin()),
                         std::make_move_iterator(page->events.end()));
    if (batch.to.position >= batch.head) break;
    wait = std::chrono::milliseconds(0);
  }
  co_return batch;
}

runtime::Task<bool> Loader::load(Batch batch, Cursor from) {
  const std::size_t count = batch.changes.size();
  const UtcTime newest = batch.changes.back().accepted_at;
  const SteadyTime start = loop_.steady_now();
  last_load_ = start;
  const bool loaded = co_await warehouse_.load(std::move(batch.changes), from, batch.to);
  const auto took = loop_.steady_now() - start;
  if (!loaded) {
    log::warning("somebody else loaded into the warehouse", {{"position", from.position}});
    co_return false;
  }
  position_ = batch.to;
  rows_.add(count);
  batches_.add();
  position_gauge_.set(static_cast<double>(batch.to.position));
  last_seconds_.set(std::chrono::duration<double>(took).count());
  load_seconds_.observe(took);
  // What follows was accepted after the newest of the batch; how long after is read next.
  report_source(batch, batch.to.position, newest);
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
  if (!std::exchange(in_conflict_, true)) {
    log::error("the warehouse has loaded what its source does not have",
               {{"epoch", at.epoch.to_string()},
                {"position", at.position},
                {"event_id", at.event_id.to_string()},
                {"code", error.code},
                {"error", error.message}});
  }
  throw Unavailable("the warehouse's source has another history: " + error.message,
                    std::chrono::seconds(5));
}

}  // namespace orderly::warehouse
