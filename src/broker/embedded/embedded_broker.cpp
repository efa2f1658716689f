#include "broker/embedded/embedded_broker.hpp"

#include <algorithm>
#include <utility>

#include "telemetry/log.hpp"

namespace orderly::broker {
namespace {

/// Nothing has to be saved: only gives the wait an end.
constexpr auto kIdleWait = std::chrono::hours(1);

Uuid fresh_epoch(Random& random, const Clock& clock) {
  UuidSource ids(random);
  return ids.next(clock.utc_now());
}

std::unexpected<Error> not_found(std::string_view what, std::string_view name) {
  return failure(ErrorKind::kNotFound, std::string(what) + "_not_found",
                 "There is no " + std::string(what) + " " + std::string(name) + ".");
}

std::unexpected<Error> conflict(std::string code, std::string message) {
  return failure(ErrorKind::kConflict, std::move(code), std::move(message));
}

}  // namespace

EmbeddedBroker::EmbeddedBroker(runtime::EventLoop& loop, Options options, Random& random,
                               telemetry::Metrics& metrics)
    : loop_(loop),
      options_(std::move(options)),
      random_(random),
      metrics_(metrics),
      store_(options_.database, fresh_epoch(random, loop.clock()), loop.clock()),
      tasks_(loop) {
  load();
}

EmbeddedBroker::~EmbeddedBroker() = default;

void EmbeddedBroker::load() {
  std::map<std::int64_t, Topic*> by_id;
  for (auto& state : store_.topics()) {
    const std::int64_t id = state.id;
    by_id[id] = &add_topic(std::move(state), nullptr);
  }
  for (auto& state : store_.subscriptions()) {
    Topic& topic = *by_id.at(state.topic_id);
    state.config.topic = topic.name();
    add_subscription(std::move(state), topic);
  }
}

Topic* EmbeddedBroker::find_topic(std::string_view name) {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : found->second.get();
}

Subscription* EmbeddedBroker::find_subscription(std::string_view name) {
  const auto found = subscriptions_.find(name);
  return found == subscriptions_.end() ? nullptr : found->second.get();
}

Topic& EmbeddedBroker::add_topic(TopicState state, MessageSource* source) {
  std::string name = state.name;
  auto topic = std::make_unique<Topic>(std::move(state), store_, loop_.clock(), source);
  return *topics_.emplace(std::move(name), std::move(topic)).first->second;
}

Subscription& EmbeddedBroker::add_subscription(SubscriptionState state, Topic& topic) {
  std::string name = state.config.name;
  // Its callback needs its address, which it has only once it is made.
  auto self = std::make_shared<Subscription*>(nullptr);
  SubscriptionContext context{.loop = loop_,
                              .tasks = tasks_,
                              .random = random_,
                              .metrics = metrics_,
                              .progressed = [this, self] { changed(**self); }};
  auto subscription = std::make_unique<Subscription>(std::move(context), std::move(state), topic);
  *self = subscription.get();
  const std::lock_guard lock(subscriptions_mutex_);
  return *subscriptions_.emplace(std::move(name), std::move(subscription)).first->second;
}

Result<void> EmbeddedBroker::create_view(const TopicConfig& config, MessageSource& source) {
  if (auto checked = check(config); !checked) return checked;
  if (Topic* topic = find_topic(config.name)) {
    if (!topic->state().is_view) {
      return conflict("topic_stores_messages", "Topic " + config.name + " stores its messages.");
    }
    topic->bind(&source);
    return {};
  }
  const std::int64_t id = store_.create_topic(config.name, true);
  add_topic({.id = id, .name = config.name, .is_view = true, .published = {}}, &source);
  return {};
}

runtime::Task<Result<void>> EmbeddedBroker::create_topic(TopicConfig config) {
  if (auto checked = check(config); !checked) co_return checked;
  if (find_topic(config.name) == nullptr) {
    const std::int64_t id = store_.create_topic(config.name, false);
    add_topic({.id = id, .name = config.name, .published = {}}, nullptr);
  }
  co_return Result<void>();
}

runtime::Task<Result<void>> EmbeddedBroker::create_subscription(SubscriptionConfig config) {
  if (auto checked = check(config); !checked) co_return checked;
  Topic* topic = find_topic(config.topic);
  if (topic == nullptr) co_return not_found("topic", config.topic);
  if (Subscription* existing = find_subscription(config.name)) {
    co_return change(*existing, std::move(config));
  }
  auto endpoint = make_push_endpoint(config);
  if (!endpoint) co_return std::unexpected(endpoint.error());
  SubscriptionState state{.topic_id = topic->state().id, .config = config, .progress = {}};
  state.progress.next = config.start == StartAt::kHead ? topic->head() + 1 : topic->first();
  state.id = store_.put_subscription(state, topic->state());
  connect(add_subscription(std::move(state), *topic), std::move(*endpoint));
  co_return Result<void>();
}

Result<void> EmbeddedBroker::change(Subscription& subscription, SubscriptionConfig config) {
  const auto& now = subscription.config();
  if (now.topic != config.topic || now.ordered != config.ordered) {
    return conflict("subscription_differs",
                    "Subscription " + config.name + " is there with another topic or order.");
  }
  auto endpoint = make_push_endpoint(config);
  if (!endpoint) return std::unexpected(endpoint.error());
  const auto& topic = subscription.topic().state();
  store_.put_subscription(
      {.id = subscription.id(), .topic_id = topic.id, .config = config, .progress = {}}, topic);
  const bool stays_in_process = !*endpoint && std::holds_alternative<InProcess>(now.delivery);
  subscription.configure(std::move(config));
  if (!stays_in_process) connect(subscription, std::move(*endpoint));
  return {};
}

Result<std::shared_ptr<Endpoint>> EmbeddedBroker::make_push_endpoint(
    const SubscriptionConfig& config) const {
  if (!std::holds_alternative<Push>(config.delivery)) return nullptr;
  return options_.make_push_endpoint(config);
}

void EmbeddedBroker::connect(Subscription& subscription, std::shared_ptr<Endpoint> endpoint) {
  subscription.deliver_to(std::move(endpoint));
  if (started_) subscription.start();
}

runtime::Task<Result<void>> EmbeddedBroker::attach(std::string name, Endpoint& endpoint) {
  Subscription* subscription = find_subscription(name);
  if (subscription == nullptr) co_return not_found("subscription", name);
  if (!std::holds_alternative<InProcess>(subscription->config().delivery) ||
      subscription->has_endpoint()) {
    co_return conflict("has_endpoint", "Subscription " + name + " delivers elsewhere.");
  }
  // Not owned: the caller keeps it.
  connect(*subscription, std::shared_ptr<Endpoint>(std::shared_ptr<Endpoint>(), &endpoint));
  co_return Result<void>();
}

runtime::Task<Result<void>> EmbeddedBroker::publish(std::string name,
                                                    std::vector<events::Message> messages) {
  Topic* topic = find_topic(name);
  if (topic == nullptr) co_return not_found("topic", name);
  if (messages.size() > kMaxPublishBatch) {
    co_return failure(ErrorKind::kTooLarge, "too_many_messages",
                      "At most " + std::to_string(kMaxPublishBatch) + " messages at once.");
  }
  const auto added = topic->publish(std::move(messages));
  if (!added) co_return std::unexpected(added.error());
  if (*added == 0) co_return Result<void>();
  changed(*topic);
  for (const auto& [_, subscription] : subscriptions_) {
    if (&subscription->topic() == topic) subscription->topic_advanced();
  }
  co_return Result<void>();
}

runtime::Task<Result<Cursor>> EmbeddedBroker::last_published(std::string name) {
  const Topic* topic = find_topic(name);
  if (topic == nullptr) co_return not_found("topic", name);
  co_return topic->state().published;
}

void EmbeddedBroker::start() {
  started_ = true;
  tasks_.spawn("broker progress", save_progress());
  for (const auto& [name, subscription] : subscriptions_) {
    if (!subscription->has_endpoint()) {
      auto endpoint = make_push_endpoint(subscription->config());
      if (!endpoint) {
        log::error("a push subscription cannot be served",
                   {{"subscription", name}, {"reason", endpoint.error().message}});
        continue;
      }
      subscription->deliver_to(std::move(*endpoint));
    }
    subscription->start();
  }
}

runtime::Task<void> EmbeddedBroker::stop() {
  tasks_.stop();
  co_await tasks_.join();
  try {
    save();
  } catch (const Unavailable& unavailable) {
    log::warning("the broker's progress could not be saved; some messages will come again",
                 {{"reason", unavailable.what()}});
  }
}

std::vector<SubscriptionStats> EmbeddedBroker::stats() const {
  const std::lock_guard lock(subscriptions_mutex_);
  std::vector<SubscriptionStats> stats;
  for (const auto& [_, subscription] : subscriptions_) {
    stats.push_back(subscription->stats());
  }
  return stats;
}

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
    co_await loop_.sleep_for(kSavePause);
    co_await dirty_.wait(loop_, ticket, loop_.steady_now() + kIdleWait);
  }
}

void EmbeddedBroker::save() {
  if (dirty_topics_.empty() && dirty_subscriptions_.empty()) return;
  std::set<const Topic*> changed_topics(dirty_topics_.begin(), dirty_topics_.end());
  std::vector<Store::SavedProgress> progress;
  for (const auto* subscription : dirty_subscriptions_) {
    progress.push_back({subscription->id(), subscription->progress()});
    // With its topic, whose head it never passes and whose messages may now be dropped.
    changed_topics.insert(&subscription->topic());
  }
  std::vector<TopicState> topics;
  topics.reserve(changed_topics.size());
  for (const auto* topic : changed_topics) {
    topics.push_back(topic->state());
  }
  store_.save(topics, progress);
  dirty_topics_.clear();
  dirty_subscriptions_.clear();
}

}  // namespace orderly::broker
