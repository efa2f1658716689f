#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "broker/broker.hpp"
#include "broker/message_source.hpp"
#include "broker/view.hpp"
#include "runtime/async_mutex.hpp"
#include "runtime/pump.hpp"
#include "runtime/suspend.hpp"
#include "runtime/task_group.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace orderly::event_publisher {

/// A relay looks into the outbox at least this often, even if nothing wakes it.
inline constexpr std::chrono::milliseconds kMaxRelayWait{30'000};

/// How a relay stands.
struct RelayStatus {
  std::optional<Position> head;  ///< of the outbox; unknown while it cannot be read
  Position published = 0;
  std::optional<UtcTime> oldest_waiting;  ///< acceptance of the oldest event not yet published
  bool source_conflict = false;           ///< alarm: the outbox has another history than the topic
};

/// Publishes the events of one outbox (a feed) to one topic. The broker knows how far it is, so a
/// crash anywhere only repeats what the broker passes over. Its loop is the broker's.
class Relay final : public runtime::Hop {
 public:
  /// Everything passed in outlives it. stop() has been awaited before it goes, unless the loop is
  /// already gone. `views`: the broker's, where the topic is a view over an outbox of this process:
  /// then no event is made into a message here, and the topic advances as far as the outbox goes.
  Relay(runtime::EventLoop& loop, broker::MessageSource& outbox, broker::Broker& broker,
        std::string topic, Random& random, telemetry::Metrics& metrics,
        broker::Views* views = nullptr);

  /// Called on the relay's loop after events `first` to `last` of the outbox's history `epoch` were
  /// published. Before start().
  using OnPublished = std::function<void(const Uuid& epoch, Position first, Position last)>;
  void on_published(OnPublished call) { on_published_ = std::move(call); }

  /// Publishes from now on, woken by the outbox.
  void start();
  runtime::Task<void> stop();

  /// Publishes what waits now and answers how much that was; side by side with the relay's own
  /// work and other calls nothing is published twice. Any thread, on any loop. Throws Unavailable.
  runtime::Task<std::size_t> publish_now();

  /// Publishes the next page; waits for it up to kMaxRelayWait.
  runtime::Task<std::size_t> move_batch() override;

  [[nodiscard]] const std::string& topic() const { return topic_; }
  [[nodiscard]] RelayStatus status() const;  ///< any thread
  /// Events since the start of the process. Any thread.
  [[nodiscard]] std::uint64_t published_total() const { return published_.value(); }

 private:
  runtime::Task<void> answer(runtime::Resume<std::size_t> resume);
  runtime::Task<std::size_t> publish_all();
  runtime::Task<Cursor> last_published();
  /// What is published at once, and the messages where the topic needs them.
  struct Step {
    events::FeedSpan span;
    std::vector<events::Message> messages;
  };
  runtime::Task<Step> read(Cursor after, std::chrono::milliseconds wait);
  runtime::Task<Result<Step>> read_step(Cursor after, std::chrono::milliseconds wait);
  /// `step` was read after `after`; nothing happens where that is not the last one any more.
  runtime::Task<std::size_t> publish(Cursor after, Step step);
  /// The outbox has another history than the topic: goes back to the last place that both have.
  runtime::Task<void> follow_fork();
  /// Says so once, and throws Unavailable.
  [[noreturn]] void raise_conflict(const Error& error);
  void note_conflict(const Error& error);

  void register_metrics(telemetry::Metrics& metrics);
  void saw(const Cursor& after, const events::FeedSpan& span);
  void did_publish(Position position, UtcTime accepted_at);
  void lost_sight();

  runtime::EventLoop& loop_;
  broker::MessageSource& outbox_;
  broker::Broker& broker_;
  broker::Views* views_;
  std::string topic_;
  Random& random_;
  telemetry::Counter& published_;
  telemetry::Counter& forks_;
  runtime::TaskGroup tasks_;
  runtime::AsyncMutex publishing_;
  OnPublished on_published_;
  bool stopping_ = false;
  log::Throttle warnings_{std::chrono::seconds(10)};
  mutable std::mutex status_mutex_;
  RelayStatus status_;
  std::vector<telemetry::Metrics::Registration> gauges_;
};

}  // namespace orderly::event_publisher
