#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/position.hpp"
#include "base/result.hpp"
#include "events/message.hpp"
#include "runtime/backoff.hpp"
#include "runtime/task.hpp"

/// Topics, subscriptions and how messages get to subscribers, in the terms of Pub/Sub.
///
/// A message is delivered to every subscription until it is acknowledged (at least once), and of an
/// ordered subscription the messages of one ordering key are delivered in the order in which they
/// were published (P4). Subscriptions do not know of each other: a slow or dead one costs the
/// others nothing. A broker is for speed and fan-out; the feeds are the truth.
namespace orderly::broker {

using MessagePtr = std::shared_ptr<const events::Message>;

inline constexpr std::size_t kMaxInProcessBatch = 1000;  ///< messages handed over at once
inline constexpr std::size_t kMaxPushWindow = 100;       ///< push requests in flight
inline constexpr std::size_t kMaxPublishBatch = 1000;    ///< messages of one publish()
/// Messages that a subscription holds without an acknowledgement; above it, it takes no new ones
/// until older ones are acknowledged.
inline constexpr std::size_t kMaxUnacknowledged = 10'000;
inline constexpr std::size_t kMaxNameBytes = 255;  ///< of a topic or subscription

struct TopicConfig {
  std::string name;  ///< 3–255 of A–Z a–z 0–9 - . _ ~ + %, the first one a letter, as Pub/Sub asks

  bool operator==(const TopicConfig&) const = default;
};

/// Batches of up to kMaxInProcessBatch in order, one at a time, to an Endpoint that attach() names.
struct InProcess {
  bool operator==(const InProcess&) const = default;
};
/// One message a request, several requests at once (see SlowStart).
struct Push {
  std::string url;         ///< http://host[:port]/path
  bool unwrapped = false;  ///< the body is the message's data alone, without the envelope
  /// Of an unwrapped one: ids, times and attributes come as headers.
  bool write_metadata = false;

  bool operator==(const Push&) const = default;
};
/// Whoever asks gets messages and acknowledges them by an id (see Puller).
struct Pull {
  bool operator==(const Pull&) const = default;
};

/// A message that was rejected (or not answered in time) so often goes to another topic and counts
/// as acknowledged.
struct DeadLetterPolicy {
  std::string topic;
  int max_delivery_attempts = 5;  ///< kMinDeliveryAttempts…kMaxDeliveryAttempts

  bool operator==(const DeadLetterPolicy&) const = default;
};
inline constexpr int kMinDeliveryAttempts = 5;
inline constexpr int kMaxDeliveryAttempts = 100;

/// Where a new subscription starts: with what is published from now on, or with all there is.
enum class StartAt : std::uint8_t { kHead, kBeginning };

struct SubscriptionConfig {
  std::string name;  ///< as a topic's
  std::string topic;
  std::variant<InProcess, Push, Pull> delivery = {};
  /// What is not acknowledged by then counts as rejected; 1 ms to kMaxAckDeadline.
  std::chrono::milliseconds ack_deadline = std::chrono::seconds(10);
  /// How long a rejected message, or after several failures in a row the subscription, waits.
  runtime::BackoffPolicy retry{std::chrono::milliseconds(100), std::chrono::seconds(60)};
  bool ordered = true;  ///< by ordering key; messages without one are never held back
  StartAt start = StartAt::kHead;
  /// Only messages whose attributes match are delivered, the others count as acknowledged (Google's
  /// filter syntax, see filter.hpp); empty: all. Cannot be changed later.
  std::string filter = {};
  std::optional<DeadLetterPolicy> dead_letter = std::nullopt;
  /// Later messages of a dead letter's ordering key wait until it is redriven with success or
  /// dropped; other keys flow on. Only with order and a dead letter policy.
  bool waits_behind_dead_letters = false;
  /// How long a message is kept for this subscription, acknowledged or not; kMin…kMaxRetention.
  std::chrono::seconds retention = std::chrono::days(7);
  /// Acknowledged messages are kept too, so that a seek can bring them back. Of a view it does not
  /// matter: its feed keeps everything.
  bool retain_acknowledged = false;
};
inline constexpr std::chrono::milliseconds kMaxAckDeadline = std::chrono::seconds(600);
inline constexpr std::chrono::seconds kMinRetention = std::chrono::minutes(10);
inline constexpr std::chrono::seconds kMaxRetention = std::chrono::days(31);
inline constexpr std::size_t kMaxFilterBytes = 256;  ///< as Pub/Sub has it
inline constexpr std::chrono::milliseconds kMaxRetryBackoff = std::chrono::seconds(600);

struct Delivery {
  MessagePtr message;
  std::int64_t attempt = 1;  ///< 1 the first time, one more after every rejection
};

/// What became of one delivery.
struct Outcome {
  bool acknowledged = true;
  std::string error;  ///< why it was rejected

