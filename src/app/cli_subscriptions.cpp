#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

#include "app/cli_commands.hpp"
#include "app/pubsub_client.hpp"
#include "app/pull_command.hpp"
#include "app/subscription_flags.hpp"
#include "json/writer.hpp"

namespace orderly::app {
namespace {

struct SubscriptionsOptions {
  PubsubTarget target;
  std::vector<std::string> names;
  SubscriptionFlags flags;
  PullOptions pull;
  std::vector<std::string> ack_ids;
  std::string time;
};
using Options = std::shared_ptr<SubscriptionsOptions>;

constexpr const char* kNamesHelp = "Names, short or in full (projects/PROJECT/subscriptions/NAME)";

CLI::App& add(CLI::App& subscriptions, const std::string& name, const std::string& help,
              const Options& options) {
  auto* const command = subscriptions.add_subcommand(name, help);
  add_pubsub_target(*command, options->target);
  return *command;
}

CLI::App& add_named(CLI::App& subscriptions, const std::string& name, const std::string& help,
                    const Options& options, bool several) {
  auto& command = add(subscriptions, name, help, options);
  auto* const names = command.add_option("subscription", options->names, kNamesHelp)->required();
  if (!several) names->expected(1);
  return command;
}

void add_create(CLI::App& subscriptions, const Options& options) {
  auto& command =
      add_named(subscriptions, "create",
                "Make subscriptions: they get what is published from now on", options, true);
  add_subscription_flags(command, options->flags);
  command.callback([options] {
    PubsubClient client(options->target);
    for (const auto& name : options->names) {
      const auto made = client.call(http::Method::kPut, client.subscription(name),
                                    subscription_body(options->flags, client.project()));
      say_done("Created", "subscription", std::string(made.string_at("name").value_or(name)));
    }
  });
}

void add_update(CLI::App& subscriptions, const Options& options) {
  auto& command = add_named(subscriptions, "update",
                            "Change what is given; progress is kept. --push-endpoint '' turns a "
                            "push into a pull",
                            options, false);
  add_subscription_changes(command, options->flags);
  command.callback([options, &command] {
    const std::string mask = update_mask(command);
    if (mask.empty()) throw CLI::RequiredError("Something to change");
    std::string body;
    PubsubClient client(options->target);
    json::Writer(body)
        .begin_object()
        .key("subscription")
        .raw(subscription_body(options->flags, client.project()))
        .member("updateMask", mask)
        .end_object();
    const auto& name = options->names.front();
    const auto changed =
        client.call(http::Method::kPatch, client.subscription(name), std::move(body));
    say_done("Updated", "subscription", std::string(changed.string_at("name").value_or(name)));
  });
}

std::string delivery_of(const json::Value& subscription) {
  if (subscription.find("detached")) return "detached";
  const auto push = subscription.find("pushConfig");
  const auto endpoint = push ? push->string_at("pushEndpoint") : std::nullopt;
  return std::string(endpoint.value_or("pull"));
}

void add_list(CLI::App& subscriptions, const Options& options) {
  auto& command = add(subscriptions, "list", "List all subscriptions", options);
  add_format(command, options->target);
  command.callback([options] {
    PubsubClient client(options->target);
    const auto found = client.list("subscriptions", "subscriptions");
    if (options->target.format == "json") return print_json(found);
    Listing listing{.headers = {"name", "topic", "delivery", "ack deadline", "ordered", "filter"},
                    .rows = {}};
    for (const auto& each : found) {
      listing.rows.push_back({short_name(each.string_at("name").value_or("")),
                              short_name(each.string_at("topic").value_or("")), delivery_of(each),
                              std::to_string(each.int_at("ackDeadlineSeconds").value_or(0)) + " s",
                              each.find("enableMessageOrdering") ? "yes" : "no",
                              std::string(each.string_at("filter").value_or(""))});
    }
    print_table(listing);
  });
}

void add_describe(CLI::App& subscriptions, const Options& options) {
  auto& command = add_named(subscriptions, "describe", "Show a subscription", options, false);
  add_format(command, options->target);
  command.callback([options] {
    PubsubClient client(options->target);
    print_one(client.call(http::Method::kGet, client.subscription(options->names.front())),
              options->target.format);
  });
}

void add_delete(CLI::App& subscriptions, const Options& options) {
  auto& command =
      add_named(subscriptions, "delete", "Delete subscriptions and what they hold", options, true);
  command.callback([options] {
    PubsubClient client(options->target);
    for (const auto& name : options->names) {
      client.call(http::Method::kDelete, client.subscription(name));
      say_done("Deleted", "subscription", name);
    }
  });
}

void add_detach(CLI::App& subscriptions, const Options& options) {
  auto& command =
      add_named(subscriptions, "detach",
                "Cut subscriptions off their topics; what they hold is dropped", options, true);
  command.callback([options] {
    PubsubClient client(options->target);
    for (const auto& name : options->names) {
      client.call(http::Method::kPost, client.subscription(name) + ":detach", "{}");
      say_done("Detached", "subscription", name);
    }
  });
}

void add_pull(CLI::App& subscriptions, const Options& options) {
  auto& command = add_named(subscriptions, "pull", "Show messages that wait", options, false);
  add_format(command, options->target);
  add_pull_flags(command, options->pull);
  command.callback([options] { run_pull(options->target, options->names.front(), options->pull); });
}

void add_ack(CLI::App& subscriptions, const Options& options) {
  auto& command = add_named(subscriptions, "ack", "Acknowledge messages", options, false);
  command.add_option("--ack-ids", options->ack_ids, "The ids that pull showed")
      ->delimiter(',')
      ->required();
  command.callback([options] {
    PubsubClient client(options->target);
    acknowledge(client, options->names.front(), options->ack_ids);
    std::fprintf(stderr, "Acknowledged %zu.\n", options->ack_ids.size());
  });
}

void add_seek(CLI::App& subscriptions, const Options& options) {
  auto& command = add_named(subscriptions, "seek",
                            "Deliver again what was published since a time, and nothing before it",
                            options, false);
  command
      .add_option("--time", options->time,
                  "RFC 3339, such as 2026-01-31T12:00:00Z, or beginning, or end (of what is there)")
      ->required();
  command.callback([options] {
    std::string time = options->time;
    if (time == "beginning") time = "1970-01-01T00:00:00Z";
    if (time == "end") time = "9999-12-31T00:00:00Z";
    std::string body;
    json::Writer(body).begin_object().member("time", time).end_object();
    PubsubClient client(options->target);
    const auto& name = options->names.front();
    client.call(http::Method::kPost, client.subscription(name) + ":seek", std::move(body));
    say_done("Moved", "subscription", name);
  });
}

}  // namespace

void add_subscriptions(CLI::App& app, int&) {
  auto* const subscriptions = app.add_subcommand(
      "subscriptions", "The subscriptions of a running server: make, change, pull, acknowledge");
  subscriptions->require_subcommand(1);
  const auto options = std::make_shared<SubscriptionsOptions>();
  add_create(*subscriptions, options);
  add_update(*subscriptions, options);
  add_list(*subscriptions, options);
  add_describe(*subscriptions, options);
  add_delete(*subscriptions, options);
  add_detach(*subscriptions, options);
  add_pull(*subscriptions, options);
  add_ack(*subscriptions, options);
  add_seek(*subscriptions, options);
}

}  // namespace orderly::app
