#include "broker/embedded/subscription.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace orderly::broker {
namespace {

/// So many rejected requests in a row are the subscriber's failure, not the messages'; then the
/// whole subscription backs off.
constexpr int kRejectionsBeforePause = 3;
/// A subscription without anything to do sleeps until it is woken; this only gives the wait an end.
constexpr auto kIdleWait = std::chrono::hours(1);

Ledger restored(const SubscriptionState& state) {
  Ledger ledger(state.config.ordered, state.progress.next);
  for (const auto& held : state.progress.held) {
    ledger.restore(held);
  }
  return ledger;
}

}  // namespace

Subscription::Subscription(SubscriptionContext context, SubscriptionState state, Topic& topic)
    : context_(std::move(context)),
      id_(state.id),
      config_(state.config),
      topic_(topic),
      ledger_(restored(state)),
      stats_(state.config.name, topic.name(), context_.loop.clock(), context_.metrics) {
  refresh_stats();
}

void Subscription::configure(SubscriptionConfig config) { config_ = std::move(config); }

void Subscription::deliver_to(std::shared_ptr<Endpoint> endpoint) {
  endpoint_ = std::move(endpoint);
  wake_.notify();
}

void Subscription::start() {
  if (!std::exchange(running_, true)) context_.tasks.spawn("subscription " + config_.name, run());
}

void Subscription::topic_advanced() {
  refresh_stats();
  wake_.notify();
}

runtime::Task<void> Subscription::run() {
  for (;;) {
    const auto ticket = wake_.ticket();
    co_await send_what_is_due();
    refresh_stats();
    co_await wake_.wait(loop(), ticket, next_look());
  }
}

SteadyTime Subscription::next_look() const {
  const SteadyTime now = loop().steady_now();
  if (paused_until_ > now) return paused_until_;
  const SteadyTime idle = now + kIdleWait;
  if (free_requests() == 0) return idle;  // an answer wakes it
  return std::min(ledger_.next_retry().value_or(idle), idle);
}

std::size_t Subscription::free_requests() const {
  if (!endpoint_ || paused_until_ > loop().steady_now()) return 0;
  const std::size_t window = is_push() ? slow_start_.window() : 1;
  return window - std::min(window, requests_);
}

runtime::Task<void> Subscription::send_what_is_due() {
  try {
    co_await read_ahead();
    while (free_requests() > 0) {
      Batch batch{.leases = ledger_.take(batch_size(), loop().steady_now(), !is_push()),
                  .deliveries = {},
                  .failures_before = failures_};
      if (batch.leases.empty()) break;
      co_await load(batch.leases);
      for (const auto& lease : batch.leases) {
        batch.deliveries.push_back({lease.message, lease.attempt});
      }
      ++requests_;
      context_.tasks.spawn("delivery of " + config_.name, deliver(std::move(batch), endpoint_));
    }
  } catch (const Unavailable& unavailable) {
    source_failed(unavailable.what());
  }
}

runtime::Task<void> Subscription::read_ahead() {
  for (;;) {
    const std::size_t due = free_requests() * batch_size();
    const auto unread = static_cast<std::size_t>(topic_.head() - (ledger_.next() - 1));
    const std::size_t room = kMaxUnacknowledged - std::min(ledger_.held(), kMaxUnacknowledged);
    const std::size_t wanted =
        std::min({due - std::min(due, ledger_.ready()), unread, room, kMaxInProcessBatch});
    if (wanted == 0) co_return;
    for (auto& message : co_await read(ledger_.next() - 1, wanted)) {
      ledger_.append(ledger_.next(), std::move(message));
    }
  }
}

runtime::Task<void> Subscription::load(std::vector<Ledger::Lease>& leases) {
  try {
    for (auto lease = leases.begin(); lease != leases.end(); ++lease) {
      if (lease->message) continue;
      // Neighbours come with one read.
      auto end = std::next(lease);
      while (end != leases.end() && !end->message && end->position == std::prev(end)->position + 1)
        ++end;
      auto messages = co_await read(lease->position - 1, static_cast<std::size_t>(end - lease));
      for (auto& message : messages) {
        (lease++)->message = std::move(message);
      }
      --lease;
    }
  } catch (const Unavailable&) {
    release(leases);
    throw;
  }
}

