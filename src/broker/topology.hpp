#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "broker/broker.hpp"
#include "runtime/task.hpp"

namespace orderly::broker {

/// A topic as an operator sees it.
struct TopicInfo {
  std::string name;
  bool is_view = false;  ///< of a service's feed: only its relay publishes to it
  Position head = 0;     ///< of its last message; 0: none yet

  bool operator==(const TopicInfo&) const = default;
};

/// A subscription as an operator sees it.
struct SubscriptionInfo {
  SubscriptionConfig config;
  bool detached = false;       ///< its topic is no more, or it was cut off: it gets nothing
  bool topic_deleted = false;  ///< config.topic then is the name it had
};

/// Where a seek goes: what was published at or after a time (acknowledged or not, as far as it is
/// retained), all that is retained, or nothing of what there is.
struct SeekToBeginning {};
struct SeekToEnd {};
using SeekTarget = std::variant<UtcTime, Position, SeekToBeginning, SeekToEnd>;

/// The port by which topics and subscriptions are looked at and changed while they run. Changes are
/// durable when a call returns. Every member is called on the broker's loop and throws Unavailable.
/// What is not there is kNotFound ("topic_not_found", "subscription_not_found").
class Topology {
 public:
  virtual ~Topology() = default;

  /// By name.
  virtual runtime::Task<std::vector<TopicInfo>> topics() = 0;
  virtual runtime::Task<Result<TopicInfo>> topic(std::string name) = 0;
  /// Its subscriptions become detached and keep nothing; messages in flight are answered to nobody.
  /// kConflict for a view ("topic_is_view"), and where it is some subscription's dead letter topic.
  virtual runtime::Task<Result<void>> delete_topic(std::string name) = 0;

  /// By name.
  virtual runtime::Task<std::vector<SubscriptionInfo>> subscriptions() = 0;
  virtual runtime::Task<Result<SubscriptionInfo>> subscription(std::string name) = 0;
  /// Messages in flight are answered to nobody. kConflict for one of this process
  /// ("subscription_in_use").
  virtual runtime::Task<Result<void>> delete_subscription(std::string name) = 0;
  /// Cuts it off its topic: nothing is delivered any more, what it held is dropped.
  virtual runtime::Task<Result<void>> detach_subscription(std::string name) = 0;

  /// Marks everything before the target as acknowledged and everything from it on as not. Messages
  /// in flight lose their acknowledgement ids; attempts start over. kInvalid for a position above
  /// the head.
  virtual runtime::Task<Result<void>> seek(std::string subscription, SeekTarget target) = 0;
};

}  // namespace orderly::broker
