#include "audit/reconciliation.hpp"

#include <algorithm>
#include <utility>

namespace orderly::audit {
namespace {

using events::OrderInfo;
using events::OrderInfoPut;
using events::OrderPlaced;

constexpr std::chrono::milliseconds kLookAgain{20};
/// Orders that are looked up in the warehouse with one query.
constexpr std::size_t kJudgedAtOnce = 500;
/// A row that changes while it is judged is judged again, so often.
constexpr int kJudgements = 3;
/// Longer sleeps than this would make a run at a low duty unresponsive.
constexpr std::chrono::milliseconds kLongestPause{200};
/// Rows that are projected again in one transaction.
constexpr std::size_t kRepairedAtOnce = 500;

/// Thrown within a run: a side cannot be compared.
struct CannotCompare {
  std::string reason;
};

template <class Page>
const Page& checked(const Result<Page>& page, const char* what) {
  if (!page) throw CannotCompare{std::string(what) + ": " + page.error().message};
  return *page;
}

}  // namespace

std::string_view to_string(RunProgress::Phase phase) {
  switch (phase) {
    case RunProgress::Phase::kWaiting:
      return "waiting";
    case RunProgress::Phase::kWarehouse:
      return "warehouse";
    case RunProgress::Phase::kReadModel:
      return "read_model";
    case RunProgress::Phase::kOrders:
      return "orders";
    case RunProgress::Phase::kDifferences:
      return "differences";
    case RunProgress::Phase::kRepair:
      return "repair";
  }
  std::unreachable();
}

Reconciliation::Reconciliation(runtime::EventLoop& loop, Sides sides, RunOptions options,
                               RunProgress& progress)
    : loop_(loop), sides_(sides), options_(options), progress_(progress) {}

runtime::Task<Report> Reconciliation::run() {
  const SteadyTime began = loop_.steady_now();
  report_.started_at = loop_.utc_now();
  try {
    co_await compare();
    report_.state = report_.differences == 0 ? Report::State::kClean : Report::State::kDiffers;
    if (options_.repair && !to_repair_.empty()) co_await repair();
  } catch (const CannotCompare& why) {
    report_.state = Report::State::kIncomplete;
    report_.reason = why.reason;
  } catch (const Unavailable& unavailable) {
    report_.state = Report::State::kIncomplete;
    report_.reason = unavailable.what();
  }
  report_.took = std::chrono::duration_cast<std::chrono::milliseconds>(loop_.steady_now() - began);
  co_return std::move(report_);
}

runtime::Task<void> Reconciliation::compare() {
  co_await begin();
  co_await sum_up();
  progress_.phase = RunProgress::Phase::kDifferences;
  const auto suspicious = groups();
  progress_.of = static_cast<std::int64_t>(suspicious.size());
  progress_.done = 0;
  for (const auto& group : suspicious) {
    co_await look_at(group);
    ++progress_.done;
  }
}

/// Fixes up to where everything is compared, once the far sides have all of that.
runtime::Task<void> Reconciliation::begin() {
  progress_.phase = RunProgress::Phase::kWaiting;
  const SteadyTime deadline = loop_.steady_now() + options_.patience;
  const auto page = co_await read_from_settled(deadline);
  const Position head =
      checked(page, "the order feed does not have what the read model settled").head;
  epoch_ = page->epoch;
  report_.orders_up_to = head;
  if (head > 0) {
    const auto last = co_await sides_.orders.read({epoch_, head - 1, {}}, 1, {});
    last_order_ = checked(last, "the order feed").events.at(0).data.order_id.value;
  }
  const auto settled = [&] { return sides_.read_model.settled().position >= head; };
  while (!settled()) {
    if (loop_.steady_now() >= deadline)
      throw CannotCompare{"the read model lags behind the orders"};
    co_await loop_.sleep_for(kLookAgain);
  }
  report_.changes_up_to = sides_.read_model.head();
  while (sides_.warehouse && co_await sides_.warehouse->loaded() < report_.changes_up_to) {
    if (loop_.steady_now() >= deadline)
      throw CannotCompare{"the warehouse lags behind the read model"};
    co_await loop_.sleep_for(kLookAgain);
  }
}

/// A feed that was put back to an older state is followed back to its fork first.
runtime::Task<Result<events::FeedPage<OrderPlaced>>> Reconciliation::read_from_settled(
    SteadyTime deadline) {
  for (;;) {
    const Cursor settled = sides_.read_model.settled();
    auto page = co_await sides_.orders.read(settled, 1, {});
    if (page || page.error().kind != ErrorKind::kConflict) co_return page;
    if (loop_.steady_now() >= deadline) co_return page;
    co_await loop_.sleep_for(kLookAgain);
  }
}

runtime::Task<void> Reconciliation::sum_up() {
  if (sides_.warehouse) {
    progress_.phase = RunProgress::Phase::kWarehouse;
    auto summed = co_await sides_.warehouse->digest();
    warehouse_ = std::move(summed.digest);
    report_.changes_up_to = std::max(report_.changes_up_to, summed.position);
    report_.warehouse_rows = warehouse_.rows();
  }
  progress_.phase = RunProgress::Phase::kReadModel;
  co_await scan_rows([this](const OrderInfo& row) {
    const std::size_t bucket = bucket_of(row.order_id.value);
    rows_.add(bucket, hash_of(text_of(row)));
    if (in_scope(row.order_id.value)) row_orders_.add(bucket, hash_of(text_of_order(row)));
  });
  report_.rows = rows_.rows();
  progress_.phase = RunProgress::Phase::kOrders;
  co_await scan_orders([this](const Order& order) {
    orders_.add(bucket_of(order.data.order_id.value), hash_of(text_of(order.data)));
    ++(order.position > 0 ? report_.orders : report_.foreign);
  });
}

/// Orders accepted since the run began have later ids, for the order service's ids ascend; they may
/// have become rows in the meantime.
bool Reconciliation::in_scope(const std::string& order_id) const {
  constexpr std::size_t kVersionDigit = 14;
  const bool ascends = Uuid::parse(order_id) && order_id[kVersionDigit] == '7';
  return !ascends || order_id <= last_order_;
}

/// The accepted orders, then those that came by push and are in no feed (with position 0).
runtime::Task<void> Reconciliation::scan_orders(std::function<void(const Order&)> visit) {
  progress_.done = 0;
  progress_.of = report_.orders_up_to;
  Cursor at{.epoch = epoch_};
  while (at.position < report_.orders_up_to) {
    const SteadyTime began = loop_.steady_now();
    const auto page = co_await sides_.orders.read(at, events::kMaxFeedPage, {});
    for (const Order& order : checked(page, "the order feed").events) {
      if (order.position > report_.orders_up_to) break;
      if (order.position != at.position + 1) throw CannotCompare{"the order feed has a gap"};
      visit(order);
      at.position = order.position;
      at.event_id = order.event_id;
    }
    progress_.done = at.position;
    co_await pace(began);
  }
  for (Position after = 0;;) {
    auto events = sides_.read_model.foreign(after, events::kMaxFeedPage);
    if (events.empty()) co_return;
    after = events.back().position;
    for (Order& order : events) {
      order.position = 0;
      if (in_scope(order.data.order_id.value)) visit(order);
    }
  }
}

runtime::Task<void> Reconciliation::scan_rows(std::function<void(const OrderInfo&)> visit) {
  progress_.done = 0;
  progress_.of = report_.changes_up_to;
  Cursor at;
  for (;;) {
    const SteadyTime began = loop_.steady_now();
    const auto page = co_await sides_.changes.read(at, events::kMaxFeedPage, {});
    const auto& changes = checked(page, "the read model's change log").events;
    if (changes.empty()) co_return;
    for (const auto& change : changes) {
      if (change.position > report_.changes_up_to) co_return;
      if (!change.data.removed) visit(change.data.info);
    }
    at = events::cursor_after(*page);
    progress_.done = at.position;
    co_await pace(began);
  }
}

/// Sleeps as the duty asks, and lets others on the loop have their turn.
runtime::Task<void> Reconciliation::pace(SteadyTime began) {
  using std::chrono::nanoseconds;
  const nanoseconds worked = loop_.steady_now() - began;
  const nanoseconds pause(
      static_cast<std::int64_t>(static_cast<double>(worked.count()) * (1.0 / options_.duty - 1.0)));
  co_await loop_.sleep_for(std::min<nanoseconds>(pause, kLongestPause));
}

std::vector<std::vector<std::size_t>> Reconciliation::groups() const {
  auto buckets = differing(orders_, row_orders_);
  if (sides_.warehouse) {
    const auto more = differing(rows_, warehouse_);
    buckets.insert(buckets.end(), more.begin(), more.end());
    std::ranges::sort(buckets);
    const auto repeated = std::ranges::unique(buckets);
    buckets.erase(repeated.begin(), repeated.end());
  }
  std::vector<std::vector<std::size_t>> groups;
  std::int64_t rows = 0;
  for (const std::size_t bucket : buckets) {
    const auto here =
        std::max({orders_.at(bucket).rows, rows_.at(bucket).rows, warehouse_.at(bucket).rows});
    rows += here;
    if (groups.empty() || rows > static_cast<std::int64_t>(kMaxSuspects)) {
      groups.emplace_back();
      rows = here;
    }
    groups.back().push_back(bucket);
  }
  return groups;
}

runtime::Task<void> Reconciliation::look_at(std::vector<std::size_t> buckets) {
  std::vector<bool> wanted(kBuckets);
  for (const std::size_t bucket : buckets)
    wanted[bucket] = true;
  Suspects suspects;
  if (sides_.warehouse) {
    auto rows = co_await sides_.warehouse->rows_of(std::move(buckets), kMaxSuspects);
    if (!rows) throw CannotCompare{"too many rows differ to be told apart"};
    for (WarehouseRow& row : *rows)
      suspects[std::move(row.order_id)].warehouse.push_back(row.hash);
  }
  co_await scan_rows([&](const OrderInfo& row) {
    if (!wanted[bucket_of(row.order_id.value)]) return;
    Suspect& suspect = suspects[row.order_id.value];
    suspect.has_row = true;
    suspect.row_hash = hash_of(text_of(row));
    suspect.row_order_hash = hash_of(text_of_order(row));
  });
  co_await scan_orders([&](const Order& order) {
    if (!wanted[bucket_of(order.data.order_id.value)]) return;
    Suspect& suspect = suspects[order.data.order_id.value];
    suspect.accepted = true;
    suspect.position = order.position;
    suspect.order_hash = hash_of(text_of(order.data));
  });
  co_await judge(suspects);
}

runtime::Task<void> Reconciliation::judge(const Suspects& suspects) {
  std::vector<std::pair<std::string, Position>> in_warehouse;
  for (const auto& [order_id, suspect] : suspects) {
    const bool row_agrees = suspect.accepted
                                ? suspect.has_row && suspect.order_hash == suspect.row_order_hash
                                : !suspect.has_row || !in_scope(order_id);
    if (!row_agrees) judge_row(order_id, suspect);
    const auto& there = suspect.warehouse;
    const bool warehouse_agrees =
        suspect.has_row ? there.size() == 1 && there[0] == suspect.row_hash : there.empty();
    if (sides_.warehouse && !warehouse_agrees) {
      in_warehouse.emplace_back(order_id, suspect.position);
    }
  }
  for (std::size_t at = 0; at < in_warehouse.size(); at += kJudgedAtOnce) {
    const auto end = std::min(at + kJudgedAtOnce, in_warehouse.size());
    co_await judge_warehouse({in_warehouse.begin() + static_cast<std::ptrdiff_t>(at),
                              in_warehouse.begin() + static_cast<std::ptrdiff_t>(end)});
  }
}

void Reconciliation::judge_row(const std::string& order_id, const Suspect& suspect) {
  const OrderId id{order_id};
  const auto row = sides_.read_model.row(id);
  if (!suspect.accepted) {
    if (row && !sides_.read_model.is_foreign(id)) differs(Kind::kUnknownInReadModel, order_id, 0);
  } else if (row) {
    const bool same = hash_of(text_of_order(*row)) == suspect.order_hash;
    if (!same) differs(Kind::kDifferentInReadModel, order_id, suspect.position);
  } else if (const auto standing = sides_.read_model.standing(id); standing == Standing::kParked) {
    ++report_.parked;
  } else if (standing == Standing::kDead) {
    ++report_.dead_letters;
  } else if (!sides_.read_model.row(id)) {  // it was not released in between
    differs(Kind::kMissingInReadModel, order_id, suspect.position);
  }
}

/// Judges by what both have once the warehouse has all that the read model has now.
runtime::Task<void> Reconciliation::judge_warehouse(Suspected orders) {
  for (int judgement = 1; !orders.empty(); ++judgement) {
    const bool final = judgement == kJudgements;
    const Position head = sides_.read_model.head();
    const SteadyTime deadline = loop_.steady_now() + options_.patience;
    while (co_await sides_.warehouse->loaded() < head) {
      if (loop_.steady_now() >= deadline)
        throw CannotCompare{"the warehouse lags behind the read model"};
      co_await loop_.sleep_for(kLookAgain);
    }
    std::vector<std::string> ids;
    for (const auto& [order_id, _] : orders)
      ids.push_back(order_id);
    std::unordered_map<std::string, std::vector<std::uint64_t>> there;
    for (WarehouseRow& row : co_await sides_.warehouse->rows_of_orders(std::move(ids)))
      there[std::move(row.order_id)].push_back(row.hash);
    Suspected again;
    for (auto& [order_id, position] : orders) {
      const auto row = sides_.read_model.row(OrderId{order_id});
      const auto kind = compare_one(row, there[order_id]);
      if (!kind) continue;
      if (final) {
        differs(*kind, order_id, position);
      } else {
        again.emplace_back(std::move(order_id), position);
      }
    }
    orders = std::move(again);
    if (final) co_return;
  }
}

std::optional<Kind> Reconciliation::compare_one(const std::optional<OrderInfo>& row,
                                                const std::vector<std::uint64_t>& there) {
  if (!row) return there.empty() ? std::nullopt : std::optional(Kind::kUnknownInWarehouse);
  if (there.empty()) return Kind::kMissingInWarehouse;
  if (there.size() > 1) return Kind::kDoubledInWarehouse;
  return there[0] == hash_of(text_of(*row)) ? std::nullopt
                                            : std::optional(Kind::kDifferentInWarehouse);
}

void Reconciliation::differs(Kind kind, const std::string& order_id, Position position) {
  ++report_.differences;
  if (report_.named.size() < kMaxNamed) report_.named.push_back({kind, order_id, position});
  // What nobody has accepted cannot be made right by projecting it again.
  const bool repairable = kind != Kind::kUnknownInReadModel && kind != Kind::kUnknownInWarehouse;
  if (options_.repair && repairable && to_repair_.size() < kMaxSuspects) {
    to_repair_.emplace(order_id, position);
  }
}

runtime::Task<void> Reconciliation::write_again(std::vector<Order> events) {
  progress_.done += static_cast<std::int64_t>(events.size());
  const auto rows = co_await sides_.read_model.project_again(std::move(events), epoch_);
  report_.repaired += static_cast<std::int64_t>(rows);
}

runtime::Task<void> Reconciliation::repair() {
  progress_.phase = RunProgress::Phase::kRepair;
  progress_.done = 0;
  progress_.of = static_cast<std::int64_t>(to_repair_.size());
  std::vector<Order> found;
  for (const auto& [order_id, position] : to_repair_) {
    if (position == 0) continue;
    auto page = co_await sides_.orders.read({epoch_, position - 1, {}}, 1, {});
    found.push_back(checked(page, "the order feed").events.at(0));
    if (found.size() == kRepairedAtOnce) co_await write_again(std::exchange(found, {}));
  }
  for (Position after = 0;;) {
    auto events = sides_.read_model.foreign(after, events::kMaxFeedPage);
    if (events.empty()) break;
    after = events.back().position;
    for (Order& order : events) {
      order.position = 0;
      if (to_repair_.contains(order.data.order_id.value)) found.push_back(std::move(order));
      if (found.size() == kRepairedAtOnce) co_await write_again(std::exchange(found, {}));
    }
  }
  if (!found.empty()) co_await write_again(std::move(found));
}

}  // namespace orderly::audit
