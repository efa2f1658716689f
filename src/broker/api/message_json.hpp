#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "broker/broker.hpp"
#include "broker/puller.hpp"
#include "events/message.hpp"
#include "json/value.hpp"

/// Messages in Pub/Sub's JSON
/// (https://cloud.google.com/pubsub/docs/reference/rest/v1/PubsubMessage), with its limits
/// (https://cloud.google.com/pubsub/quotas#resource_limits).
namespace orderly::broker::api {

inline constexpr std::size_t kMaxPublishBytes = 10'000'000;  ///< of data and attributes together
inline constexpr std::size_t kMaxAttributes = 100;
inline constexpr std::size_t kMaxAttributeNameBytes = 256;
inline constexpr std::size_t kMaxAttributeValueBytes = 1024;
inline constexpr std::size_t kMaxOrderingKeyBytes = 1024;
/// Of one call, as its body holds: Google's client sends up to 3,000.
inline constexpr std::size_t kMaxAckIdsOfCall = 10'000;

/// The messages of a publish request, without id and time.
Result<std::vector<events::Message>> parse_publish(const json::Value& body);
std::string encode_message_ids(const std::vector<std::string>& ids);

struct PullRequest {
  std::size_t max = 0;
  bool return_immediately = false;
};
Result<PullRequest> parse_pull(const json::Value& body);
/// `tells_attempts`: the subscription has a dead letter policy; without one Pub/Sub tells none.
std::string encode_pulled(const std::vector<PulledMessage>& messages, bool tells_attempts);

struct AckRequest {
  std::vector<std::string> ack_ids;
  std::chrono::milliseconds deadline{0};  ///< of modifyAckDeadline
};
Result<AckRequest> parse_acknowledge(const json::Value& body);
Result<AckRequest> parse_modify_ack_deadline(const json::Value& body);

}  // namespace orderly::broker::api
