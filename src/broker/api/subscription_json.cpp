#include "broker/api/subscription_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "json/object_reader.hpp"

namespace orderly::broker::api {
using json::format_duration;
using json::ObjectReader;
namespace {

constexpr std::string_view kOwnSettings = "orderly";
constexpr std::string_view kWaitBehind = "waitBehindDeadLetters";

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kDefaultMinBackoff{10};
constexpr runtime::BackoffPolicy kAtOnce{milliseconds(1), milliseconds(1)};

void set_default_retry(SubscriptionConfig& config, bool had_default) {
  if (had_default) config.retry = default_retry(config);
}

bool has_default_retry(const SubscriptionConfig& config) {
  const auto expected = default_retry(config);
  return config.retry.minimum == expected.minimum && config.retry.maximum == expected.maximum;
}

void refuse_what_is_not_done(ObjectReader& reader) {
  reader.refuse("labels", "nothing is kept of them");
  reader.refuse("tags", "nothing is kept of them");
  reader.refuse("enableExactlyOnceDelivery", "a message is delivered at least once");
  constexpr std::string_view kElsewhere = "a subscription is pulled from, or pushes over HTTP";
  for (const auto* name : {"bigqueryConfig", "bigtableConfig", "cloudStorageConfig"})
    reader.refuse_presence(name, kElsewhere);
  reader.refuse("messageTransforms", "messages are delivered as they were published");
  reader.refuse("detached", "detach is a call of its own");
  for (const auto* name :
       {"state", "topicMessageRetentionDuration", "analyticsHubSubscriptionInfo"})
    reader.ignore(name);
}

void read_push_attributes(ObjectReader& push) {
  auto attributes = push.object("attributes");
  if (!attributes) return;
  const std::string version = attributes->text("x-goog-version");
  if (!version.empty() && version != "v1") attributes->fail("x-goog-version", "must be v1");
  attributes->refuse_rest();
}

void read_push_config(ObjectReader& push, SubscriptionConfig& config) {
  read_push_attributes(push);
  push.refuse_presence("oidcToken", "pushes carry no token");
  if (auto wrapper = push.object("pubsubWrapper")) wrapper->refuse_rest();
  Push target{.url = push.text("pushEndpoint")};
  if (auto unwrapped = push.object("noWrapper")) {
    target.unwrapped = true;
    target.write_metadata = unwrapped->boolean("writeMetadata").value_or(false);
    unwrapped->refuse_rest();
  }
  push.refuse_rest();
  if (target.url.empty()) {
    if (target.unwrapped) push.fail("noWrapper", "needs a pushEndpoint");
    config.delivery = Pull{};
    return;
  }
  if (!target.url.starts_with("http://")) {
    push.fail("pushEndpoint", "must be http://HOST[:PORT]/PATH; no other scheme is spoken here");
  }
  config.delivery = std::move(target);
}

void read_expiration(ObjectReader& reader) {
  auto policy = reader.object("expirationPolicy");
  if (!policy) return;
  policy->refuse_presence("ttl", "a subscription lives until it is deleted");
  policy->refuse_rest();
}

void read_dead_letter_policy(ObjectReader& reader, SubscriptionConfig& config,
                             const ResourceNames& names) {
  auto policy = reader.object("deadLetterPolicy");
  if (!policy) return;
  const std::string field = policy->path_of("deadLetterTopic");
  auto topic = names.parse_topic(field, policy->text("deadLetterTopic"));
  if (!topic)
    policy->fail("deadLetterTopic", "must be projects/" + names.project() + "/topics/NAME");
  if (topic && *topic == config.topic) {
    policy->fail("deadLetterTopic", "must be another topic than the subscription's own");
  }
  auto attempts = policy->integer("maxDeliveryAttempts", 0, kMaxDeliveryAttempts).value_or(0);
  if (attempts == 0) attempts = kMinDeliveryAttempts;
  if (attempts < kMinDeliveryAttempts) {
    policy->fail("maxDeliveryAttempts", fmt::format("must be between {} and {}",
                                                    kMinDeliveryAttempts, kMaxDeliveryAttempts));
  }
  policy->refuse_rest();
  config.dead_letter = DeadLetterPolicy{.topic = topic.value_or(""),
                                        .max_delivery_attempts = static_cast<int>(attempts)};
}

void read_retry_policy(ObjectReader& reader, SubscriptionConfig& config) {
  auto policy = reader.object("retryPolicy");
  if (!policy) {
    config.retry = default_retry(config);
    return;
  }
  const milliseconds none{0};
  const auto minimum = policy->duration("minimumBackoff", none, kMaxRetryBackoff);
  const auto maximum = policy->duration("maximumBackoff", none, kMaxRetryBackoff);
  config.retry.minimum = std::max(minimum.value_or(kDefaultMinBackoff), milliseconds(1));
  config.retry.maximum = std::max(maximum.value_or(kMaxRetryBackoff), milliseconds(1));
  if (config.retry.minimum > config.retry.maximum) {
    policy->fail("minimumBackoff", "must not be above maximumBackoff");
  }
  policy->refuse_rest();
}

/// What Pub/Sub does not have: a member of its own, which Google's clients pass over.
void read_own_settings(ObjectReader& reader, SubscriptionConfig& config) {
  auto own = reader.object(kOwnSettings);
  if (!own) return;
  config.waits_behind_dead_letters = own->boolean(kWaitBehind).value_or(false);
  own->refuse_rest();
}

void check_own_settings(ObjectReader& reader, const SubscriptionConfig& config) {
  if (!config.waits_behind_dead_letters || (config.ordered && config.dead_letter)) return;
  reader.fail("orderly.waitBehindDeadLetters",
              "needs enableMessageOrdering and a deadLetterPolicy");
}

/// Everything but name and topic.
void read_settings(ObjectReader& reader, SubscriptionConfig& config, const ResourceNames& names) {
  refuse_what_is_not_done(reader);
  config.delivery = Pull{};
  if (auto push = reader.object("pushConfig")) read_push_config(*push, config);
  const auto deadline = reader.integer("ackDeadlineSeconds", 0, kMaxAckDeadline / seconds(1));
  if (deadline.value_or(0) != 0) config.ack_deadline = seconds(*deadline);
  if (config.ack_deadline < kMinAckDeadline) {
    reader.fail("ackDeadlineSeconds",
                fmt::format("must be between {} and {}", kMinAckDeadline.count(),
                            kMaxAckDeadline / seconds(1)));
  }
  config.retain_acknowledged = reader.boolean("retainAckedMessages").value_or(false);
  if (const auto kept = reader.duration("messageRetentionDuration", kMinRetention, kMaxRetention)) {
    config.retention = std::chrono::floor<seconds>(*kept);
  }
  config.ordered = reader.boolean("enableMessageOrdering").value_or(false);
  read_expiration(reader);
  config.filter = reader.text("filter");
  if (config.filter.size() > kMaxFilterBytes) {
    reader.fail("filter", fmt::format("must have at most {} bytes", kMaxFilterBytes));
  }
  read_dead_letter_policy(reader, config, names);
  read_retry_policy(reader, config);
  read_own_settings(reader, config);
}

/// A name in the body must be the one in the path.
void check_name_in_body(ObjectReader& reader, const std::string& full_name) {
  const std::string said = reader.text("name");
  if (!said.empty() && said != full_name) reader.fail("name", "must be " + full_name);
}

std::string camel_case(std::string_view name) {
  std::string out;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool upper =
        name[i] == '_' && i + 1 < name.size() && name[i + 1] >= 'a' && name[i + 1] <= 'z';
    out += upper ? static_cast<char>(name[++i] - 'a' + 'A') : name[i];
  }
  return out;
}

/// Whether `change` has been taken over from `wanted`; false: it cannot be changed.
bool take_over(std::string_view change, const SubscriptionConfig& wanted,
               SubscriptionConfig& current) {
  if (change == "pushConfig") {
    const bool had_default = has_default_retry(current);
    current.delivery = wanted.delivery;
    set_default_retry(current, had_default);
  } else if (change == "ackDeadlineSeconds") {
    current.ack_deadline = wanted.ack_deadline;
  } else if (change == "retainAckedMessages") {
    current.retain_acknowledged = wanted.retain_acknowledged;
  } else if (change == "messageRetentionDuration") {
    current.retention = wanted.retention;
  } else if (change == "deadLetterPolicy") {
    current.dead_letter = wanted.dead_letter;
  } else if (change == kOwnSettings) {
    current.waits_behind_dead_letters = wanted.waits_behind_dead_letters;
  } else if (change == "retryPolicy") {
    current.retry = has_default_retry(wanted) ? default_retry(current) : wanted.retry;
  } else {
    // Refused above unless they say what is the case anyway.
    constexpr std::array<std::string_view, 4> kNoChange{"labels", "tags", "expirationPolicy",
                                                        "enableExactlyOnceDelivery"};
    return std::ranges::find(kNoChange, change) != kNoChange.end();
  }
  return true;
}

void write_push_config(json::Writer& writer, const SubscriptionConfig& config) {
  writer.key("pushConfig").begin_object();
  if (std::holds_alternative<InProcess>(config.delivery)) writer.member("pushEndpoint", kInProcess);
  if (const auto* push = std::get_if<Push>(&config.delivery)) {
    writer.member("pushEndpoint", push->url);
    if (push->unwrapped) {
      writer.key("noWrapper").begin_object();
      if (push->write_metadata) writer.member("writeMetadata", true);
      writer.end_object();
    }
  }
  writer.end_object();
}

void write_policies(json::Writer& writer, const SubscriptionConfig& config,
                    const ResourceNames& names) {
  if (config.dead_letter) {
    writer.key("deadLetterPolicy")
        .begin_object()
        .member("deadLetterTopic", names.topic(config.dead_letter->topic))
        .member("maxDeliveryAttempts", config.dead_letter->max_delivery_attempts)
        .end_object();
  }
  if (config.waits_behind_dead_letters) {
    writer.key(kOwnSettings).begin_object().member(kWaitBehind, true).end_object();
  }
  if (has_default_retry(config)) return;
  writer.key("retryPolicy")
      .begin_object()
      .member("minimumBackoff", format_duration(config.retry.minimum))
      .member("maximumBackoff", format_duration(config.retry.maximum))
      .end_object();
}

}  // namespace

