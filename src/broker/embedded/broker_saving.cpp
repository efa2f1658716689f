#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <map>
#include <utility>

#include "broker/embedded/embedded_broker.hpp"
#include "telemetry/log.hpp"

/// What the broker writes by itself: progress, and what nobody needs any more.
namespace orderly::broker {
namespace {

/// Nothing has to be done: only gives the wait an end.
constexpr auto kIdleWait = std::chrono::hours(1);
/// So many topics are looked at before others have their turn.
constexpr std::size_t kMaxTopicsAtOnce = 50;

}  // namespace

void EmbeddedBroker::changed(Topic& topic) {
  dirty_topics_.insert(&topic);
  dirty_.notify();
}

void EmbeddedBroker::changed(Subscription& subscription) {
  dirty_subscriptions_.insert(&subscription);
  dirty_.notify();
}

runtime::Task<void> EmbeddedBroker::save_progress() {
  log::Throttle warnings(std::chrono::seconds(10));
  for (;;) {
    const auto ticket = dirty_.ticket();
    try {
      save();
    } catch (const Unavailable& unavailable) {
      // It is only a hint, so deliveries go on; the next change tries again.
      if (warnings.pass(loop_.steady_now())) {
        log::warning("the broker's progress cannot be saved", {{"reason", unavailable.what()}});
      }
    }
    co_await dirty_.wait(loop_, ticket, loop_.steady_now() + kIdleWait);
    co_await loop_.sleep_for(kSavePause);  // not in the way of what has changed it
  }
}

void EmbeddedBroker::save() {
  if (dirty_topics_.empty() && dirty_subscriptions_.empty()) return;
  std::set<Topic*> changed_topics(dirty_topics_.begin(), dirty_topics_.end());
  std::vector<Store::SavedProgress> progress;
  for (auto* subscription : dirty_subscriptions_) {
    progress.push_back({subscription->id(), subscription->progress()});
    // With its topic, whose head it never passes and whose messages may now be dropped.
    changed_topics.insert(&subscription->topic());
  }
  std::vector<TopicState> topics;
  topics.reserve(changed_topics.size());
  for (const auto* topic : changed_topics) {
    topics.push_back(topic->state());
  }
  const auto dropped = droppable(changed_topics);
  store_.save(topics, progress, dropped);
  for (auto* const subscription : dirty_subscriptions_)
    subscription->saved();
  dirty_topics_.clear();
  dirty_subscriptions_.clear();
  auto range = dropped.begin();
  for (auto* topic : changed_topics) {
    if (range == dropped.end() || range->topic_id != topic->state().id) continue;
    topic->dropped_before(range->end);
    if (range->end - range->first == kMaxDropped) changed(*topic);  // there may be more
    ++range;
  }
}

/// In the order of `topics`. What a subscription has acknowledged is saved in the same transaction,
/// so that none ever needs what is dropped.
std::vector<Store::Dropped> EmbeddedBroker::droppable(const std::set<Topic*>& topics) const {
  std::vector<Store::Dropped> dropped;
  for (const auto* topic : topics) {
    if (topic->state().is_view) continue;
    Position needed = topic->head() + 1;
    for (const auto* subscription : topic->subscribers()) {
      needed = std::min(needed, subscription->oldest_needed());
    }
    const Position first = topic->first();
    const Position end = std::min(needed, first + kMaxDropped);
    if (end > first) {
      dropped.push_back({.topic_id = topic->state().id, .first = first, .end = end});
    }
  }
  return dropped;
}

void EmbeddedBroker::begin_purge() {
  if (started_ && !std::exchange(purging_, true)) tasks_.spawn("broker purge", purge());
}

/// Takes away what a deleted topic left, in steps between which others have their turn.
runtime::Task<void> EmbeddedBroker::purge() {
  try {
    while (store_.purge())
      co_await loop_.sleep_for(kSavePause);
  } catch (const Unavailable& unavailable) {
    log::warning("what deleted topics left cannot be removed", {{"reason", unavailable.what()}});
  }
  purging_ = false;
}

runtime::Task<void> EmbeddedBroker::keep_retention() {
  for (;;) {
    const auto ticket = stored_.ticket();
    bool any = false;
    std::string last;
    for (bool done = false; !done;) {
      // By name, since topics may come and go in between.
      auto next = topics_.upper_bound(last);
      for (std::size_t i = 0; i < kMaxTopicsAtOnce && next != topics_.end(); ++i, ++next) {
        last = next->first;
        Topic& topic = *next->second;
        if (topic.state().is_view || topic.first() > topic.head()) continue;
        any = true;
        expire(topic);
      }
      done = next == topics_.end();
      co_await runtime::asio::post(loop_.executor(), runtime::asio::use_awaitable);
    }
    if (!any) co_await stored_.wait(loop_, ticket, loop_.steady_now() + kIdleWait);
    co_await loop_.sleep_for(kRetentionPause);
  }
}

void EmbeddedBroker::expire(Topic& topic) {
  try {
    std::map<std::chrono::seconds, Position> retained;
    for (auto* subscription : topic.subscribers()) {
      const auto retention = subscription->config().retention;
      auto [found, fresh] = retained.try_emplace(retention, topic.first());
      if (fresh) found->second = topic.stored_position_at(loop_.utc_now() - retention);
      subscription->expire_below(found->second);
    }
    changed(topic);
  } catch (const Unavailable& unavailable) {
    log::warning("retention cannot be kept now",
                 {{"topic", topic.name()}, {"reason", unavailable.what()}});
  }
}

}  // namespace orderly::broker
