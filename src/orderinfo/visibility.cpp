#include "orderinfo/visibility.hpp"

#include <algorithm>

namespace orderly::orderinfo {
namespace {

telemetry::Counter& outcome(telemetry::Metrics& metrics, const char* name) {
  return metrics.counter("orderly_orderinfo_waits_total",
                         "Queries that waited to see a write, by how it ended",
                         {{"outcome", name}});
}

}  // namespace

Visibility::Visibility(runtime::EventLoop& loop, const ReadModel& store, ChangeWatch& watch,
                       telemetry::Metrics& metrics)
    : loop_(loop),
      store_(store),
      watch_(watch),
      waiting_gauge_(
          metrics.gauge("orderly_orderinfo_waiting_queries", "Queries that wait to see a write")),
      looks_(metrics.counter("orderly_orderinfo_wait_looks_total",
                             "How often queries that wait looked whether they can see it")),
      fulfilled_(outcome(metrics, "seen")),
      timed_out_(outcome(metrics, "time_up")),
      refused_(outcome(metrics, "refused")),
      seconds_(metrics.histogram("orderly_orderinfo_wait_seconds",
                                 "How long queries waited to see a write")) {
  watch_.add(*this);
}

/// A query that waits, found by what it waits for.
class Visibility::Place {
 public:
  Place(Visibility& visibility, Wanted wanted) : all_(visibility), watching_(visibility.watch_) {
    ++all_.waiting_;
    all_.waiting_gauge_.add(1);
    if (!wanted.order.empty()) {
      by_order_ = all_.by_order_.emplace(std::move(wanted.order), &woken_);
    }
    if (wanted.orders) by_orders_ = all_.by_order_position_.emplace(*wanted.orders, &woken_);
    if (wanted.products) {
      by_products_ = all_.by_product_position_.emplace(*wanted.products, &woken_);
    }
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    if (by_order_) all_.by_order_.erase(*by_order_);
    if (by_orders_) all_.by_order_position_.erase(*by_orders_);
    if (by_products_) all_.by_product_position_.erase(*by_products_);
    --all_.waiting_;
    all_.waiting_gauge_.add(-1);
  }

  runtime::Signal& woken() { return woken_; }

 private:
  using ByPosition = std::multimap<Position, runtime::Signal*>::iterator;

  Visibility& all_;
  ChangeWatch::Watching watching_;
  runtime::Signal woken_;
  std::optional<std::unordered_multimap<std::string, runtime::Signal*>::iterator> by_order_;
  std::optional<ByPosition> by_orders_;
  std::optional<ByPosition> by_products_;
};

void Visibility::saw_change(const Change& change) { saw_visible(change.data.info.order_id); }

void Visibility::saw_visible(const OrderId& order) {
  if (by_order_.empty()) return;
  const auto [first, last] = by_order_.equal_range(order.value);
  for (auto query = first; query != last; ++query)
    query->second->notify();
}

void Visibility::wake_all_of_orders() {
  for (const auto& [position, woken] : by_order_position_)
    woken->notify();
  for (const auto& [order, woken] : by_order_)
    woken->notify();
}

void Visibility::saw_progress(const Progress& progress) {
  const auto wake = [](auto& queries, const Cursor& before, const Cursor& now) {
    const bool is_first = before.epoch != now.epoch;  // whoever is of another epoch learns it now
    const auto end = is_first ? queries.end() : queries.upper_bound(now.position);
    for (auto query = queries.begin(); query != end; ++query)
      query->second->notify();
  };
  wake(by_order_position_, last_.orders, progress.orders);
  wake(by_product_position_, last_.products, progress.products);
  // Which orders these were is not told. Both are rare, or their orders would not be waited for.
  if (progress.dead_letters != last_.dead_letters || progress.parked > last_.parked) {
    wake_all_of_orders();
  }
  last_ = progress;
}

template <class Settled>
runtime::Task<bool> Visibility::wait_until(Settled settled, Wanted wanted,
                                           std::chrono::seconds wait) {
  if (settled()) co_return true;
  if (wait.count() <= 0) co_return false;
  if (waiting_ >= kMaxWaitingQueries) {
    refused_.add();
    throw Unavailable("too many queries wait to see a write");
  }
  Place place(*this, std::move(wanted));
  const SteadyTime began = loop_.steady_now();
  const SteadyTime deadline = began + std::min(wait, http::kMaxPreferredWait);
  bool seen = false;
  for (bool time_left = true; !seen;) {
    const auto ticket = place.woken().ticket();
    looks_.add();
    seen = settled();
    if (seen || !time_left) break;
    time_left = co_await place.woken().wait(loop_, ticket, deadline);
  }
  (seen ? fulfilled_ : timed_out_).add();
  seconds_.observe(loop_.steady_now() - began);
  co_return seen;
}

Visibility::Seen Visibility::look_for(const events::ConsistencyToken& token) const {
  const Progress progress = store_.progress();
  const bool of_order = token.service == events::ConsistencyToken::Service::kOrder;
  const Cursor& cursor = of_order ? progress.orders : progress.products;
  // A nil epoch: the feed was not read yet, so what the token names is still to come.
  // Epochs ascend with time: a later one than ours is about to be found (a store was put back).
  if (!cursor.epoch.is_nil() && token.epoch < cursor.epoch) return Seen::kOtherEpoch;
  if (cursor.epoch == token.epoch && token.position <= cursor.position) return Seen::kSettled;
  // A push may have been quicker than the feed.
  if (of_order && store_.standing(OrderId{token.subject}) != Standing::kUnknown) {
    return Seen::kSettled;
  }
  return Seen::kNotYet;
}

runtime::Task<Result<void>> Visibility::wait_for(events::ConsistencyToken token,
                                                 http::Preferences prefer) {
  Seen seen = Seen::kNotYet;
  const auto settled = [&] { return (seen = look_for(token)) != Seen::kNotYet; };
  Wanted wanted;
  if (token.service == events::ConsistencyToken::Service::kOrder) {
    wanted = {.order = token.subject, .orders = token.position};
  } else {
    wanted.products = token.position;
  }
  co_await wait_until(settled, std::move(wanted), prefer.wait.value_or(std::chrono::seconds(0)));
  if (seen == Seen::kOtherEpoch) {
    co_return failure(ErrorKind::kConflict, "epoch_conflict",
                      "The Consistency-Token is of another history of the service.");
  }
  if (seen == Seen::kNotYet && !prefer.lenient) {
    co_return failure(ErrorKind::kUnavailable, "not_visible_yet",
                      "The write that the Consistency-Token names is not visible yet.");
  }
  co_return Result<void>{};
}

runtime::Task<void> Visibility::wait_for_order(OrderId order, std::chrono::seconds wait) {
  const auto settled = [&] {
    const Standing standing = store_.standing(order);
    return standing == Standing::kVisible || standing == Standing::kDead;
  };
  co_await wait_until(settled, {.order = order.value}, wait);
}

Result<std::optional<events::ConsistencyToken>> consistency_token(const http::Request& request) {
  const auto header = request.header(events::kConsistencyTokenHeader);
  if (!header) return std::nullopt;
  if (request.headers.count(events::kConsistencyTokenHeader) > 1) {
    return invalid(events::kConsistencyTokenHeader, "Consistency-Token must be given only once.");
  }
  auto token = events::parse_token(*header);
  if (!token) return std::unexpected(std::move(token.error()));
  return std::move(*token);
}

}  // namespace orderly::orderinfo
