#include "event_publisher/relay.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <limits>
#include <utility>

#include "events/fork.hpp"

namespace orderly::event_publisher {
Relay::Relay(runtime::EventLoop& loop, broker::MessageSource& outbox, broker::Broker& broker,
             std::string topic, Random& random, telemetry::Metrics& metrics, broker::Views* views)
    : loop_(loop),
      outbox_(outbox),
      broker_(broker),
      views_(views),
      topic_(std::move(topic)),
      random_(random),
      published_(metrics.counter("orderly_relay_published_total", "Events published from an outbox",
                                 {{"topic", topic_}})),
      forks_(metrics.counter("orderly_relay_forks_total",
                             "Times that an outbox was found to have another history",
                             {{"topic", topic_}})),
      tasks_(loop) {
  register_metrics(metrics);
}

void Relay::register_metrics(telemetry::Metrics& metrics) {
  constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  const telemetry::Labels labels{{"topic", topic_}};
  gauges_.push_back(metrics.gauge_callback(
      "orderly_outbox_age_seconds",
      "Age of the oldest event not yet published; 0 when there is none", labels, [this] {
        const RelayStatus now = status();
        if (!now.head) return kUnknown;
        if (!now.oldest_waiting) return 0.0;
        const auto age = loop_.utc_now() - *now.oldest_waiting;
        return std::max(std::chrono::duration<double>(age).count(), 0.0);
      }));
  gauges_.push_back(metrics.gauge_callback(
      "orderly_relay_lag_events", "Events in the outbox that are not yet published", labels,
      [this] {
        const RelayStatus now = status();
        return now.head ? static_cast<double>(*now.head - now.published) : kUnknown;
      }));
  gauges_.push_back(metrics.gauge_callback(
      "orderly_relay_source_conflict",
      "1 while the outbox has another history than its topic (a restored store)", labels,
      [this] { return status().source_conflict ? 1.0 : 0.0; }));
}

void Relay::start() {
  runtime::PumpOptions options{.name = "relay to " + topic_};
  options.on_failure = [this](const std::string& error, int failures) {
    if (!warnings_.pass(loop_.steady_now())) return;
    log::warning("events cannot be published, trying again",
                 {{"topic", topic_}, {"reason", error}, {"failures", failures}});
  };
  options.on_recovery = [this] { log::info("events are published again", {{"topic", topic_}}); };
  tasks_.spawn(options.name, runtime::pump(loop_, *this, random_, options));
}

runtime::Task<void> Relay::stop() {
  stopping_ = true;
  tasks_.stop();
  co_await tasks_.join();
}

runtime::Task<std::size_t> Relay::publish_now() {
  co_return co_await runtime::suspend<std::size_t>([this](runtime::Resume<std::size_t> resume) {
    boost::asio::post(loop_.executor(), [this, resume = std::move(resume)]() mutable {
      tasks_.spawn("publish now to " + topic_, answer(std::move(resume)));
    });
  });
}

runtime::Task<void> Relay::answer(runtime::Resume<std::size_t> resume) {
  std::size_t published = 0;
  std::exception_ptr error;
  try {
    if (stopping_) throw Unavailable("the event publisher is stopping");
    published = co_await publish_all();
  } catch (...) {
    error = std::current_exception();
  }
  if (!error) {
    resume(published);
  } else if (runtime::is_stopped(error)) {
    resume.fail(std::make_exception_ptr(Unavailable("the event publisher is stopping")));
  } else {
    resume.fail(error);
  }
}

runtime::Task<std::size_t> Relay::publish_all() {
  std::size_t published = 0;
  std::optional<Position> goal;  // what comes in meanwhile is the relay's own work
  for (;;) {
    const Cursor after = co_await last_published();
    if (goal && after.position >= *goal) co_return published;
    auto step = co_await read(after, std::chrono::milliseconds(0));
    if (step.span.events == 0) co_return published;
    goal = goal.value_or(step.span.head);
    published += co_await publish(after, std::move(step));
  }
}

runtime::Task<std::size_t> Relay::move_batch() {
  const Cursor after = co_await last_published();
  auto step = co_await read(after, kMaxRelayWait);
  if (step.span.events == 0) co_return 0;
  co_return co_await publish(after, std::move(step));
}

runtime::Task<Cursor> Relay::last_published() {
  auto last = co_await broker_.last_published(topic_);
  if (!last) throw Unavailable(last.error().message);
  co_return *last;
}

runtime::Task<Relay::Step> Relay::read(Cursor after, std::chrono::milliseconds wait) {
  try {
    auto step = co_await read_step(after, wait);
    if (step) {
      saw(after, step->span);
      co_return std::move(*step);
    }
    note_conflict(step.error());
    co_await follow_fork();
    throw Unavailable("the topic goes on from where its outbox forked",
                      std::chrono::milliseconds(0));
  } catch (const Unavailable&) {
    lost_sight();
    throw;
  }
}

runtime::Task<Result<Relay::Step>> Relay::read_step(Cursor after, std::chrono::milliseconds wait) {
  if (views_ != nullptr) {
    auto span = co_await outbox_.read_span(after, wait);
    if (!span) co_return std::unexpected(std::move(span.error()));
    co_return Step{.span = *span, .messages = {}};
  }
  auto page = co_await outbox_.read(after, events::kMaxFeedPage, wait);
  if (!page) co_return std::unexpected(std::move(page.error()));
  Step step{.span = {.epoch = page->epoch, .head = page->head, .to = {}},
            .messages = std::move(page->messages)};
  step.span.events = step.messages.size();
  if (!step.messages.empty()) {
    step.span.to.position =
        after.position + static_cast<Position>(step.span.events);  // a feed has no gaps
    step.span.first_accepted = step.messages.front().publish_time;
    step.span.last_accepted = step.messages.back().publish_time;
  }
  co_return step;
}

runtime::Task<std::size_t> Relay::publish(Cursor after, Step step) {
  const auto lock = co_await publishing_.lock();
  if (co_await last_published() != after) co_return 0;
  const events::FeedSpan span = step.span;
  Result<void> published;
  if (views_ != nullptr) {
    published = co_await views_->advance(topic_, after, span);
  } else {
    published = co_await broker_.publish(topic_, std::move(step.messages));
  }
  if (!published) raise_conflict(published.error());
  published_.add(span.events);
  if (on_published_) on_published_(span.epoch, after.position + 1, span.to.position);
  did_publish(span.to.position, span.last_accepted);
  co_return span.events;
}

runtime::Task<void> Relay::follow_fork() {
  const auto lock = co_await publishing_.lock();
  auto places = co_await broker_.places(topic_);
  if (!places) throw Unavailable(places.error().message);
  const Cursor to = co_await events::last_in_common(outbox_, std::move(*places));
  const Cursor published = co_await last_published();
  if (to != published) {  // else somebody was quicker
    const auto taken = co_await broker_.take_back(topic_, to);
    if (!taken) throw Unavailable(taken.error().message);
    forks_.add();
  }
  // What follows may be a long wait for news.
  const std::lock_guard status_lock(status_mutex_);
  status_.source_conflict = false;
}

void Relay::raise_conflict(const Error& error) {
  note_conflict(error);
  throw Unavailable(error.message);
}

void Relay::note_conflict(const Error& error) {
  bool is_new = false;
  {
    const std::lock_guard lock(status_mutex_);
    is_new = !std::exchange(status_.source_conflict, true);
  }
  if (is_new) {
    log::error("an outbox has another history than its topic; was its store restored?",
               {{"topic", topic_}, {"code", error.code}, {"reason", error.message}});
  }
}

void Relay::saw(const Cursor& after, const events::FeedSpan& span) {
  const std::lock_guard lock(status_mutex_);
  status_.head = span.head;
  status_.published = after.position;
  status_.oldest_waiting.reset();
  if (span.events == 0) {
    status_.source_conflict = false;
  } else {
    status_.oldest_waiting = span.first_accepted;
  }
}

void Relay::did_publish(Position position, UtcTime accepted_at) {
  const std::lock_guard lock(status_mutex_);
  status_.source_conflict = false;
  status_.published = position;
  status_.head = std::max(status_.head.value_or(0), position);
  // The next one is not read yet; it is at most as old as the one before it.
  status_.oldest_waiting.reset();
  if (*status_.head > position) status_.oldest_waiting = accepted_at;
}

void Relay::lost_sight() {
  const std::lock_guard lock(status_mutex_);
  status_.head.reset();
  status_.oldest_waiting.reset();
}

RelayStatus Relay::status() const {
  const std::lock_guard lock(status_mutex_);
  return status_;
}

}  // namespace orderly::event_publisher
