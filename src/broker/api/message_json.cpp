#include "broker/api/message_json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "base/dates.hpp"
#include "base/text.hpp"
#include "json/object_reader.hpp"
#include "json/writer.hpp"

namespace orderly::broker::api {
using json::decode_bytes;
using json::ObjectReader;
namespace {

using events::Message;

void read_attribute(ObjectReader& reader, std::string_view name, const json::Value& value,
                    Message& message) {
  const auto text = value.as_string();
  if (name.empty() || name.size() > kMaxAttributeNameBytes || name.starts_with("goog")) {
    reader.fail("attributes", fmt::format("must have names of 1 to {} bytes that do not begin with "
                                          "goog",
                                          kMaxAttributeNameBytes));
  } else if (!text || text->size() > kMaxAttributeValueBytes) {
    reader.fail(fmt::format("attributes.{}", name),
                fmt::format("must be a string of at most {} bytes", kMaxAttributeValueBytes));
  } else {
    message.attributes.set(name, std::string(*text));
  }
}

void read_attributes(ObjectReader& reader, Message& message) {
  const auto attributes = reader.take("attributes");
  if (!attributes) return;
  if (!attributes->is_object() || attributes->size() > kMaxAttributes) {
    reader.fail("attributes",
                fmt::format("must be an object of at most {} members", kMaxAttributes));
    return;
  }
  attributes->for_each_member([&](std::string_view name, const json::Value& value) {
    read_attribute(reader, name, value, message);
  });
}

Message read_message(ObjectReader reader) {
  Message message;
  auto data = decode_bytes(reader.text("data"));
  if (!data) reader.fail("data", "must be base64");
  message.data = std::move(data).value_or("");
  read_attributes(reader, message);
  message.ordering_key = reader.text("orderingKey");
  if (message.ordering_key.size() > kMaxOrderingKeyBytes) {
    reader.fail("orderingKey", fmt::format("must have at most {} bytes", kMaxOrderingKeyBytes));
  }
  reader.ignore("messageId");
  reader.ignore("publishTime");
  reader.refuse_rest();
  if (message.data.empty() && message.attributes.pairs().empty()) {
    reader.fail("data", "must not be empty where there are no attributes");
  }
  return message;
}

std::size_t size_of(const Message& message) {
  std::size_t size = message.data.size() + message.ordering_key.size();
  for (const auto& [name, value] : message.attributes.pairs())
    size += name.size() + value.size();
  return size;
}

std::vector<std::string> read_ack_ids(ObjectReader& request) {
  std::vector<std::string> ids;
  const auto array = request.array("ackIds", kMaxAckIdsOfCall);
  for (std::size_t i = 0; array && i < array->size(); ++i) {
    const auto id = array->at(i).as_string();
    if (!id || id->empty()) request.fail(fmt::format("ackIds[{}]", i), "must be a string");
    ids.emplace_back(id.value_or(""));
  }
  if (ids.empty()) request.fail("ackIds", "must not be empty");
  return ids;
}

void write_pulled(json::Writer& writer, const PulledMessage& pulled, bool tells_attempts) {
  const Message& message = *pulled.message;
  writer.begin_object().member("ackId", pulled.ack_id).key("message").begin_object();
  if (!message.data.empty()) writer.member("data", base64_encode(message.data));
  if (!message.attributes.pairs().empty()) {
    writer.key("attributes").begin_object();
    for (const auto& [name, value] : message.attributes.pairs())
      writer.member(name, value);
    writer.end_object();
  }
  writer.member("messageId", message.message_id)
      .member("publishTime", format_rfc3339(message.publish_time));
  if (!message.ordering_key.empty()) writer.member("orderingKey", message.ordering_key);
  writer.end_object();
  if (tells_attempts) writer.member("deliveryAttempt", pulled.attempt);
  writer.end_object();
}

}  // namespace

Result<std::vector<Message>> parse_publish(const json::Value& body) {
  std::optional<Error> error;
  ObjectReader request(body, "", error);
  std::vector<Message> messages;
  std::size_t bytes = 0;
  const auto array = request.array("messages", kMaxPublishBatch);
  for (std::size_t i = 0; array && i < array->size() && !error; ++i) {
    messages.push_back(
        read_message(ObjectReader(array->at(i), fmt::format("messages[{}]", i), error)));
    bytes += size_of(messages.back());
  }
  if (messages.empty()) request.fail("messages", "must not be empty");
  if (bytes > kMaxPublishBytes) {
    request.fail("messages", fmt::format("must have at most {} bytes together", kMaxPublishBytes));
  }
  request.refuse_rest();
  if (error) return std::unexpected(std::move(*error));
  return messages;
}

std::string encode_message_ids(const std::vector<std::string>& ids) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("messageIds").begin_array();
  for (const auto& id : ids)
    writer.string(id);
  writer.end_array().end_object();
  return body;
}

Result<PullRequest> parse_pull(const json::Value& body) {
  std::optional<Error> error;
  ObjectReader request(body, "", error);
  constexpr std::int64_t kAnyNumber = std::numeric_limits<std::int32_t>::max();
  const auto max = request.integer("maxMessages", 1, kAnyNumber);
  if (!max) request.fail("maxMessages", "is missing");
  const bool at_once = request.boolean("returnImmediately").value_or(false);
  request.refuse_rest();
  if (error) return std::unexpected(std::move(*error));
  return PullRequest{.max = std::min(static_cast<std::size_t>(*max), kMaxPull),
                     .return_immediately = at_once};
}

std::string encode_pulled(const std::vector<PulledMessage>& messages, bool tells_attempts) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  if (!messages.empty()) {
    writer.key("receivedMessages").begin_array();
    for (const auto& message : messages)
      write_pulled(writer, message, tells_attempts);
    writer.end_array();
  }
  writer.end_object();
  return body;
}

Result<AckRequest> parse_acknowledge(const json::Value& body) {
  std::optional<Error> error;
  ObjectReader request(body, "", error);
  AckRequest ack{.ack_ids = read_ack_ids(request)};
  request.refuse_rest();
  if (error) return std::unexpected(std::move(*error));
  return ack;
}

Result<AckRequest> parse_modify_ack_deadline(const json::Value& body) {
  std::optional<Error> error;
  ObjectReader request(body, "", error);
  AckRequest ack{.ack_ids = read_ack_ids(request)};
  const auto deadline =
      request.integer("ackDeadlineSeconds", 0, kMaxAckDeadline / std::chrono::seconds(1));
  ack.deadline = std::chrono::seconds(deadline.value_or(0));
  request.refuse_rest();
  if (error) return std::unexpected(std::move(*error));
  return ack;
}

}  // namespace orderly::broker::api