runtime::BackoffPolicy default_retry(const SubscriptionConfig& config) {
  if (std::holds_alternative<Pull>(config.delivery)) return kAtOnce;
  return SubscriptionConfig{}.retry;
}

Result<SubscriptionConfig> parse_subscription(const json::Value& body, std::string_view name,
                                              const ResourceNames& names) {
  if (auto checked = check_new_name("subscription", name); !checked) {
    return std::unexpected(std::move(checked.error()));
  }
  std::optional<Error> error;
  ObjectReader reader(body, "", error);
  SubscriptionConfig config{.name = std::string(name)};
  check_name_in_body(reader, names.subscription(name));
  auto topic = names.parse_topic("topic", reader.text("topic"));
  if (!topic) reader.fail("topic", "must be projects/" + names.project() + "/topics/NAME");
  config.topic = topic.value_or("");
  read_settings(reader, config, names);
  check_own_settings(reader, config);
  reader.refuse_rest();
  if (error) return std::unexpected(std::move(*error));
  return config;
}

Result<SubscriptionConfig> parse_update(const json::Value& body, SubscriptionConfig current,
                                        const ResourceNames& names) {
  std::optional<Error> error;
  ObjectReader request(body, "", error);
  const std::string mask = request.text("updateMask");
  if (mask.empty()) request.fail("updateMask", "must name what is to be changed");
  SubscriptionConfig wanted{.name = current.name, .topic = current.topic};
  if (auto subscription = request.object("subscription")) {
    check_name_in_body(*subscription, names.subscription(current.name));
    subscription->ignore("topic");
    read_settings(*subscription, wanted, names);
    subscription->refuse_rest();
  } else {
    request.fail("subscription", "is missing");
  }
  request.refuse_rest();
  for (std::string_view rest = mask; !error && !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    if (!take_over(camel_case(part), wanted, current)) {
      request.fail("updateMask", fmt::format("names {}, which cannot be changed", part));
    }
  }
  check_own_settings(request, current);
  if (error) return std::unexpected(std::move(*error));
  return current;
}

