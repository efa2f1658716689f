#include "warehouse/warehouse_rebuild.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <utility>

#include "json/writer.hpp"
#include "rebuild/rebuild.hpp"
#include "telemetry/log.hpp"

namespace orderly::warehouse {
namespace {

using Action = SecondCommand::Action;

/// Rows of both sides that one look takes into memory, about: a part is never split.
constexpr std::int64_t kRowsALook = 200'000;
/// Tries at a moment at which all second tables stand where the live ones do.
constexpr int kSwapTries = 100;
constexpr std::chrono::milliseconds kRetry{500};

void write(json::Writer& writer, const Cell& cell) {
  if (const auto* const flag = std::get_if<bool>(&cell)) {
    writer.boolean(*flag);
  } else if (const auto* const integer = std::get_if<std::int64_t>(&cell)) {
    writer.integer(*integer);
  } else if (const auto* const real = std::get_if<double>(&cell)) {
    writer.real(*real);
  } else if (const auto* const text = std::get_if<std::string>(&cell)) {
    writer.string(*text);
  } else {
    writer.null();
  }
}

/// Empty where there is no row.
std::string json_of(const TableSpec& table, const std::optional<Row>& row) {
  std::string text;
  if (!row) return text;
  json::Writer writer(text);
  writer.begin_object();
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    writer.key(table.columns[i].name);
    write(writer, row->at(i));
  }
  writer.end_object();
  return text;
}

std::string key_of(const TableSpec& table, const ComparedSecond::Pair& pair) {
  const Row& row = pair.live ? *pair.live : *pair.second;
  if (table.key.empty()) return json_of(table, row);
  const auto at = std::ranges::find(table.columns, table.key, &ColumnSpec::name);
  const Cell& key = row.at(static_cast<std::size_t>(at - table.columns.begin()));
  const auto* const text = std::get_if<std::string>(&key);
  if (text != nullptr) return *text;
  const auto* const integer = std::get_if<std::int64_t>(&key);
  return integer == nullptr ? std::string() : std::to_string(*integer);
}

std::int64_t events_in(const SecondTables& there) {
  std::int64_t events = 0;
  for (const SecondTable& table : there.tables)
    events += table.live.position;
  return events;
}

/// Takes as many of the last parts as one look may have.
std::vector<std::uint32_t> next_parts(std::vector<ComparedSecond::Part>& parts) {
  std::vector<std::uint32_t> taken;
  for (std::int64_t rows = 0; !parts.empty() && (taken.empty() || rows < kRowsALook);) {
    rows += 2 * parts.back().rows;
    taken.push_back(parts.back().number);
    parts.pop_back();
  }
  return taken;
}

}  // namespace

std::vector<RowSource*> WarehouseRebuild::sources() const {
  auto sources = loaders_.sources();
  std::erase_if(sources, [](const RowSource* source) { return !source->is_complete(); });
  return sources;
}

runtime::Task<SecondTables> WarehouseRebuild::ask() {
  SecondCommand command{.action = Action::kLook};
  co_return co_await warehouse_.second(std::move(command));
}

/// Throws OtherHistory where some of the second tables are gone.
runtime::Task<SecondTables> WarehouseRebuild::look() {
  SecondTables there = co_await ask();
  for (const RowSource* const source : sources()) {
    const std::string& table = source->table().name;
    if (std::ranges::find(there.tables, table, &SecondTable::name) != there.tables.end()) continue;
    throw rebuild::OtherHistory("the second table of " + table +
                                " is gone, for the live one was loaded anew: its source has "
                                "another history now");
  }
  co_return there;
}

runtime::Task<std::optional<UtcTime>> WarehouseRebuild::open_kept() {
  const SecondTables there = co_await ask();
  if (there.tables.empty() && !there.swapped && !there.kept_until) co_return std::nullopt;
  if (!there.tables.empty() && there.kept_until) co_return there.kept_until;
  log::warning("a rebuild of the warehouse was interrupted, its second tables are removed");
  co_await remove();
  co_return std::nullopt;
}

