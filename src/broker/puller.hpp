#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "broker/broker.hpp"
#include "runtime/task.hpp"

namespace orderly::broker {

inline constexpr std::size_t kMaxPull = 1000;  ///< messages of one pull()
inline constexpr std::chrono::milliseconds kMaxPullWait{30'000};
inline constexpr std::size_t kMaxAckIds = 1000;  ///< of one call

/// Of one subscription; more are turned away (Unavailable).
inline constexpr std::size_t kMaxWaitingPulls = 100;

struct PulledMessage {
  std::string ack_id;  ///< names this delivery; of no worth once its deadline is over
  MessagePtr message;
  std::int64_t attempt = 1;
};

/// The port of outsiders: they publish, and pull what they acknowledge. Every member is called on
/// the broker's loop and throws Unavailable. kNotFound as in Topology; kConflict
/// ("subscription_detached", "not_a_pull_subscription") where there is nothing to pull.
class Puller {
 public:
  virtual ~Puller() = default;

  /// Stores `messages` (at most kMaxPublishBatch) as new ones whatever their attributes say, all or
  /// none, synced when it returns; answers their ids. kConflict for a view ("topic_is_view").
  virtual runtime::Task<Result<std::vector<std::string>>> append(
      std::string topic, std::vector<events::Message> messages) = 0;

  /// At most `max` messages that may be delivered now, each with the subscription's ack deadline;
  /// where there is none, the first that come within `wait`, or nothing. Ends early when the task
  /// is stopped.
  virtual runtime::Task<Result<std::vector<PulledMessage>>> pull(
      std::string subscription, std::size_t max, std::chrono::milliseconds wait) = 0;

  /// Ids whose deadline is over, or that are not known, are passed over: those messages come again.
  virtual runtime::Task<Result<void>> acknowledge(std::string subscription,
                                                  std::vector<std::string> ack_ids) = 0;

  /// Gives them `deadline` from now on (≤ kMaxAckDeadline); 0 rejects them. Ids as above.
  virtual runtime::Task<Result<void>> modify_ack_deadline(std::string subscription,
                                                          std::vector<std::string> ack_ids,
                                                          std::chrono::milliseconds deadline) = 0;
};

}  // namespace orderly::broker
