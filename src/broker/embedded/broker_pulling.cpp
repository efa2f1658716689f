#include <algorithm>
#include <utility>

#include "broker/embedded/embedded_broker.hpp"
#include "broker/embedded/failures.hpp"
#include "broker/embedded/under_way.hpp"

/// The broker as outsiders publish to it and pull from it.
namespace orderly::broker {
namespace {

Result<void> check_ack_ids(const std::vector<std::string>& ack_ids) {
  if (ack_ids.size() <= kMaxAckIds) return {};
  return failure(ErrorKind::kTooLarge, "too_many_ack_ids",
                 "At most " + std::to_string(kMaxAckIds) + " acknowledgement ids at once.");
}

}  // namespace

runtime::Task<Result<std::vector<std::string>>> EmbeddedBroker::append(
    std::string name, std::vector<events::Message> messages) {
  Topic* topic = find_topic(name);
  if (topic == nullptr) co_return not_found("topic", name);
  if (topic->state().is_view) co_return is_view(name);
  if (messages.size() > kMaxPublishBatch) {
    co_return failure(ErrorKind::kTooLarge, "too_many_messages",
                      "At most " + std::to_string(kMaxPublishBatch) + " messages at once.");
  }
  auto addition = topic->prepare(std::move(messages));
  std::vector<std::string> ids;
  ids.reserve(addition.messages.size());
  for (const auto& message : addition.messages) {
    ids.push_back(message->message_id);
  }
  if (ids.empty()) co_return ids;
  store_.append(addition.state, addition.messages);
  topic->accept(std::move(addition));
  advanced(*topic);
  co_return ids;
}

runtime::Task<Result<std::vector<PulledMessage>>> EmbeddedBroker::pull(
    std::string name, std::size_t max, std::chrono::milliseconds wait) {
  const auto subscription = find_subscription(name);
  if (subscription == nullptr) co_return not_found("subscription", name);
  if (max < 1 || max > kMaxPull) {
    co_return invalid("max_messages", "max_messages must be 1 to " + std::to_string(kMaxPull));
  }
  if (stopped_) throw Unavailable("the broker stops");
  const UnderWay under_way(calls_, calls_ended_);
  co_return co_await subscription->pull(max, std::clamp(wait, {}, kMaxPullWait));
}

runtime::Task<Result<void>> EmbeddedBroker::acknowledge(std::string name,
                                                        std::vector<std::string> ack_ids) {
  const auto subscription = find_subscription(name);
  if (subscription == nullptr) co_return not_found("subscription", name);
  if (auto checked = check_ack_ids(ack_ids); !checked) co_return checked;
  co_return subscription->acknowledge(ack_ids);
}

runtime::Task<Result<void>> EmbeddedBroker::modify_ack_deadline(
    std::string name, std::vector<std::string> ack_ids, std::chrono::milliseconds deadline) {
  const auto subscription = find_subscription(name);
  if (subscription == nullptr) co_return not_found("subscription", name);
  if (auto checked = check_ack_ids(ack_ids); !checked) co_return checked;
  if (deadline.count() < 0 || deadline > kMaxAckDeadline) {
    co_return invalid("ack_deadline", "ack_deadline must be 0 to " +
                                          std::to_string(kMaxAckDeadline.count()) + " ms");
  }
  co_return subscription->modify_ack_deadline(ack_ids, deadline);
}

}  // namespace orderly::broker
