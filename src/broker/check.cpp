#include <algorithm>
#include <cctype>

#include "broker/broker.hpp"
#include "broker/filter.hpp"

namespace orderly::broker {
namespace {

Result<void> check_name(std::string_view field, std::string_view name) {
  const auto is_allowed = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("-._~+%").contains(static_cast<char>(c));
  };
  if (name.size() < 3 || name.size() > kMaxNameBytes ||
      std::isalpha(static_cast<unsigned char>(name.front())) == 0 ||
      !std::ranges::all_of(name, is_allowed)) {
    return invalid(field, std::string(field) +
                              " must have 3 to 255 letters, digits or -._~+% and begin with a "
                              "letter");
  }
  return {};
}

Result<void> check_range(std::string_view field, std::chrono::milliseconds value,
                         std::chrono::milliseconds minimum, std::chrono::milliseconds maximum) {
  if (value >= minimum && value <= maximum) return {};
  return invalid(field, std::string(field) + " must be " + std::to_string(minimum.count()) +
                            " to " + std::to_string(maximum.count()) + " ms");
}

Result<void> check_dead_letter(const SubscriptionConfig& config) {
  const auto& policy = *config.dead_letter;
  if (auto ok = check_name("dead_letter.topic", policy.topic); !ok) return ok;
  if (policy.topic == config.topic) {
    return invalid("dead_letter.topic",
                   "dead_letter.topic must be another topic than the subscription's own");
  }
  if (policy.max_delivery_attempts < kMinDeliveryAttempts ||
      policy.max_delivery_attempts > kMaxDeliveryAttempts) {
    return invalid("dead_letter.max_delivery_attempts",
                   "dead_letter.max_delivery_attempts must be " +
                       std::to_string(kMinDeliveryAttempts) + " to " +
                       std::to_string(kMaxDeliveryAttempts));
  }
  return {};
}

}  // namespace

Result<void> check(const TopicConfig& config) { return check_name("topic", config.name); }

Result<void> check(const SubscriptionConfig& config) {
  using std::chrono::milliseconds;
  if (auto ok = check_name("subscription", config.name); !ok) return ok;
  if (auto ok = check_name("topic", config.topic); !ok) return ok;
  if (auto ok = check_range("ack_deadline", config.ack_deadline, milliseconds(1), kMaxAckDeadline);
      !ok) {
    return ok;
  }
  if (auto ok =
          check_range("minimum_backoff", config.retry.minimum, milliseconds(0), kMaxRetryBackoff);
      !ok) {
    return ok;
  }
  if (auto ok = check_range("maximum_backoff", config.retry.maximum, config.retry.minimum,
                            kMaxRetryBackoff);
      !ok) {
    return ok;
  }
  if (config.retention < kMinRetention || config.retention > kMaxRetention) {
    return invalid("retention", "retention must be " + std::to_string(kMinRetention.count()) +
                                    " to " + std::to_string(kMaxRetention.count()) + " s");
  }
  if (config.dead_letter) {
    if (auto ok = check_dead_letter(config); !ok) return ok;
  }
  if (config.waits_behind_dead_letters && (!config.ordered || !config.dead_letter)) {
    return invalid("waits_behind_dead_letters",
                   "waits_behind_dead_letters needs message ordering and a dead letter policy");
  }
  if (config.filter.empty()) return {};
  if (auto filter = Filter::parse(config.filter); !filter) {
    return std::unexpected(std::move(filter.error()));
  }
  return {};
}

}  // namespace orderly::broker
