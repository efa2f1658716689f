#include "app/declared_topics.hpp"

#include <CLI/CLI.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

#include "app/config_file.hpp"
#include "app/subscription_flags.hpp"
#include "broker/api/dead_letter_topic.hpp"
#include "broker/api/resource_names.hpp"
#include "broker/api/subscription_json.hpp"
#include "json/object_reader.hpp"
#include "telemetry/log.hpp"

namespace orderly::app {
namespace {

using broker::SubscriptionConfig;

/// Why the section cannot be carried out, by the key that sets the field.
[[noreturn]] void refuse(const Declarations& declarations, const Declaration& section,
                         const Error& error) {
  const std::string key = error.field.empty() ? "" : flag_of_field(error.field);
  throw std::runtime_error("--config: " + declarations.place(section, key) + ": " + error.message);
}

void check_topic(const Declarations& declarations, const Declaration& section) {
  CLI::App no_flags;
  read_section(no_flags, declarations, section);
  if (auto checked = broker::api::check_new_name("", section.name); !checked) {
    refuse(declarations, section,
           {ErrorKind::kInvalid, "invalid_value", "the name" + checked.error().message, ""});
  }
}

SubscriptionConfig parse_subscription(const Declarations& declarations, const Declaration& section,
                                      const broker::api::ResourceNames& names) {
  SubscriptionFlags flags;
  CLI::App command;
  add_subscription_flags(command, flags);
  read_section(command, declarations, section);
  const auto body = json::parse_document(subscription_body(flags, names.project()));
  auto config = broker::api::parse_subscription(*body, section.name, names);
  if (!config) refuse(declarations, section, config.error());
  return std::move(*config);
}

/// What cannot be changed in one that is there.
void check_change(const Declarations& declarations, const Declaration& section,
                  const broker::SubscriptionInfo& now, const SubscriptionConfig& wanted) {
  const auto differs = [&](const char* field, const std::string& what) {
    refuse(declarations, section,
           {ErrorKind::kConflict, "subscription_differs",
            "the subscription is there with " + what +
                ", which cannot be changed; delete it or choose another name",
            field});
  };
  if (now.detached) differs("", "no topic (it is detached)");
  if (now.config.topic != wanted.topic) differs("topic", "the topic " + now.config.topic);
  if (now.config.ordered != wanted.ordered) {
    differs("enableMessageOrdering", now.config.ordered ? "ordering" : "no ordering");
  }
  if (now.config.filter != wanted.filter) {
    differs("filter", now.config.filter.empty() ? "no filter" : "the filter " + now.config.filter);
  }
}

runtime::Task<void> declare_subscription(broker::Broker& broker, broker::Topology& topology,
                                         const Declarations& declarations,
                                         const Declaration& section, SubscriptionConfig config) {
  const auto now = co_await topology.subscription(config.name);
  if (now) check_change(declarations, section, *now, config);
  auto done = co_await broker::api::check_dead_letter_topic(topology, config);
  if (done) done = co_await broker.create_subscription(std::move(config));
  if (!done) refuse(declarations, section, done.error());
}

}  // namespace

runtime::Task<void> declare_topics(broker::Broker& broker, broker::Topology& topology,
                                   Declarations declarations, std::string project,
                                   std::set<std::string, std::less<>> own) {
  const broker::api::ResourceNames names(std::move(project));
  const auto topics = declarations.of("topic");
  const auto subscriptions = declarations.of("subscription");
  for (const auto& section : topics)
    check_topic(declarations, section);
  std::vector<SubscriptionConfig> configs;
  for (const auto& section : subscriptions) {
    if (own.contains(section.name)) {
      refuse(declarations, section,
             {ErrorKind::kConflict, "pipeline_subscription",
              "the subscription belongs to the pipeline itself", ""});
    }
    configs.push_back(parse_subscription(declarations, section, names));
  }
  for (const auto& section : topics) {
    const auto made = co_await broker.create_topic({.name = section.name});
    if (!made) refuse(declarations, section, made.error());
  }
  for (std::size_t i = 0; i < subscriptions.size(); ++i) {
    co_await declare_subscription(broker, topology, declarations, subscriptions[i],
                                  std::move(configs[i]));
  }
  if (topics.empty() && subscriptions.empty()) co_return;
  log::info("topics and subscriptions are as the configuration file declares them",
            {{"file", declarations.file},
             {"topics", topics.size()},
             {"subscriptions", subscriptions.size()}});
}

}  // namespace orderly::app
