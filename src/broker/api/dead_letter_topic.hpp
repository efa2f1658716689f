#pragma once

#include "base/result.hpp"
#include "broker/broker.hpp"
#include "broker/topology.hpp"
#include "runtime/task.hpp"

namespace orderly::broker::api {

/// Dead letters go to a topic that is there and that takes messages; kNotFound or kInvalid names
/// deadLetterPolicy.deadLetterTopic. On the broker's loop.
runtime::Task<Result<void>> check_dead_letter_topic(Topology& topology,
                                                    const SubscriptionConfig& config);

}  // namespace orderly::broker::api
