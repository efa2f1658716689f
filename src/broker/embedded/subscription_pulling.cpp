#include <algorithm>
#include <ranges>
#include <utility>

#include "broker/embedded/subscription.hpp"

/// The side of a subscription that is pulled from.
namespace orderly::broker {
namespace {

/// Counts who waits, as long as it lives.
class Waiting {
 public:
  explicit Waiting(std::size_t& count) : count_(count) { ++count_; }
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;
  ~Waiting() { --count_; }

 private:
  std::size_t& count_;
};

}  // namespace

Result<void> Subscription::check_pull() const {
  if (detached_) {
    return failure(ErrorKind::kConflict, "subscription_detached",
                   "Subscription " + config_.name + " is detached from its topic.");
  }
  if (!is_pull()) {
    return failure(ErrorKind::kConflict, "not_a_pull_subscription",
                   "Subscription " + config_.name + " delivers by itself.");
  }
  return {};
}

runtime::Task<Result<std::vector<PulledMessage>>> Subscription::pull(
    std::size_t max, std::chrono::milliseconds wait) {
  const auto alive = shared_from_this();
  if (waiting_pulls_ >= kMaxWaitingPulls) {
    throw Unavailable("subscription " + config_.name + " has " + std::to_string(kMaxWaitingPulls) +
                      " pulls that wait already");
  }
  const Waiting waiting(waiting_pulls_);
  const SteadyTime until = loop().steady_now() + wait;
  for (;;) {
    const auto ticket = wake_.ticket();
    if (auto checked = check_pull(); !checked) co_return std::unexpected(checked.error());
    end_overdue_leases();
    auto pulled = co_await take_for_pull(max);
    if (!pulled.empty() || pulls_ended_ || loop().steady_now() >= until) co_return pulled;
    co_await wake_.wait(loop(), ticket, next_for_pull(until));
  }
}

SteadyTime Subscription::next_for_pull(SteadyTime until) const {
  return std::min(
      {until, ledger_.next_retry().value_or(until), leases_.next_deadline().value_or(until)});
}

runtime::Task<std::vector<PulledMessage>> Subscription::take_for_pull(std::size_t max) {
  const auto lock = co_await reading_.lock();
  std::vector<PulledMessage> pulled;
  if (pulls_ended_) co_return pulled;
  co_await read_ahead(max);
  if (!check_pull()) co_return pulled;
  auto leases = ledger_.take(max, loop().steady_now(), true);
  co_await load(leases);
  const SteadyTime deadline = loop().steady_now() + config_.ack_deadline;
  for (auto& lease : leases) {
    stats_.delivered.add(1);
    if (lease.attempt > 1) stats_.redelivered.add(1);
    pulled.push_back({leases_.grant(lease.position, deadline, context_.random),
                      std::move(lease.message), lease.attempt});
  }
  if (!pulled.empty()) answered();  // its next look is the end of these leases
  co_return pulled;
}

Result<void> Subscription::acknowledge(const std::vector<std::string>& ack_ids) {
  if (auto checked = check_pull(); !checked) return checked;
  end_overdue_leases();
  for (const auto& ack_id : ack_ids) {
    if (const auto position = leases_.find(ack_id)) acknowledge_pulled(*position);
  }
  answered();
  return {};
}

void Subscription::acknowledge_pulled(Position position) {
  if (ledger_.is_behind(position)) {
    leases_.acknowledge_early(position);
    return;
  }
  for (;;) {
    const Position follower = config_.ordered ? ledger_.follower(position) : 0;
    leases_.end(position);
    ledger_.acknowledge(position);
    stats_.acknowledged.add(1);
    if (follower == 0 || !leases_.is_acknowledged_early(follower)) return;
    position = follower;
  }
}

Result<void> Subscription::modify_ack_deadline(const std::vector<std::string>& ack_ids,
                                               std::chrono::milliseconds deadline) {
  if (auto checked = check_pull(); !checked) return checked;
  end_overdue_leases();
  const SteadyTime until = loop().steady_now() + deadline;
  for (const auto& ack_id : ack_ids) {
    const auto position = leases_.find(ack_id);
    if (!position) continue;
    if (deadline.count() == 0) {
      reject_pulled(*position, "rejected by its subscriber");
    } else {
      leases_.extend(*position, until);
    }
  }
  answered();
  return {};
}

/// What follows in the same key comes again behind it, so that the order holds.
void Subscription::reject_pulled(Position position, const char* error) {
  if (leases_.is_acknowledged_early(position)) return;
  const std::int64_t attempt = ledger_.rejections(position) + 1;
  std::vector<Position> behind;
  for (auto next = ledger_.follower(position); next != 0 && leases_.contains(next);
       next = ledger_.follower(next)) {
    behind.push_back(next);
  }
  for (const Position follower : std::views::reverse(behind)) {
    leases_.end(follower);
    ledger_.release(follower);
  }
  leases_.end(position);
  if (ledger_.is_behind(position)) {
    ledger_.release(position);  // of no matter to it: the one before is still to be answered
    stats_.rejected.add(1);
    return;
  }
  reject(position, attempt, error);
}

void Subscription::end_overdue_leases() {
  const SteadyTime now = loop().steady_now();
  bool any = false;
  while (const auto position = leases_.overdue(now)) {
    reject_pulled(*position, "not acknowledged within its deadline");
    any = true;
  }
  if (any) answered();
}

void Subscription::release_pulled() {
  const std::vector<Position> leased = leases_.positions();
  leases_.clear();
  for (const Position position : std::views::reverse(leased)) {
    ledger_.release(position);
  }
}

void Subscription::end_pulls() {
  pulls_ended_ = true;
  wake_.notify();
  answers_.notify();
}

}  // namespace orderly::broker
