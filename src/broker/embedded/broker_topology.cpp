#include <algorithm>
#include <utility>
#include <variant>

#include "broker/embedded/embedded_broker.hpp"
#include "broker/embedded/failures.hpp"

/// The broker as an operator sees and changes it.
namespace orderly::broker {
namespace {

TopicInfo info_of(const Topic& topic) {
  return {.name = topic.name(), .is_view = topic.state().is_view, .head = topic.head()};
}

/// What `target` means for a topic that is read from `first` on.
runtime::Task<Result<Position>> resolve(Topic& topic, SeekTarget target) {
  if (const auto* time = std::get_if<UtcTime>(&target)) co_return co_await topic.position_at(*time);
  if (std::holds_alternative<SeekToBeginning>(target)) co_return topic.first();
  if (std::holds_alternative<SeekToEnd>(target)) co_return topic.head() + 1;
  const Position position = std::get<Position>(target);
  if (position < 1 || position > topic.head()) {
    co_return invalid("position", "position must be 1 to " + std::to_string(topic.head()) +
                                      ", the last message of topic " + topic.name());
  }
  co_return std::max(position, topic.first());
}

}  // namespace

std::vector<MessageStanding> EmbeddedBroker::standing_of(std::string_view topic,
                                                         Position position) {
  std::vector<MessageStanding> standings;
  const auto found = topics_.find(topic);
  if (found == topics_.end()) return standings;
  for (const Subscription* subscription : found->second->subscribers()) {
    auto& standing = standings.emplace_back(subscription->standing_of(position));
    const bool may_be_dead = standing.kind == MessageStanding::Kind::kAcknowledged &&
                             store_.letter_count(subscription->id()) > 0;
    if (!may_be_dead) continue;
    if (const auto letter = store_.letter(subscription->id(), position)) {
      standing.kind = MessageStanding::Kind::kDeadLetter;
      standing.rejections = letter->kept.attempts;
      standing.error = letter->kept.error;
    }
  }
  return standings;
}

runtime::Task<std::vector<TopicInfo>> EmbeddedBroker::topics() {
  std::vector<TopicInfo> infos;
  infos.reserve(topics_.size());
  for (const auto& [_, topic] : topics_) {
    infos.push_back(info_of(*topic));
  }
  co_return infos;
}

runtime::Task<Result<TopicInfo>> EmbeddedBroker::topic(std::string name) {
  const Topic* topic = find_topic(name);
  if (topic == nullptr) co_return not_found("topic", name);
  co_return info_of(*topic);
}

bool EmbeddedBroker::is_dead_letter_topic(std::string_view topic) const {
  return std::ranges::any_of(subscriptions_, [topic](const auto& entry) {
    const auto& [_, subscription] = entry;
    const auto& policy = subscription->config().dead_letter;
    return policy && policy->topic == topic && !subscription->detached();
  });
}

runtime::Task<Result<void>> EmbeddedBroker::delete_topic(std::string name) {
  const auto found = topics_.find(name);
  if (found == topics_.end()) co_return not_found("topic", name);
  const auto topic = found->second;  // lives until its subscriptions know
  if (topic->state().is_view) co_return is_view(name);
  if (is_dead_letter_topic(name)) {
    co_return conflict("topic_in_use", "Topic " + name + " takes a subscription's dead letters.");
  }
  store_.delete_topic(topic->state().id);
  topics_.erase(found);
  dirty_topics_.erase(topic.get());
  const auto subscribers = topic->subscribers();
  for (Subscription* subscription : subscribers) {
    forget(*subscription);
    subscription->detach();
  }
  begin_purge();
  co_return Result<void>();
}

/// No progress of it is saved any more, and its topic serves it no more.
void EmbeddedBroker::forget(Subscription& subscription) {
  subscription.topic().remove(subscription);
  dirty_subscriptions_.erase(&subscription);
}

runtime::Task<std::vector<SubscriptionInfo>> EmbeddedBroker::subscriptions() {
  std::vector<SubscriptionInfo> infos;
  infos.reserve(subscriptions_.size());
  for (const auto& [name, _] : subscriptions_) {
    infos.push_back(*co_await subscription(name));
  }
  co_return infos;
}

runtime::Task<Result<SubscriptionInfo>> EmbeddedBroker::subscription(std::string name) {
  const auto found = find_subscription(name);
  if (found == nullptr) co_return not_found("subscription", name);
  const auto living = topics_.find(found->config().topic);
  const bool is_there = living != topics_.end() && living->second.get() == &found->topic();
  co_return SubscriptionInfo{
      .config = found->config(), .detached = found->detached(), .topic_deleted = !is_there};
}

runtime::Task<Result<void>> EmbeddedBroker::delete_subscription(std::string name) {
  const auto found = find_subscription(name);
  if (found == nullptr) co_return not_found("subscription", name);
  if (std::holds_alternative<InProcess>(found->config().delivery) && found->has_endpoint()) {
    co_return conflict("subscription_in_use",
                       "Subscription " + name + " delivers within this process.");
  }
  store_.delete_subscription(found->id());
  forget(*found);
  found->close();
  // A deleted topic goes with the last subscription that names it.
  if (find_topic(found->topic().name()) == &found->topic()) changed(found->topic());
  {
    const std::lock_guard lock(subscriptions_mutex_);
    subscriptions_.erase(name);
  }
  begin_purge();
  co_return Result<void>();
}

runtime::Task<Result<void>> EmbeddedBroker::detach_subscription(std::string name) {
  const auto found = find_subscription(name);
  if (found == nullptr) co_return not_found("subscription", name);
  if (found->detached()) co_return Result<void>();
  store_.detach(found->id());
  forget(*found);
  found->detach();
  changed(found->topic());
  co_return Result<void>();
}

runtime::Task<Result<void>> EmbeddedBroker::seek(std::string name, SeekTarget target) {
  const auto found = find_subscription(name);
  if (found == nullptr) co_return not_found("subscription", name);
  const auto detached = [&] {
    return conflict("subscription_detached",
                    "Subscription " + name + " is detached from its topic.");
  };
  if (found->detached()) co_return detached();
  auto next = co_await resolve(found->topic(), target);
  if (!next) co_return std::unexpected(std::move(next.error()));
  if (found->detached()) co_return detached();  // meanwhile
  // What was dropped meanwhile cannot come back.
  const Position from = std::max(*next, found->topic().first());
  store_.seek(found->id(), from, found->topic().state());
  found->restart_at(from);
  changed(*found);
  co_return Result<void>();
}

}  // namespace orderly::broker