  static Outcome acknowledge() { return {}; }
  static Outcome reject(std::string why) { return {false, std::move(why)}; }
  bool operator==(const Outcome&) const = default;
};

/// Where a subscription delivers to. Called on the broker's loop.
class Endpoint {
 public:
  virtual ~Endpoint() = default;
  /// Takes `batch` (not empty, in order; it lives until the task ends) and answers as many outcomes
  /// in the same order. It ends by itself within the subscription's ack deadline. Throws
  /// Unavailable when nobody is there to take anything: all of the batch is delivered again later,
  /// without counting as an attempt. Of an ordered subscription, what follows a rejected message of
  /// the same key in the batch is delivered again, whatever its outcome.
  virtual runtime::Task<std::vector<Outcome>> deliver(std::span<const Delivery> batch) = 0;
};

/// How a subscription stands. Counters count from the start of the process.
struct SubscriptionStats {
  std::string subscription;
  std::string topic;
  std::int64_t backlog = 0;         ///< published and not acknowledged
  std::optional<UtcTime> oldest{};  ///< publish time of the oldest of them, where it is known
  std::int64_t in_flight = 0;       ///< messages handed over and not answered
  std::int64_t waiting_for_retry = 0;
  std::int64_t delivered = 0;    ///< messages handed over, again or not
  std::int64_t redelivered = 0;  ///< those that were handed over before
  std::int64_t acknowledged = 0;
  std::int64_t rejected = 0;
  std::int64_t window = 0;       ///< requests that may be in flight (see SlowStart)
  bool source_conflict = false;  ///< alarm: the topic's source has another history than the topic
  bool keeps_dead_letters = false;    ///< it has a policy, or letters
  std::int64_t dead_letters = 0;      ///< kept, to be redriven or dropped
  std::int64_t keys_waiting = 0;      ///< behind one of them
  std::int64_t messages_waiting = 0;  ///< of these keys
};

/// The port. Every member but stats() is called on the broker's loop. All may throw Unavailable.
class Broker {
 public:
  virtual ~Broker() = default;

  /// Does nothing where it is there already. kInvalid names a bad field.
  virtual runtime::Task<Result<void>> create_topic(TopicConfig config) = 0;

  /// One that is there gets these settings and keeps its progress (`start` is then of no matter).
  /// kNotFound without the topic, kConflict where it is of another topic or its order is changed.
  virtual runtime::Task<Result<void>> create_subscription(SubscriptionConfig config) = 0;

  /// Gives an in-process subscription its endpoint for the life of this process. The endpoint
  /// outlives stop(). kNotFound, kConflict where it is no in-process one or has an endpoint.
  virtual runtime::Task<Result<void>> attach(std::string subscription, Endpoint& endpoint) = 0;

  /// Appends `messages` (at most kMaxPublishBatch) to the topic, all or none. When it returns they
  /// are durable, or will be asked for again: last_published() never names what may be lost.
  ///
  /// A message of a feed carries the attributes epoch, position and event_id. Those published
  /// before are passed over, so repeating is harmless; kConflict with code "position_gap" where one
  /// is missing in between, with "epoch_conflict" where they are of another epoch: an alarm, the
  /// source was restored. kNotFound without the topic.
  virtual runtime::Task<Result<void>> publish(std::string topic,
                                              std::vector<events::Message> messages) = 0;

  /// The last message of a feed that was published to the topic: where its relay goes on. A default
  /// Cursor where there was none.
  virtual runtime::Task<Result<Cursor>> last_published(std::string topic) = 0;

  /// Places of the feed that were published to the topic, with their events' ids: ascending, the
  /// last one is last_published(), older ones are ever sparser. kNotFound without the topic.
  virtual runtime::Task<Result<std::vector<Cursor>>> places(std::string topic) = 0;

  /// The feed of the topic has another history after `to`, which was published: publishing goes on
  /// from there. Of a topic that is a view of the feed, what was beyond is gone for every
  /// subscription (a delivery in flight is not called back), and what takes its place is delivered;
  /// what is at or below `to` and not acknowledged may be delivered once more. A topic that stores
  /// its messages keeps them. All or nothing; what was taken back is remembered. kNotFound without
  /// the topic, kInvalid where `to` lies beyond last_published().
  virtual runtime::Task<Result<void>> take_back(std::string topic, Cursor to) = 0;

  /// Begins to deliver; what is created or attached later begins at once.
  virtual void start() = 0;
  /// Interrupts what is being delivered and saves all progress. Nothing is delivered afterwards.
  virtual runtime::Task<void> stop() = 0;

  /// All subscriptions, by name. Any thread.
  [[nodiscard]] virtual std::vector<SubscriptionStats> stats() const = 0;
};

/// Why `config` cannot be accepted, or nothing: what every adapter checks first.
Result<void> check(const TopicConfig& config);
Result<void> check(const SubscriptionConfig& config);

}  // namespace orderly::broker