runtime::Task<std::vector<MessagePtr>> Subscription::read(Position after, std::size_t limit) {
  auto messages = co_await topic_.read(after, limit);
  const bool conflict = !messages;
  if (conflict && !stats_.source_conflict.exchange(true)) {
    log::error("a topic's source has another history than the topic; was its store restored?",
               {{"subscription", config_.name},
                {"topic", topic_.name()},
                {"reason", messages.error().message}});
  }
  if (conflict) throw Unavailable(messages.error().message);
  ORDERLY_CHECK(!messages->empty(), "a topic has all messages up to its head");
  stats_.source_conflict = false;
  source_failures_in_row_ = 0;
  co_return std::move(*messages);
}

void Subscription::source_failed(const std::string& error) {
  ++source_failures_in_row_;
  pause_for(runtime::backoff_delay(config_.retry, source_failures_in_row_, context_.random));
  if (const auto held_back = warnings_.pass(loop().steady_now())) {
    log::warning("a subscription cannot read its topic",
                 {{"subscription", config_.name}, {"reason", error}, {"repeated", *held_back}});
  }
}

runtime::Task<void> Subscription::deliver(Batch batch, std::shared_ptr<Endpoint> endpoint) {
  stats_.delivered.add(batch.deliveries.size());
  stats_.redelivered.add(static_cast<std::uint64_t>(std::ranges::count_if(
      batch.deliveries, [](const Delivery& delivery) { return delivery.attempt > 1; })));
  try {
    const auto outcomes = co_await endpoint->deliver(batch.deliveries);
    ORDERLY_CHECK(outcomes.size() == batch.deliveries.size(), "an endpoint answers each delivery");
    apply(batch, outcomes);
  } catch (const Unavailable& unavailable) {
    nobody_there(batch, unavailable.what());
  }
  --requests_;
  context_.progressed();
  refresh_stats();
  wake_.notify();
}

void Subscription::apply(const Batch& batch, const std::vector<Outcome>& outcomes) {
  const SteadyTime now = loop().steady_now();
  std::size_t acknowledged = 0;
  std::size_t rejected = 0;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto& [position, message, attempt] = batch.leases[i];
    if (!outcomes[i].acknowledged) {
      ++rejected;
      const auto wait =
          runtime::backoff_delay(config_.retry, static_cast<int>(attempt), context_.random);
      ledger_.reject(position, now + wait, outcomes[i].error);
    } else if (ledger_.is_behind(position)) {
      ledger_.release(
          position);  // an earlier one of its key was rejected: they come again in order
    } else {
      ++acknowledged;
      ledger_.acknowledge(position);
    }
  }
  stats_.acknowledged.add(acknowledged);
  stats_.rejected.add(rejected);
  if (acknowledged > 0) {
    failures_in_row_ = 0;
    slow_start_.succeeded();
  } else {
    failed(batch.failures_before, false);
  }
}

void Subscription::nobody_there(const Batch& batch, const std::string& error) {
  release(batch.leases);
  failed(batch.failures_before, true);
  if (const auto held_back = warnings_.pass(loop().steady_now())) {
    log::warning("a subscriber is not there",
                 {{"subscription", config_.name}, {"reason", error}, {"repeated", *held_back}});
  }
}

void Subscription::failed(std::int64_t failures_before, bool pause_at_once) {
  slow_start_.failed();
  // Requests that were in flight together fail together: one failure, not a hundred in a row.
  if (failures_before != failures_) return;
  ++failures_;
  ++failures_in_row_;
  const int first = pause_at_once ? 1 : kRejectionsBeforePause;
  if (failures_in_row_ < first) return;
  pause_for(runtime::backoff_delay(config_.retry, failures_in_row_ - first + 1, context_.random));
}

void Subscription::release(const std::vector<Ledger::Lease>& leases) {
  for (const auto& lease : leases) {
    ledger_.release(lease.position);
  }
}

void Subscription::refresh_stats() {
  const auto unread = topic_.head() + 1 - ledger_.next();
  stats_.backlog = unread + static_cast<std::int64_t>(ledger_.held());
  auto oldest = ledger_.oldest();
  if (!oldest && unread > 0) oldest = topic_.publish_time(ledger_.next());
  stats_.oldest_micros = oldest ? oldest->time_since_epoch().count() : LiveStats::kUnknown;
  stats_.in_flight = static_cast<std::int64_t>(ledger_.in_flight());
  stats_.waiting_for_retry = static_cast<std::int64_t>(ledger_.waiting());
  stats_.window = static_cast<std::int64_t>(is_push() ? slow_start_.window() : 1);
}

}  // namespace orderly::broker
