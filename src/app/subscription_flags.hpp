#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "app/cli_app.hpp"

namespace orderly::app {

/// How a subscription is asked for, by flags and by the keys of `[subscription.NAME]` alike; the
/// names are gcloud's. Empty and 0: not said.
struct SubscriptionFlags {
  std::string topic;
  std::string push_endpoint;
  bool push_no_wrapper = false;
  bool push_no_wrapper_write_metadata = false;
  std::int64_t ack_deadline = 0;
  bool enable_message_ordering = false;
  std::string message_filter;
  std::string message_retention_duration;
  bool retain_acked_messages = false;
  std::string dead_letter_topic;
  std::int64_t max_delivery_attempts = 0;
  bool wait_behind_dead_letters = false;
  std::string min_retry_delay;
  std::string max_retry_delay;
  bool clear_dead_letter_policy = false;
  bool clear_retry_policy = false;
};

/// The flags that make one.
void add_subscription_flags(CLI::App& command, SubscriptionFlags& flags);
/// The flags that change one.
void add_subscription_changes(CLI::App& command, SubscriptionFlags& flags);

/// projects/PROJECT/topics/NAME; a full name stays as it is.
std::string full_topic_name(std::string_view project, const std::string& name);

/// The subscription in Pub/Sub's JSON.
std::string subscription_body(const SubscriptionFlags& flags, std::string_view project);
/// The update mask of the flags that `command` was given; empty: none.
std::string update_mask(const CLI::App& command);
/// The flag, without dashes, that sets the field `field` of the JSON; or the field.
std::string flag_of_field(const std::string& field);

}  // namespace orderly::app