runtime::Task<void> WarehouseRebuild::create() {
  comparison_ = {};
  SecondCommand command{.action = Action::kCreate};
  for (const RowSource* const source : sources())
    command.tables.push_back(source->table().name);
  co_await warehouse_.second(std::move(command));
}

runtime::Task<void> WarehouseRebuild::remove() {
  SecondCommand command{.action = Action::kRemove};
  co_await warehouse_.second(std::move(command));
  comparison_ = {};
}

runtime::Task<rebuild::Progress> WarehouseRebuild::fill() {
  const bool moved = co_await follow();
  const SecondTables there = co_await look();
  rebuild::Progress progress{.more = moved, .of = events_in(there)};
  for (const SecondTable& table : there.tables)
    progress.done += table.second.position;
  co_return progress;
}

/// There are no indexes.
runtime::Task<void> WarehouseRebuild::finish() { co_return; }

runtime::Task<bool> WarehouseRebuild::follow() {
  const SecondTables there = co_await look();
  for (RowSource* const source : sources()) {
    const auto at = std::ranges::find(there.tables, source->table().name, &SecondTable::name);
    if (at == there.tables.end() || at->stand_alike()) continue;
    co_await load_some(*source, *at);
    co_return true;
  }
  co_return false;
}

runtime::Task<std::int64_t> WarehouseRebuild::behind() {
  const SecondTables there = co_await look();
  std::int64_t lacking = 0;
  for (const SecondTable& table : there.tables)
    lacking += std::max<Position>(0, table.live.position - table.second.position);
  co_return lacking;
}

/// Loads what comes next, at most up to where the live table is.
runtime::Task<void> WarehouseRebuild::load_some(RowSource& source, SecondTable at) {
  const bool is_new = at.second.epoch.is_nil();
  const bool same_history = is_new || at.second.epoch == at.live.epoch;
  const bool is_behind = is_new || at.second.position < at.live.position;
  if (!same_history || !is_behind) {
    throw rebuild::OtherHistory("the source of " + at.name + " has another history now");
  }
  Batch batch = co_await gather(source, at.second, at.live);
  Load load{.table = at.name,
            .rows = std::move(batch.rows),
            .from = at.second,
            .to = batch.to,
            .place = Place::kSecond};
  const bool loaded = co_await warehouse_.load(std::move(load));
  if (!loaded) throw Unavailable("the second table of " + at.name + " is at another position");
}

runtime::Task<WarehouseRebuild::Batch> WarehouseRebuild::gather(RowSource& source, Cursor from,
                                                                Cursor upto) {
  const TableSpec& table = source.table();
  // A source that was put back to nothing has an epoch, but no event.
  Batch batch{.rows = RowBatch(table), .to = upto.position == 0 ? upto : from};
  std::size_t limit = events::kMaxFeedPage;
  for (std::size_t events = 0; batch.to.position < upto.position;) {
    if (events >= kMaxLoadRows || batch.rows.bytes().size() >= kMaxLoadBytes) break;
    RowBatch rows(table);
    const auto left = static_cast<std::size_t>(upto.position - batch.to.position);
    const std::size_t most = std::min({limit, left, kMaxLoadRows - events});
    const auto page = co_await source.read(batch.to, most, std::chrono::milliseconds(0), rows);
    if (!page) {
      throw rebuild::OtherHistory("the source of " + table.name +
                                  " has another history: " + page.error().message);
    }
    if (page->events == 0) {
      throw Unavailable("the source of " + table.name + " does not have all that was loaded yet");
    }
    if (page->to.position <= upto.position) {
      batch.rows.append(rows);
      batch.to = page->to;
      events += page->events;
    } else if (most > 1) {
      // A log has gaps where rows were replaced: so many events reach beyond the live table.
      limit = most / 2;
    } else {
      batch.to = upto;  // nothing is left between
    }
    // A backlog is read between the turns of others.
    co_await boost::asio::post(loop_.executor(), boost::asio::use_awaitable);
  }
  co_return batch;
}

