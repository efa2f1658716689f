#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/position.hpp"
#include "base/result.hpp"
#include "events/feed.hpp"
#include "events/orders.hpp"
#include "events/products.hpp"

/// Events as a broker carries them: a Pub/Sub message and the push request around it
/// (https://cloud.google.com/pubsub/docs/reference/rest/v1/PubsubMessage).
namespace orderly::events {

/// Attribute names. event_id and event_type are the lab's; the rest are ours.
inline constexpr std::string_view kEventIdAttribute = "event_id";
inline constexpr std::string_view kEventTypeAttribute = "event_type";
inline constexpr std::string_view kEpochAttribute = "epoch";
inline constexpr std::string_view kPositionAttribute = "position";
inline constexpr std::string_view kAcceptedAtAttribute = "accepted_at";
inline constexpr std::string_view kTraceparentAttribute = "traceparent";

/// A handful of pairs in insertion order; names are unique.
class Attributes {
 public:
  using Pair = std::pair<std::string, std::string>;

  void set(std::string_view name, std::string value);
  /// The value, or null.
  [[nodiscard]] const std::string* find(std::string_view name) const;
  [[nodiscard]] const std::vector<Pair>& pairs() const { return pairs_; }
  bool operator==(const Attributes&) const = default;

 private:
  std::vector<Pair> pairs_;
};

struct Message {
  std::string message_id;  ///< given by the broker; empty before
  std::string data;        ///< bytes; of our events the JSON of the event
  Attributes attributes;
  std::string ordering_key;  ///< the aggregate's id, or empty
  UtcTime publish_time{};

  bool operator==(const Message&) const = default;
};

/// The message of an event in a feed, its ordering key the order_id or product_id.
Message to_message(const Uuid& epoch, const Recorded<OrderPlaced>& event);
Message to_message(const Uuid& epoch, const Recorded<ProductPut>& event);

/// The place in a feed that a message claims for itself.
struct FeedPlace {
  Uuid epoch;
  Position position = 0;
};

/// An event as a message brought it. Without an attribute `event_id` it has no event id, without
/// `accepted_at` the publish time counts; without a valid epoch and position it is in no feed that
/// we know.
struct ReceivedOrder {
  Recorded<OrderPlaced> event;
  std::optional<FeedPlace> place;
};
/// kInvalid with code "unknown_event_type" where event_type is another one (to be counted and
/// acknowledged); other codes where the data can never be applied (to be dead-lettered).
Result<ReceivedOrder> parse_order_message(const Message& message);

/// The body of a push request.
struct PushEnvelope {
  Message message;
  std::string subscription;           ///< projects/P/subscriptions/S
  std::int64_t delivery_attempt = 0;  ///< 0: not told
};

/// As Google sends it: messageId and message_id, publishTime and publish_time, deliveryAttempt only
/// where it is told, orderingKey only where there is one.
std::string encode_push(const PushEnvelope& envelope);
/// Takes any key order, both spellings, missing attributes and data, unknown members
/// (research/google-cloud.md B). kInvalid where it is no push request: nothing to acknowledge.
Result<PushEnvelope> parse_push(std::string_view json);

}  // namespace orderly::events
