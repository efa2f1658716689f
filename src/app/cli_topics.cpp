#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "app/cli_commands.hpp"
#include "app/pubsub_client.hpp"
#include "base/text.hpp"
#include "json/writer.hpp"

namespace orderly::app {
namespace {

struct TopicsOptions {
  PubsubTarget target;
  std::vector<std::string> names;
  std::string message;
  std::vector<std::string> attributes;
  std::string ordering_key;
};
using Options = std::shared_ptr<TopicsOptions>;

constexpr const char* kNamesHelp = "Names, short or in full (projects/PROJECT/topics/NAME)";

CLI::App& add(CLI::App& topics, const std::string& name, const std::string& help,
              const Options& options) {
  auto* const command = topics.add_subcommand(name, help);
  add_pubsub_target(*command, options->target);
  return *command;
}

CLI::App& add_named(CLI::App& topics, const std::string& name, const std::string& help,
                    const Options& options, bool several) {
  auto& command = add(topics, name, help, options);
  auto* const names = command.add_option("topic", options->names, kNamesHelp)->required();
  if (!several) names->expected(1);
  return command;
}

void add_create(CLI::App& topics, const Options& options) {
  auto& command = add_named(topics, "create", "Make topics", options, true);
  command.callback([options] {
    PubsubClient client(options->target);
    for (const auto& name : options->names) {
      const auto made = client.call(http::Method::kPut, client.topic(name), "{}");
      say_done("Created", "topic", std::string(made.string_at("name").value_or(name)));
    }
  });
}

void add_list(CLI::App& topics, const Options& options) {
  auto& command = add(topics, "list", "List all topics", options);
  add_format(command, options->target);
  command.callback([options] {
    PubsubClient client(options->target);
    const auto found = client.list("topics", "topics");
    if (options->target.format == "json") return print_json(found);
    Listing listing{.headers = {"name"}, .rows = {}};
    for (const auto& topic : found)
      listing.rows.push_back({short_name(topic.string_at("name").value_or(""))});
    print_table(listing);
  });
}

void add_describe(CLI::App& topics, const Options& options) {
  auto& command = add_named(topics, "describe", "Show a topic", options, false);
  add_format(command, options->target);
  command.callback([options] {
    PubsubClient client(options->target);
    print_one(client.call(http::Method::kGet, client.topic(options->names.front())),
              options->target.format);
  });
}

void add_list_subscriptions(CLI::App& topics, const Options& options) {
  auto& command =
      add_named(topics, "list-subscriptions", "List the subscriptions of a topic", options, false);
  add_format(command, options->target);
  command.callback([options] {
    PubsubClient client(options->target);
    const auto found =
        client.list(client.topic(options->names.front()) + "/subscriptions", "subscriptions");
    if (options->target.format == "json") return print_json(found);
    Listing listing{.headers = {"name"}, .rows = {}};
    for (const auto& name : found)
      listing.rows.push_back({short_name(name.as_string().value_or(""))});
    print_table(listing);
  });
}

void add_delete(CLI::App& topics, const Options& options) {
  auto& command =
      add_named(topics, "delete", "Delete topics; their subscriptions stay, cut off and empty",
                options, true);
  command.callback([options] {
    PubsubClient client(options->target);
    for (const auto& name : options->names) {
      client.call(http::Method::kDelete, client.topic(name));
      say_done("Deleted", "topic", name);
    }
  });
}

std::string publish_body(const TopicsOptions& options) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("messages").begin_array().begin_object();
  if (!options.message.empty()) writer.member("data", base64_encode(options.message));
  std::map<std::string, std::string> attributes;
  for (const auto& pair : options.attributes) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) {
      throw CLI::ValidationError("--attribute", "expected NAME=VALUE, got '" + pair + "'");
    }
    attributes[pair.substr(0, equals)] = pair.substr(equals + 1);
  }
  writer.key("attributes").begin_object();
  for (const auto& [name, value] : attributes)
    writer.member(name, value);
  writer.end_object();
  if (!options.ordering_key.empty()) writer.member("orderingKey", options.ordering_key);
  writer.end_object().end_array().end_object();
  return body;
}

void add_publish(CLI::App& topics, const Options& options) {
  auto& command = add_named(topics, "publish", "Publish a message", options, false);
  add_format(command, options->target);
  command.add_option("--message", options->message, "The message's data");
  command
      .add_option("--attribute", options->attributes,
                  "NAME=VALUE; several with commas or the flag again")
      ->delimiter(',');
  command.add_option(
      "--ordering-key", options->ordering_key,
      "Messages of one key are delivered in order where the subscription asks for it");
  command.callback([options] {
    const std::string body = publish_body(*options);
    PubsubClient client(options->target);
    print_one(
        client.call(http::Method::kPost, client.topic(options->names.front()) + ":publish", body),
        options->target.format);
  });
}

}  // namespace

void add_topics(CLI::App& app, int&) {
  auto* const topics =
      app.add_subcommand("topics", "The topics of a running server: make, show, publish to");
  topics->require_subcommand(1);
  const auto options = std::make_shared<TopicsOptions>();
  add_create(*topics, options);
  add_list(*topics, options);
  add_describe(*topics, options);
  add_list_subscriptions(*topics, options);
  add_delete(*topics, options);
  add_publish(*topics, options);
}

}  // namespace orderly::app
