#include "broker/api/dead_letter_topic.hpp"

#include <utility>

namespace orderly::broker::api {

runtime::Task<Result<void>> check_dead_letter_topic(Topology& topology,
                                                    const SubscriptionConfig& config) {
  if (!config.dead_letter) co_return Result<void>{};
  auto topic = co_await topology.topic(config.dead_letter->topic);
  if (!topic) {
    topic.error().field = "deadLetterPolicy.deadLetterTopic";
    co_return std::unexpected(std::move(topic.error()));
  }
  if (topic->is_view) {
    co_return invalid("deadLetterPolicy.deadLetterTopic",
                      "deadLetterPolicy.deadLetterTopic names a topic of the pipeline, to which "
                      "nobody else publishes.");
  }
  co_return Result<void>{};
}

}  // namespace orderly::broker::api