runtime::Task<rebuild::Progress> WarehouseRebuild::compare() {
  const SecondTables there = co_await look();
  const auto compared = sources();
  if (comparison_.tables == compared.size()) {
    // Through. What differed may have been replaced in both since then, so all is looked at again.
    if (comparison_.differences == 0) co_return rebuild::Progress{};
    comparison_ = {};
  }
  RowSource& source = *compared.at(comparison_.tables);
  const auto at = std::ranges::find(there.tables, source.table().name, &SecondTable::name);
  co_await compare_some(source, at->live.position);
  co_return rebuild::Progress{.more = comparison_.tables < compared.size(),
                              .done = comparison_.done,
                              .of = events_in(there)};
}

/// One pass over both tables, and then one for each group of parts that differ.
runtime::Task<void> WarehouseRebuild::compare_some(RowSource& source, Position position) {
  const TableSpec& table = source.table();
  CompareSecond request{.table = table.name};
  if (comparison_.summed_up) {
    request.parts = next_parts(comparison_.parts);
    request.limit = rebuild::kMaxNamed - comparison_.named.size();
  }
  const ComparedSecond compared = co_await warehouse_.compare_second(std::move(request));
  if (!compared.stood_alike) {
    comparison_ = {};  // it follows first
    co_return;
  }
  if (!comparison_.summed_up) {
    comparison_.summed_up = true;
    comparison_.parts = compared.differing;
  } else {
    comparison_.differences += compared.differences;
    name(table, compared);
  }
  if (!comparison_.parts.empty()) co_return;
  comparison_.summed_up = false;
  comparison_.done += position;
  ++comparison_.tables;
}

void WarehouseRebuild::name(const TableSpec& table, const ComparedSecond& compared) {
  for (const ComparedSecond::Pair& pair : compared.first) {
    comparison_.named.push_back({.table = table.name,
                                 .key = key_of(table, pair),
                                 .live = json_of(table, pair.live),
                                 .rebuilt = json_of(table, pair.second)});
  }
}

runtime::Task<std::size_t> WarehouseRebuild::differences() { co_return comparison_.differences; }

runtime::Task<std::vector<rebuild::Difference>> WarehouseRebuild::first_differences(
    std::size_t limit) {
  auto first = comparison_.named;
  if (first.size() > limit) first.resize(limit);
  co_return first;
}

runtime::Task<bool> WarehouseRebuild::swap(bool although_it_differs) {
  const bool differs = comparison_.differences > 0;
  if (differs && !although_it_differs) co_return false;
  for (int i = 0; i < kSwapTries; ++i) {
    for (bool moved = true; moved;)
      moved = co_await follow();
    const bool swapped = co_await swap_now(differs);
    if (!swapped) continue;
    for (rebuild::Difference& difference : comparison_.named)
      std::swap(difference.live, difference.rebuilt);
    co_return true;
  }
  co_return false;
}

/// False: they do not stand at the same positions.
runtime::Task<bool> WarehouseRebuild::swap_now(bool list_lost) {
  SecondCommand command{.action = Action::kSwap, .list_lost = list_lost};
  std::exception_ptr in_doubt;
  try {
    const SecondTables there = co_await warehouse_.second(std::move(command));
    co_return there.swapped;
  } catch (const Unavailable&) {
    in_doubt = std::current_exception();
  }
  const bool swapped = co_await has_swapped();
  if (!swapped) std::rethrow_exception(in_doubt);
  co_return true;
}

runtime::Task<bool> WarehouseRebuild::has_swapped() {
  for (;;) {
    try {
      const SecondTables there = co_await ask();
      co_return there.swapped;
    } catch (const Unavailable&) {
      log::debug("the warehouse does not answer yet");
    }
    co_await loop_.sleep_for(kRetry);
  }
}

runtime::Task<void> WarehouseRebuild::keep(UtcTime until) {
  SecondCommand command{.action = Action::kKeep, .tables = {}, .until = until};
  co_await warehouse_.second(std::move(command));
}

}  // namespace orderly::warehouse
