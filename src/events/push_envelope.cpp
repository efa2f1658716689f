#include <algorithm>
#include <chrono>

#include "base/text.hpp"
#include "events/message.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace orderly::events {
namespace {

/// Pub/Sub takes no more (https://cloud.google.com/pubsub/quotas).
constexpr std::size_t kMaxAttributes = 100;

/// As protobuf's JSON mapping prints a timestamp: no decimals, or three, or six.
std::string format_publish_time(UtcTime time) {
  std::string text = format_rfc3339(time);  // …:05.123456Z
  constexpr std::size_t kDecimals = 6;
  const std::size_t decimals_at = text.size() - 1 - kDecimals;
  if (text.compare(decimals_at, kDecimals, "000000") == 0) {
    text.erase(decimals_at - 1, 1 + kDecimals);
  } else if (text.compare(decimals_at + 3, 3, "000") == 0) {
    text.erase(decimals_at + 3, 3);
  }
  return text;
}

/// Google's JSON has `\/` for every slash; in compact JSON a slash only occurs in strings.
std::string escape_slashes(const std::string& json) {
  std::string out;
  out.reserve(json.size() + json.size() / 32);
  for (const char c : json) {
    if (c == '/') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

void write_message(json::Writer& writer, const Message& message) {
  const std::string time = format_publish_time(message.publish_time);
  writer.begin_object()
      .member("publishTime", time)
      .member("data", base64_encode(message.data))
      .member("publish_time", time)
      .member("messageId", message.message_id)
      .key("attributes")
      .begin_object();
  for (const auto& [name, value] : message.attributes.pairs()) {
    writer.member(name, value);
  }
  writer.end_object().member("message_id", message.message_id);
  if (!message.ordering_key.empty()) writer.member("orderingKey", message.ordering_key);
  writer.end_object();
}

/// A text under either spelling of its name; empty where it is missing or null.
Result<std::string> text_member(const json::Value& object, std::string_view name,
                                std::string_view other_name) {
  for (const auto spelling : {name, other_name}) {
    const auto member = object.find(spelling);
    if (!member || member->is_null()) continue;
    if (const auto text = member->as_string()) return std::string(*text);
    return invalid(spelling, std::string(spelling) + " must be a string");
  }
  return std::string();
}

Result<std::string> decode_data(const json::Value& message) {
  auto text = text_member(message, "data", "data");
  if (!text) return text;
  auto data = base64_decode(*text);
  if (!data) return invalid("data", "data must be base64");
  return std::move(*data);
}

Result<UtcTime> parse_publish_time(const json::Value& message) {
  const auto text = text_member(message, "publishTime", "publish_time");
  if (!text) return std::unexpected(text.error());
  if (text->empty()) return UtcTime{};
  const auto time = parse_rfc3339(*text);
  if (!time) return invalid("publishTime", "publishTime must be an RFC 3339 time");
  return *time;
}

Result<Attributes> parse_attributes(const json::Value& message) {
  Attributes attributes;
  const auto object = message.find("attributes");
  if (!object || object->is_null()) return attributes;
  if (!object->is_object()) return invalid("attributes", "attributes must be an object");
  if (object->size() > kMaxAttributes) {
    return invalid("attributes", "attributes has too many members");
  }
  bool all_texts = true;
  object->for_each_member([&](std::string_view name, const json::Value& value) {
    const auto text = value.as_string();
    if (text) attributes.set(name, std::string(*text));
    all_texts = all_texts && text;
  });
  if (!all_texts) return invalid("attributes", "attributes must have strings as values");
  return attributes;
}

Result<Message> parse_message(const json::Value& object) {
  auto data = decode_data(object);
  if (!data) return std::unexpected(std::move(data.error()));
  auto attributes = parse_attributes(object);
  if (!attributes) return std::unexpected(std::move(attributes.error()));
  auto id = text_member(object, "messageId", "message_id");
  if (!id) return std::unexpected(std::move(id.error()));
  auto key = text_member(object, "orderingKey", "ordering_key");
  if (!key) return std::unexpected(std::move(key.error()));
  const auto time = parse_publish_time(object);
  if (!time) return std::unexpected(time.error());
  return Message{.message_id = std::move(*id),
                 .data = std::move(*data),
                 .attributes = std::move(*attributes),
                 .ordering_key = std::move(*key),
                 .publish_time = *time};
}

Result<std::int64_t> parse_delivery_attempt(const json::Value& envelope) {
  for (const auto name : {"deliveryAttempt", "delivery_attempt"}) {
    const auto member = envelope.find(name);
    if (!member || member->is_null()) continue;
    if (const auto attempt = member->as_int(); attempt && *attempt >= 0) return *attempt;
    return invalid(name, std::string(name) + " must be a whole number");
  }
  return 0;
}

}  // namespace

std::string encode_push(const PushEnvelope& envelope) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object().member("subscription", envelope.subscription).key("message");
  write_message(writer, envelope.message);
  if (envelope.delivery_attempt > 0) writer.member("deliveryAttempt", envelope.delivery_attempt);
  writer.end_object();
  return escape_slashes(out);
}

Result<PushEnvelope> parse_push(std::string_view json) {
  const auto document = json::Value::parse(json);
  if (!document) return std::unexpected(document.error());
  const auto object = document->find("message");
  if (!object || !object->is_object()) {
    return invalid("message", "A push request is an object with the member message.");
  }
  auto message = parse_message(*object);
  if (!message) return std::unexpected(std::move(message.error()));
  auto subscription = text_member(*document, "subscription", "subscription");
  if (!subscription) return std::unexpected(std::move(subscription.error()));
  const auto attempt = parse_delivery_attempt(*document);
  if (!attempt) return std::unexpected(attempt.error());
  return PushEnvelope{.message = std::move(*message),
                      .subscription = std::move(*subscription),
                      .delivery_attempt = *attempt};
}

}  // namespace orderly::events
