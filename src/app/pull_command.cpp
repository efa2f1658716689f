#include "app/pull_command.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "base/text.hpp"
#include "json/writer.hpp"

namespace orderly::app {
namespace {

/// What is no text is shown as base64.
std::string readable(std::string_view base64) {
  auto data = base64_decode(base64);
  if (!data || !is_valid_utf8(*data)) return std::string(base64);
  return std::move(*data);
}

std::string attributes_of(const json::Value& message) {
  std::string text;
  const auto attributes = message.find("attributes");
  if (!attributes) return text;
  attributes->for_each_member([&](std::string_view name, const json::Value& value) {
    text.append(text.empty() ? "" : "\n").append(name).append("=");
    text.append(value.as_string().value_or(""));
  });
  return text;
}

Listing table_of(const std::vector<json::Value>& received, bool with_ack_ids) {
  Listing listing{.headers = {"data", "message id", "ordering key", "attributes", "attempt"},
                  .rows = {}};
  if (with_ack_ids) listing.headers.emplace_back("ack id");
  for (const auto& each : received) {
    const auto message = each.find("message");
    if (!message) throw std::runtime_error("unexpected answer: a message is missing");
    const auto attempt = each.int_at("deliveryAttempt");
    listing.rows.push_back({readable(message->string_at("data").value_or("")),
                            std::string(message->string_at("messageId").value_or("")),
                            std::string(message->string_at("orderingKey").value_or("")),
                            attributes_of(*message), attempt ? std::to_string(*attempt) : ""});
    if (with_ack_ids) listing.rows.back().emplace_back(each.string_at("ackId").value_or(""));
  }
  return listing;
}

}  // namespace

void add_pull_flags(CLI::App& command, PullOptions& options) {
  command.add_option("--limit", options.limit, "Messages at most")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  command.add_flag("--auto-ack", options.auto_ack, "Acknowledge what is printed");
  command.add_flag("--wait", options.wait, "Wait up to half a minute for a first message");
}

void run_pull(const PubsubTarget& target, const std::string& subscription,
              const PullOptions& options) {
  std::string body;
  json::Writer(body)
      .begin_object()
      .member("maxMessages", options.limit)
      .member("returnImmediately", !options.wait)
      .end_object();
  PubsubClient client(target);
  const auto answer = client.call(http::Method::kPost, client.subscription(subscription) + ":pull",
                                  std::move(body));
  std::vector<json::Value> received;
  std::vector<std::string> ack_ids;
  const auto list = answer.find("receivedMessages");
  for (std::size_t i = 0; list && i < list->size(); ++i) {
    received.push_back(list->at(i));
    ack_ids.emplace_back(received.back().string_at("ackId").value_or(""));
  }
  if (target.format == "json") {
    print_json(received);
  } else {
    print_table(table_of(received, !options.auto_ack));
  }
  // Printed first: what nobody has seen must not be acknowledged.
  if (std::fflush(stdout) != 0) throw std::runtime_error("cannot write to standard output");
  if (options.auto_ack && !ack_ids.empty()) acknowledge(client, subscription, ack_ids);
}

void acknowledge(PubsubClient& client, const std::string& subscription,
                 const std::vector<std::string>& ack_ids) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("ackIds").begin_array();
  for (const auto& id : ack_ids)
    writer.string(id);
  writer.end_array().end_object();
  client.call(http::Method::kPost, client.subscription(subscription) + ":acknowledge",
              std::move(body));
}

}  // namespace orderly::app
