#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "broker/api/resource_names.hpp"
#include "broker/broker.hpp"
#include "broker/topology.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

/// Subscriptions in Pub/Sub's JSON
/// (https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.subscriptions). What is not
/// done here (signed pushes, exactly-once delivery, other destinations, expiration, labels) is
/// refused by name; docs/adr/0014 says why.
namespace orderly::broker::api {

inline constexpr std::chrono::seconds kMinAckDeadline{10};

/// What an in-process subscription has as its push endpoint: nobody can pull from it.
inline constexpr std::string_view kInProcess = "in-process";

/// How long a rejected message waits where no retryPolicy says it: a push 100 ms to 60 s, as
/// Pub/Sub backs off; what is pulled is there again at once.
runtime::BackoffPolicy default_retry(const SubscriptionConfig& config);

/// The subscription that `body` asks for under the name `name`.
Result<SubscriptionConfig> parse_subscription(const json::Value& body, std::string_view name,
                                              const ResourceNames& names);

/// `current` with what `body` (subscription, updateMask) changes.
Result<SubscriptionConfig> parse_update(const json::Value& body, SubscriptionConfig current,
                                        const ResourceNames& names);
/// `current` with the pushConfig of `body`; without an endpoint it is pulled from now on.
Result<SubscriptionConfig> parse_push_change(const json::Value& body, SubscriptionConfig current);
/// Where `body` (time) seeks to.
Result<SeekTarget> parse_seek(const json::Value& body);

void write_subscription(json::Writer& writer, const SubscriptionInfo& info,
                        const ResourceNames& names);

}  // namespace orderly::broker::api