Result<SubscriptionConfig> parse_push_change(const json::Value& body, SubscriptionConfig current) {
  std::optional<Error> error;
  ObjectReader request(body, "", error);
  const bool had_default = has_default_retry(current);
  current.delivery = Pull{};
  if (auto push = request.object("pushConfig")) read_push_config(*push, current);
  set_default_retry(current, had_default);
  request.refuse_rest();
  if (error) return std::unexpected(std::move(*error));
  return current;
}

Result<SeekTarget> parse_seek(const json::Value& body) {
  std::optional<Error> error;
  ObjectReader request(body, "", error);
  const auto time = request.time("time");
  request.refuse_presence("snapshot", "seek to a time");
  if (!time) request.fail("time", "is missing");
  request.refuse_rest();
  if (error) return std::unexpected(std::move(*error));
  return SeekTarget{*time};
}

void write_subscription(json::Writer& writer, const SubscriptionInfo& info,
                        const ResourceNames& names) {
  const auto& config = info.config;
  writer.begin_object()
      .member("name", names.subscription(config.name))
      .member("topic", info.topic_deleted ? std::string(kDeletedTopic) : names.topic(config.topic));
  write_push_config(writer, config);
  writer.member("ackDeadlineSeconds", std::chrono::ceil<seconds>(config.ack_deadline).count());
  if (config.retain_acknowledged) writer.member("retainAckedMessages", true);
  writer.member("messageRetentionDuration", format_duration(config.retention));
  if (config.ordered) writer.member("enableMessageOrdering", true);
  writer.key("expirationPolicy").begin_object().end_object();
  if (!config.filter.empty()) writer.member("filter", config.filter);
  write_policies(writer, config, names);
  if (info.detached) writer.member("detached", true);
  writer.member("state", "ACTIVE").end_object();
}

}  // namespace orderly::broker::api
