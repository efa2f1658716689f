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

Visibility::Visibility(runtime::EventLoop& loop, const ReadModel& store, runtime::Signal& changed,
                       telemetry::Metrics& metrics)
    : loop_(loop),
      store_(store),
      changed_(changed),
      waiting_gauge_(
          metrics.gauge("orderly_orderinfo_waiting_queries", "Queries that wait to see a write")),
      fulfilled_(outcome(metrics, "seen")),
      timed_out_(outcome(metrics, "time_up")),
      refused_(outcome(metrics, "refused")),
      seconds_(metrics.histogram("orderly_orderinfo_wait_seconds",
                                 "How long queries waited to see a write")) {}

template <class Settled>
runtime::Task<bool> Visibility::wait_until(Settled settled, std::chrono::seconds wait) {
  if (settled()) co_return true;
  if (wait.count() <= 0) co_return false;
  if (waiting_ >= kMaxWaitingQueries) {
    refused_.add();
    throw Unavailable("too many queries wait to see a write");
  }
  struct Place {
    std::size_t& waiting;
    telemetry::Gauge& gauge;
    Place(std::size_t& count, telemetry::Gauge& shown) : waiting(count), gauge(shown) {
      ++waiting;
      gauge.add(1);
    }
    ~Place() {
      --waiting;
      gauge.add(-1);
    }
  } const place(waiting_, waiting_gauge_);
  const SteadyTime began = loop_.steady_now();
  const SteadyTime deadline = began + std::min(wait, http::kMaxPreferredWait);
  bool seen = false;
  for (bool time_left = true; time_left && !seen;) {
    const auto ticket = changed_.ticket();
    seen = settled();
    if (!seen) time_left = co_await changed_.wait(loop_, ticket, deadline);
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
  if (!cursor.epoch.is_nil() && cursor.epoch != token.epoch) return Seen::kOtherEpoch;
  if (!cursor.epoch.is_nil() && token.position <= cursor.position) return Seen::kSettled;
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
  co_await wait_until(settled, prefer.wait.value_or(std::chrono::seconds(0)));
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
  co_await wait_until(settled, wait);
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
