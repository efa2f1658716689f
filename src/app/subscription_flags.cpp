#include "app/subscription_flags.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <utility>

#include "app/duration_flag.hpp"
#include "json/writer.hpp"

namespace orderly::app {
namespace {

struct FlagOfField {
  const char* flag;
  const char* field;  ///< in the JSON
};

constexpr std::array kFields{
    FlagOfField{"topic", "topic"},
    FlagOfField{"push-endpoint", "pushConfig.pushEndpoint"},
    FlagOfField{"push-no-wrapper", "pushConfig.noWrapper"},
    FlagOfField{"push-no-wrapper-write-metadata", "pushConfig.noWrapper.writeMetadata"},
    FlagOfField{"ack-deadline", "ackDeadlineSeconds"},
    FlagOfField{"enable-message-ordering", "enableMessageOrdering"},
    FlagOfField{"message-filter", "filter"},
    FlagOfField{"message-retention-duration", "messageRetentionDuration"},
    FlagOfField{"retain-acked-messages", "retainAckedMessages"},
    FlagOfField{"dead-letter-topic", "deadLetterPolicy.deadLetterTopic"},
    FlagOfField{"max-delivery-attempts", "deadLetterPolicy.maxDeliveryAttempts"},
    FlagOfField{"wait-behind-dead-letters", "orderly.waitBehindDeadLetters"},
    FlagOfField{"min-retry-delay", "retryPolicy.minimumBackoff"},
    FlagOfField{"max-retry-delay", "retryPolicy.maximumBackoff"},
    FlagOfField{"clear-dead-letter-policy", "deadLetterPolicy"},
    FlagOfField{"clear-retry-policy", "retryPolicy"},
};

void add_changeable_flags(CLI::App& command, SubscriptionFlags& flags) {
  const CLI::Validator duration(to_json_duration, "DURATION");
  command.add_option("--push-endpoint", flags.push_endpoint,
                     "http://HOST[:PORT]/PATH to push messages to; without one they are pulled");
  command.add_flag("--push-no-wrapper", flags.push_no_wrapper,
                   "A push's body is the message's data alone");
  command.add_flag("--push-no-wrapper-write-metadata", flags.push_no_wrapper_write_metadata,
                   "Such a push has the message's id, time and attributes in its header");
  command
      .add_option("--ack-deadline", flags.ack_deadline,
                  "Seconds: what is not acknowledged by then is delivered again (default 10)")
      ->check(CLI::Range(10, 600));
  command
      .add_option("--message-retention-duration", flags.message_retention_duration,
                  "How long messages are kept, 10m to 31d (default 7d)")
      ->transform(duration);
  command.add_flag("--retain-acked-messages,!--no-retain-acked-messages",
                   flags.retain_acked_messages,
                   "Acknowledged messages are kept too, so that a seek brings them back");
  command.add_option("--dead-letter-topic", flags.dead_letter_topic,
                     "Where a message goes that was rejected too often");
  command
      .add_option("--max-delivery-attempts", flags.max_delivery_attempts,
                  "How often that is (default 5)")
      ->check(CLI::Range(5, 100));
  command.add_flag("--wait-behind-dead-letters,!--no-wait-behind-dead-letters",
                   flags.wait_behind_dead_letters,
                   "Later messages of a dead letter's key wait until it is redriven or dropped; "
                   "other keys flow on");
  command
      .add_option("--min-retry-delay", flags.min_retry_delay,
                  "Wait after a first rejection, up to 600s (default 10s where the other is given)")
      ->transform(duration);
  command
      .add_option("--max-retry-delay", flags.max_retry_delay,
                  "Longest wait, up to 600s (default 600s where the other is given)")
      ->transform(duration);
}

void write_push_config(json::Writer& writer, const SubscriptionFlags& flags) {
  writer.key("pushConfig").begin_object();
  if (!flags.push_endpoint.empty()) writer.member("pushEndpoint", flags.push_endpoint);
  if (flags.push_no_wrapper || flags.push_no_wrapper_write_metadata) {
    writer.key("noWrapper").begin_object();
    if (flags.push_no_wrapper_write_metadata) writer.member("writeMetadata", true);
    writer.end_object();
  }
  writer.end_object();
}

void write_policies(json::Writer& writer, const SubscriptionFlags& flags,
                    std::string_view project) {
  if (!flags.dead_letter_topic.empty() || flags.max_delivery_attempts != 0) {
    writer.key("deadLetterPolicy").begin_object();
    if (!flags.dead_letter_topic.empty()) {
      writer.member("deadLetterTopic", full_topic_name(project, flags.dead_letter_topic));
    }
    if (flags.max_delivery_attempts != 0) {
      writer.member("maxDeliveryAttempts", flags.max_delivery_attempts);
    }
    writer.end_object();
  }
  if (flags.wait_behind_dead_letters) {
    writer.key("orderly").begin_object().member("waitBehindDeadLetters", true).end_object();
  }
  if (flags.min_retry_delay.empty() && flags.max_retry_delay.empty()) return;
  writer.key("retryPolicy").begin_object();
  if (!flags.min_retry_delay.empty()) writer.member("minimumBackoff", flags.min_retry_delay);
  if (!flags.max_retry_delay.empty()) writer.member("maximumBackoff", flags.max_retry_delay);
  writer.end_object();
}

}  // namespace

void add_subscription_flags(CLI::App& command, SubscriptionFlags& flags) {
  command.add_option("--topic", flags.topic, "The topic whose messages it gets")->required();
  add_changeable_flags(command, flags);
  command.add_flag("--enable-message-ordering,!--no-enable-message-ordering",
                   flags.enable_message_ordering,
                   "Messages of one ordering key are delivered in order");
  command.add_option("--message-filter", flags.message_filter,
                     "Only messages whose attributes match, such as 'attributes.event_type = "
                     "\"order_create\"'");
}

void add_subscription_changes(CLI::App& command, SubscriptionFlags& flags) {
  add_changeable_flags(command, flags);
  command.add_flag("--clear-dead-letter-policy", flags.clear_dead_letter_policy,
                   "No dead letters: a message is delivered until it is acknowledged");
  command.add_flag("--clear-retry-policy", flags.clear_retry_policy, "Retry as by default");
}

std::string full_topic_name(std::string_view project, const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  return "projects/" + std::string(project) + "/topics/" + name;
}

std::string subscription_body(const SubscriptionFlags& flags, std::string_view project) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  if (!flags.topic.empty()) writer.member("topic", full_topic_name(project, flags.topic));
  write_push_config(writer, flags);
  if (flags.ack_deadline != 0) writer.member("ackDeadlineSeconds", flags.ack_deadline);
  if (flags.retain_acked_messages) writer.member("retainAckedMessages", true);
  if (!flags.message_retention_duration.empty()) {
    writer.member("messageRetentionDuration", flags.message_retention_duration);
  }
  if (flags.enable_message_ordering) writer.member("enableMessageOrdering", true);
  if (!flags.message_filter.empty()) writer.member("filter", flags.message_filter);
  write_policies(writer, flags, project);
  writer.end_object();
  return body;
}

std::string update_mask(const CLI::App& command) {
  std::string mask;
  for (const auto& [flag, field] : kFields) {
    const auto* const option = command.get_option_no_throw(std::string("--") + flag);
    if (option == nullptr || option->count() == 0) continue;
    const std::string top = std::string(field).substr(0, std::string_view(field).find('.'));
    if (("," + mask + ",").find("," + top + ",") != std::string::npos) continue;
    mask.append(mask.empty() ? "" : ",").append(top);
  }
  return mask;
}

std::string flag_of_field(const std::string& field) {
  for (const auto& [flag, name] : kFields) {
    if (field == name) return flag;
  }
  return field;
}

}  // namespace orderly::app
