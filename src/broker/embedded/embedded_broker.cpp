#include "broker/embedded/embedded_broker.hpp"

#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "broker/embedded/failures.hpp"
#include "telemetry/log.hpp"

namespace orderly::broker {
namespace {

Uuid fresh_epoch(Random& random, const Clock& clock) {
  UuidSource ids(random);
  return ids.next(clock.utc_now());
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
  std::map<std::int64_t, std::shared_ptr<Topic>> by_id;
  for (auto& state : store_.topics()) {
    const std::int64_t id = state.id;
    std::string name = state.name;
    const bool deleted = state.deleted;
    auto topic =
        std::make_shared<Topic>(std::move(state), store_, loop_.clock(), nullptr, tails_bytes_);
    by_id[id] = topic;
    if (!deleted) topics_.emplace(std::move(name), std::move(topic));
  }
  for (auto& state : store_.subscriptions()) {
    const auto& topic = by_id.at(state.topic_id);
    state.config.topic = topic->name();
    add_subscription(std::move(state), topic);
  }
}

Topic* EmbeddedBroker::find_topic(std::string_view name) {
  const auto found = topics_.find(name);
  return found == topics_.end() ? nullptr : found->second.get();
}

std::shared_ptr<Subscription> EmbeddedBroker::find_subscription(std::string_view name) {
  const auto found = subscriptions_.find(name);
  return found == subscriptions_.end() ? nullptr : found->second;
}

Topic& EmbeddedBroker::add_topic(TopicState state, MessageSource* source) {
  std::string name = state.name;
  auto topic =
      std::make_shared<Topic>(std::move(state), store_, loop_.clock(), source, tails_bytes_);
  return *topics_.emplace(std::move(name), std::move(topic)).first->second;
}

Subscription& EmbeddedBroker::add_subscription(SubscriptionState state,
                                               std::shared_ptr<Topic> topic) {
  std::string name = state.config.name;
  SubscriptionContext context{
      .loop = loop_,
      .tasks = tasks_,
      .random = random_,
      .metrics = metrics_,
      .progressed = [this](Subscription& subscription) { changed(subscription); },
      .forward =
          [this](Subscription& from, std::vector<DeadLetter> letters, Ledger::Progress progress) {
            forward(from, std::move(letters), std::move(progress));
          },
      .has_room_for_letters = [this](const Subscription& of,
                                     std::size_t more) { return has_room_for_letters(of, more); },
      .letter_count = [this](const Subscription& of) { return store_.letter_count(of.id()); },
      .read_letter = [this](const Subscription& of,
                            Position position) { return read_letter(of, position); }};
  auto subscription =
      std::make_shared<Subscription>(std::move(context), std::move(state), std::move(topic));
  if (!subscription->detached()) subscription->topic().add(*subscription);
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
  if (find_topic(config.name) != nullptr) co_return Result<void>();
  if (topics_.size() >= kMaxTopics) co_return too_many("topics", kMaxTopics);
  const std::int64_t id = store_.create_topic(config.name, false);
  add_topic({.id = id, .name = config.name, .published = {}}, nullptr);
  co_return Result<void>();
}

runtime::Task<Result<void>> EmbeddedBroker::create_subscription(SubscriptionConfig config) {
  if (auto checked = check(config); !checked) co_return checked;
  if (const auto existing = find_subscription(config.name)) {
    co_return change(*existing, std::move(config));
  }
  const auto topic = topics_.find(config.topic);
  if (topic == topics_.end()) co_return not_found("topic", config.topic);
  if (auto checked = check_dead_letter(config); !checked) co_return checked;
  if (subscriptions_.size() >= kMaxSubscriptions) {
    co_return too_many("subscriptions", kMaxSubscriptions);
  }
  auto endpoint = make_push_endpoint(config);
  if (!endpoint) co_return std::unexpected(endpoint.error());
  const auto& view = *topic->second;
  SubscriptionState state{.topic_id = view.state().id, .config = config, .progress = {}};
  state.progress.next = config.start == StartAt::kHead ? view.head() + 1 : view.first();
  state.id = store_.put_subscription(state, view.state());
  connect(add_subscription(std::move(state), topic->second), std::move(*endpoint));
  co_return Result<void>();
}

Result<void> EmbeddedBroker::check_dead_letter(const SubscriptionConfig& config) {
  if (!config.dead_letter) return {};
  const Topic* topic = find_topic(config.dead_letter->topic);
  if (topic == nullptr) {
    return invalid("dead_letter.topic",
                   "dead_letter.topic names no topic: there is no " + config.dead_letter->topic);
  }
  if (topic->state().is_view) {
    return invalid("dead_letter.topic", "dead_letter.topic names a view of a service's feed");
  }
  return {};
}

Result<void> EmbeddedBroker::change(Subscription& subscription, SubscriptionConfig config) {
  const auto& now = subscription.config();
  if (subscription.detached()) {
    return conflict("subscription_detached",
                    "Subscription " + config.name + " is detached from its topic.");
  }
  if (find_topic(config.topic) == nullptr) return not_found("topic", config.topic);
  if (now.topic != config.topic || now.ordered != config.ordered || now.filter != config.filter) {
    return conflict("subscription_differs", "Subscription " + config.name +
                                                " is there with another topic, order or filter.");
  }
  if (auto checked = check_dead_letter(config); !checked) return checked;
  auto endpoint = make_push_endpoint(config);
  if (!endpoint) return std::unexpected(endpoint.error());
  const auto& topic = subscription.topic().state();
  store_.put_subscription(
      {.id = subscription.id(), .topic_id = topic.id, .config = config, .progress = {}}, topic);
  const bool stays_in_process = std::holds_alternative<InProcess>(config.delivery) &&
                                std::holds_alternative<InProcess>(now.delivery);
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

Result<std::shared_ptr<Subscription>> EmbeddedBroker::find_unattached(const std::string& name) {
  auto subscription = find_subscription(name);
  if (subscription == nullptr) return not_found("subscription", name);
  if (!std::holds_alternative<InProcess>(subscription->config().delivery) ||
      subscription->has_endpoint()) {
    return conflict("has_endpoint", "Subscription " + name + " delivers elsewhere.");
  }
  if (subscription->detached()) {
    return conflict("subscription_detached",
                    "Subscription " + name + " is detached from its topic.");
  }
  return subscription;
}

runtime::Task<Result<void>> EmbeddedBroker::attach(std::string name, Endpoint& endpoint) {
  const auto subscription = find_unattached(name);
  if (!subscription) co_return std::unexpected(subscription.error());
  // Not owned: the caller keeps it.
  connect(**subscription, std::shared_ptr<Endpoint>(std::shared_ptr<Endpoint>(), &endpoint));
  co_return Result<void>();
}

runtime::Task<Result<void>> EmbeddedBroker::attach_follower(std::string name, Follower& follower) {
  const auto subscription = find_unattached(name);
  if (!subscription) co_return std::unexpected(subscription.error());
  ORDERLY_CHECK((*subscription)->topic().state().is_view, "only a view can be followed");
  (*subscription)->deliver_to(follower);
  if (started_) (*subscription)->start();
  co_return Result<void>();
}

runtime::Task<Result<void>> EmbeddedBroker::advance(std::string name, Cursor after,
                                                    events::FeedSpan span) {
  Topic* topic = find_topic(name);
  if (topic == nullptr) co_return not_found("topic", name);
  const auto added = topic->advance(after, span);
  if (!added) co_return std::unexpected(added.error());
  if (*added > 0) advanced(*topic);
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
  if (*added > 0) advanced(*topic);
  co_return Result<void>();
}

runtime::Task<Result<Cursor>> EmbeddedBroker::last_published(std::string name) {
  const Topic* topic = find_topic(name);
  if (topic == nullptr) co_return not_found("topic", name);
  co_return topic->state().published;
}

void EmbeddedBroker::advanced(Topic& topic) {
  changed(topic);
  if (!topic.state().is_view) stored_.notify();
  for (Subscription* subscription : topic.subscribers()) {
    subscription->topic_advanced();
  }
}

void EmbeddedBroker::start() {
  started_ = true;
  tasks_.spawn("broker progress", save_progress());
  tasks_.spawn("broker retention", keep_retention());
  begin_purge();
  for (const auto& [name, subscription] : subscriptions_) {
    if (!subscription->has_endpoint()) {
      auto endpoint = make_push_endpoint(subscription->config());
      if (!endpoint) {
        log::error("a push subscription cannot be served",
                   {{"subscription", name}, {"reason", endpoint.error().message}});
        continue;
      }
      if (!subscription->detached()) subscription->deliver_to(std::move(*endpoint));
    }
    subscription->start();
  }
}

runtime::Task<void> EmbeddedBroker::stop() {
  stopped_ = true;
  for (const auto& [_, subscription] : subscriptions_) {
    subscription->end_pulls();
  }
  tasks_.stop();
  co_await tasks_.join();
  for (auto ticket = calls_ended_.ticket(); calls_ > 0; ticket = calls_ended_.ticket()) {
    co_await calls_ended_.wait(loop_, ticket, loop_.steady_now() + kMaxPullWait);
  }
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
  stats.reserve(subscriptions_.size());
  for (const auto& [_, subscription] : subscriptions_) {
    stats.push_back(subscription->stats());
  }
  return stats;
}

}  // namespace orderly::broker
