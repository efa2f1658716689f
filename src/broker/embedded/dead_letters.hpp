#pragma once

#include <cstdint>
#include <string_view>

#include "events/message.hpp"

namespace orderly::broker {

/// Attributes that Pub/Sub gives a dead letter
/// (https://cloud.google.com/pubsub/docs/dead-letter-topics#track_delivery_attempts).
inline constexpr std::string_view kDeadLetterAttempts = "CloudPubSubDeadLetterSourceDeliveryCount";
inline constexpr std::string_view kDeadLetterSubscription =
    "CloudPubSubDeadLetterSourceSubscription";
inline constexpr std::string_view kDeadLetterProject =
    "CloudPubSubDeadLetterSourceSubscriptionProject";
inline constexpr std::string_view kDeadLetterPublishTime =
    "CloudPubSubDeadLetterSourceTopicPublishTime";

/// The message that goes to the dead letter topic for `message`, which `subscription` was handed
/// `attempts` times in vain: its data, attributes and ordering key, and where it comes from. Of one
/// that was a dead letter before, the newest origin counts.
events::Message dead_letter(const events::Message& message, std::string_view project,
                            std::string_view subscription, std::int64_t attempts);

}  // namespace orderly::broker
