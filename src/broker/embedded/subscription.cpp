#include "broker/embedded/subscription.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"

namespace orderly::broker {
namespace {

/// A subscription without anything to do sleeps until it is woken; this only gives the wait an end.
constexpr auto kIdleWait = std::chrono::hours(1);

Ledger restored(const SubscriptionState& state, const Topic& topic) {
  if (state.detached) return Ledger(state.config.ordered, topic.head() + 1);
  Ledger ledger(state.config.ordered, state.progress.next);
  for (const auto& held : state.progress.held) {
    ledger.restore(held);
  }
  return ledger;
}

std::optional<Filter> filter_of(const SubscriptionState& state) {
  if (state.config.filter.empty()) return std::nullopt;
  auto filter = Filter::parse(state.config.filter);
  ORDERLY_CHECK(filter, "a filter was checked before it was stored");
  return std::move(*filter);
}

/// A task of a subscription keeps it alive.
runtime::Task<void> keeping(std::shared_ptr<Subscription> /*alive*/, runtime::Task<void> task) {
  co_await std::move(task);
}

}  // namespace

Subscription::Subscription(SubscriptionContext context, SubscriptionState state,
                           std::shared_ptr<Topic> topic)
    : context_(std::move(context)),
      id_(state.id),
      config_(state.config),
      topic_(std::move(topic)),
      filter_(filter_of(state)),
      detached_(state.detached),
      ledger_(restored(state, *topic_)),
      stats_(state.config.name, topic_->name(), context_.loop.clock(), context_.metrics) {
  refresh_stats();
}

Position Subscription::oldest_needed() const {
  const Position unacknowledged = ledger_.oldest_needed();
  return config_.retain_acknowledged ? std::min(unacknowledged, retained_from_) : unacknowledged;
}

MessageStanding Subscription::standing_of(Position position) const {
  using Kind = MessageStanding::Kind;
  MessageStanding standing{.subscription = config_.name};
  if (position >= ledger_.next()) return standing;
  const auto held = ledger_.find(position);
  standing.kind = held ? Kind::kHeld : Kind::kAcknowledged;
  if (!held) return standing;
  if (held->mark == LetterMark::kDead) standing.kind = Kind::kDeadLetter;
  standing.in_flight = ledger_.is_in_flight(position);
  standing.rejections = held->rejections;
  standing.error = held->error;
  return standing;
}

void Subscription::configure(SubscriptionConfig config) {
  const bool was_pull = is_pull();
  if (!config_.retain_acknowledged) retained_from_ = ledger_.floor() + 1;
  config_ = std::move(config);
  if (was_pull && !is_pull()) release_pulled();
  if (!config_.waits_behind_dead_letters) {
    for (const Position position : ledger_.dead_positions())
      ledger_.drop(position);
  }
  refresh_stats();
  wake_.notify();
}

void Subscription::deliver_to(std::shared_ptr<Endpoint> endpoint) {
  endpoint_ = std::move(endpoint);
  follower_ = nullptr;
  wake_.notify();
}

void Subscription::deliver_to(Follower& follower) {
  endpoint_.reset();
  follower_ = &follower;
  wake_.notify();
}

void Subscription::start() {
  if (detached_ || std::exchange(running_, true)) return;
  context_.tasks.spawn("subscription " + config_.name, keeping(shared_from_this(), run()));
}

void Subscription::topic_advanced() {
  refresh_stats();
  wake_.notify();
}

void Subscription::restart_at(Position next) { restart_with({.next = next, .held = {}}); }

void Subscription::restart_with(const Ledger::Progress& progress) {
  ++generation_;
  ledger_ = Ledger(config_.ordered, progress.next);
  for (const auto& held : progress.held) {
    ledger_.restore(held);
  }
  leases_.clear();
  doomed_.clear();
  paused_until_ = {};
  refresh_stats();
  wake_.notify();
  answers_.notify();  // to what was handed out nobody answers any more
}

void Subscription::detach() {
  detached_ = true;
  endpoint_.reset();
  follower_ = nullptr;
  restart_at(topic_->head() + 1);
}

void Subscription::close() {
  closed_ = true;
  detach();
  stats_.retire();
}

void Subscription::redrive(const KeptLetter& letter) {
  ledger_.redrive(letter.number, letter.ordering_key, letter.kept_at, letter.attempts);
  answered();
}

void Subscription::forget_letter(Position position) {
  if (ledger_.mark(position) != LetterMark::kNone) ledger_.drop(position);
  answered();
}

void Subscription::expire_below(Position retained) {
  retained_from_ = retained;
  const auto expired = ledger_.drop_below(retained);
  if (expired == 0) return;
  stats_.expired.add(static_cast<std::uint64_t>(expired));
  log::warning("unacknowledged messages were dropped because their retention is over",
               {{"subscription", config_.name}, {"messages", expired}});
  answered();
}

runtime::Task<void> Subscription::run() {
  while (!detached_) {
    const auto ticket = wake_.ticket();
    end_overdue_leases();
    co_await send_what_is_due();
    refresh_stats();
    if (detached_) co_return;
    co_await wake_.wait(loop(), ticket, next_look());
  }
}

SteadyTime Subscription::next_look() const {
  const SteadyTime now = loop().steady_now();
  if (paused_until_ > now && leases_.size() == 0) return paused_until_;
  const SteadyTime idle =
      std::min(leases_.next_deadline().value_or(now + kIdleWait), now + kIdleWait);
  if (free_requests() == 0) return idle;  // an answer wakes it
  return std::min(ledger_.next_retry().value_or(idle), idle);
}

std::size_t Subscription::free_requests() const {
  if (!has_endpoint() || paused_until_ > loop().steady_now()) return 0;
  const std::size_t window = is_push() ? slow_start_.window() : 1;
  return window - std::min(window, requests_);
}

runtime::Task<void> Subscription::send_what_is_due() {
  try {
    if (!doomed_.empty()) co_await bury_doomed();
    if (free_requests() == 0) co_return;
    if (follower_ != nullptr) {
      co_await lead_follower();
      co_return;
    }
    const auto lock = co_await reading_.lock();
    co_await read_ahead(free_requests() * batch_size());
    while (free_requests() > 0) {
      Batch batch{.leases = ledger_.take(batch_size(), loop().steady_now(), !is_push()),
                  .deliveries = {},
                  .failures_before = failures_,
                  .generation = generation_};
      if (batch.leases.empty()) break;
      co_await load(batch.leases);
      for (const auto& lease : batch.leases) {
        batch.deliveries.push_back({lease.message, lease.attempt});
      }
      if (batch.leases.empty()) continue;
      if (!endpoint_) {
        release(batch.leases);
        break;
      }
      ++requests_;
      context_.tasks.spawn("delivery of " + config_.name,
                           keeping(shared_from_this(), deliver(std::move(batch), endpoint_)));
    }
  } catch (const Unavailable& unavailable) {
    source_failed(unavailable.what());
  }
}

runtime::Task<void> Subscription::lead_follower() {
  while (follower_ != nullptr && ledger_.floor() < topic_->head()) {
    const Cursor head = topic_->state().published;
    const Position upto = topic_->head();
    const auto generation = generation_;
    const auto failures_before = failures_;
    following_ = upto - ledger_.floor();
    stats_.delivered.add(static_cast<std::uint64_t>(following_));
    refresh_stats();
    std::string error;
    try {
      co_await follower_->follow(head);
    } catch (const Unavailable& unavailable) {
      error = unavailable.what();
    }
    following_ = 0;
    if (generation != generation_) continue;
    if (!error.empty()) {
      subscriber_is_away(failures_before, error);
      co_return;
    }
    follower_took(upto);
  }
}

/// What an endpoint has left unacknowledged before is among it.
void Subscription::follower_took(Position upto) {
  const auto taken = ledger_.drop_below(upto + 1);
  stats_.acknowledged.add(static_cast<std::uint64_t>(taken));
  failures_in_row_ = 0;
  progressed();
  refresh_stats();
}

runtime::Task<void> Subscription::deliver(Batch batch, std::shared_ptr<Endpoint> endpoint) {
  stats_.delivered.add(batch.deliveries.size());
  stats_.redelivered.add(static_cast<std::uint64_t>(std::ranges::count_if(
      batch.deliveries, [](const Delivery& delivery) { return delivery.attempt > 1; })));
  try {
    const auto outcomes = co_await endpoint->deliver(batch.deliveries);
    ORDERLY_CHECK(outcomes.size() == batch.deliveries.size(), "an endpoint answers each delivery");
    if (batch.generation == generation_) apply(batch, outcomes);
  } catch (const Unavailable& unavailable) {
    if (batch.generation == generation_) nobody_there(batch, unavailable.what());
  }
  --requests_;
  answered();
}

void Subscription::apply(const Batch& batch, const std::vector<Outcome>& outcomes) {
  std::size_t acknowledged = 0;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto& [position, message, attempt] = batch.leases[i];
    if (!outcomes[i].acknowledged) {
      reject(position, attempt, outcomes[i].error);
    } else if (ledger_.is_behind(position)) {
      ledger_.release(
          position);  // an earlier one of its key was rejected: they come again in order
    } else {
      ++acknowledged;
      ledger_.acknowledge(position);
    }
  }
  stats_.acknowledged.add(acknowledged);
  if (acknowledged > 0) {
    failures_in_row_ = 0;
    slow_start_.succeeded();
  } else {
    failed(batch.failures_before, false);
  }
}

void Subscription::reject(Position position, std::int64_t attempt, std::string error) {
  ledger_.reject(position, loop().steady_now() + backoff(attempt), std::move(error));
  stats_.rejected.add(1);
  const auto& policy = config_.dead_letter;
  // One that is behind another of its key waits for what becomes of that.
  const bool given_up = policy && attempt >= policy->max_delivery_attempts;
  const bool again = ledger_.mark(position) == LetterMark::kRedriven;
  if ((given_up || again) && !ledger_.is_behind(position)) doomed_.emplace_back(position, attempt);
}

void Subscription::release(const std::vector<Ledger::Lease>& leases) {
  for (const auto& lease : leases) {
    ledger_.release(lease.position);
  }
}

/// Something may be delivered now that could not before, and something is to be saved.
void Subscription::answered() {
  progressed();
  refresh_stats();
  wake_.notify();
  answers_.notify();
}

void Subscription::progressed() {
  if (!closed_ && !detached_) context_.progressed(*this);
}

void Subscription::refresh_stats() {
  const auto unread = detached_ ? 0 : topic_->head() + 1 - ledger_.next();
  // A dead letter is none of what is still to be delivered.
  stats_.backlog = unread + static_cast<std::int64_t>(ledger_.held() - ledger_.dead());
  auto oldest = ledger_.oldest();
  if (!oldest && unread > 0) oldest = topic_->publish_time(ledger_.next());
  stats_.oldest_micros = oldest ? oldest->time_since_epoch().count() : LiveStats::kUnknown;
  stats_.in_flight = static_cast<std::int64_t>(ledger_.in_flight()) + following_;
  stats_.waiting_for_retry = static_cast<std::int64_t>(ledger_.waiting());
  stats_.has_policy = config_.dead_letter.has_value();
  stats_.dead_letters = static_cast<std::int64_t>(context_.letter_count(*this));
  stats_.keys_waiting = static_cast<std::int64_t>(ledger_.keys_waiting());
  stats_.messages_waiting = static_cast<std::int64_t>(ledger_.messages_waiting());
  stats_.window = static_cast<std::int64_t>(is_push() ? slow_start_.window() : 1);
}

}  // namespace orderly::broker
