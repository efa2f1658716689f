#include <string>
#include <utility>

#include "broker/api/calls.hpp"
#include "broker/api/dead_letter_topic.hpp"
#include "broker/api/subscription_json.hpp"
#include "broker/api/write_list.hpp"
#include "http/list_page.hpp"
#include "json/object_reader.hpp"

namespace orderly::broker::api {
using http::ListPage;
using json::parse_document;
namespace {

std::string encode(const Service& service, const SubscriptionInfo& info) {
  std::string body;
  json::Writer writer(body);
  write_subscription(writer, info, service.names);
  return body;
}

/// The subscription, where outsiders may change it.
runtime::Task<Result<SubscriptionInfo>> find_foreign(Service& service, std::string name) {
  auto info = co_await service.ports.topology.subscription(name);
  if (!info) co_return info;
  if (std::holds_alternative<InProcess>(info->config.delivery) ||
      service.options.own_subscriptions.contains(name)) {
    co_return failure(ErrorKind::kConflict, "pipeline_subscription",
                      "Subscription " + name +
                          " belongs to the pipeline itself: it cannot be changed, moved or deleted "
                          "here.");
  }
  co_return info;
}

/// Makes or changes it and answers how it is then.
Answer put(Service& service, SubscriptionConfig config) {
  if (auto checked = co_await check_dead_letter_topic(service.ports.topology, config); !checked) {
    co_return std::unexpected(std::move(checked.error()));
  }
  const std::string name = config.name;
  if (auto made = co_await service.ports.broker.create_subscription(std::move(config)); !made) {
    co_return std::unexpected(std::move(made.error()));
  }
  auto info = co_await service.ports.topology.subscription(name);
  if (!info) co_return std::unexpected(std::move(info.error()));
  co_return http::Response::json(encode(service, *info));
}

std::unexpected<Error> detached(const std::string& name) {
  return failure(ErrorKind::kConflict, "subscription_detached",
                 "Subscription " + name + " is detached from its topic.");
}

}  // namespace

Answer create_subscription(Service& service, const http::Request& request,
                           http::PathParameters path) {
  const std::string& name = path.at("subscription");
  const auto body = parse_document(request.body);
  if (!body) co_return std::unexpected(body.error());
  auto config = parse_subscription(*body, name, service.names);
  if (!config) co_return std::unexpected(std::move(config.error()));
  if (co_await service.ports.topology.subscription(name)) {
    co_return failure(ErrorKind::kConflict, std::string(kAlreadyExists),
                      "There is a subscription " + name + " already.");
  }
  co_return co_await put(service, std::move(*config));
}

Answer get_subscription(Service& service, const http::Request&, http::PathParameters path) {
  auto info = co_await service.ports.topology.subscription(path.at("subscription"));
  if (!info) co_return std::unexpected(std::move(info.error()));
  co_return http::Response::json(encode(service, *info));
}

Answer delete_subscription(Service& service, const http::Request&, http::PathParameters path) {
  const auto info = co_await find_foreign(service, path.at("subscription"));
  if (!info) co_return std::unexpected(info.error());
  auto gone = co_await service.ports.topology.delete_subscription(info->config.name);
  if (!gone) co_return std::unexpected(std::move(gone.error()));
  co_return nothing();
}

Answer update_subscription(Service& service, const http::Request& request,
                           http::PathParameters path) {
  const auto body = parse_document(request.body);
  if (!body) co_return std::unexpected(body.error());
  auto info = co_await find_foreign(service, path.at("subscription"));
  if (!info) co_return std::unexpected(std::move(info.error()));
  auto config = parse_update(*body, std::move(info->config), service.names);
  if (!config) co_return std::unexpected(std::move(config.error()));
  if (info->detached) co_return detached(config->name);
  co_return co_await put(service, std::move(*config));
}

Answer list_subscriptions(Service& service, const http::Request& request, http::PathParameters) {
  const auto page = ListPage::of(request);
  if (!page) co_return std::unexpected(page.error());
  const auto all = co_await service.ports.topology.subscriptions();
  co_return http::Response::json(
      write_list("subscriptions", all, *page, name_of,
                 [&](json::Writer& writer, const SubscriptionInfo& each) {
                   write_subscription(writer, each, service.names);
                 }));
}

Answer modify_push_config(Service& service, const http::Request& request,
                          http::PathParameters path) {
  const auto body = parse_document(request.body);
  if (!body) co_return std::unexpected(body.error());
  auto info = co_await find_foreign(service, path.at("subscription"));
  if (!info) co_return std::unexpected(std::move(info.error()));
  auto config = parse_push_change(*body, std::move(info->config));
  if (!config) co_return std::unexpected(std::move(config.error()));
  if (info->detached) co_return detached(config->name);
  auto changed = co_await service.ports.broker.create_subscription(std::move(*config));
  if (!changed) co_return std::unexpected(std::move(changed.error()));
  co_return nothing();
}

Answer seek(Service& service, const http::Request& request, http::PathParameters path) {
  const auto body = parse_document(request.body);
  if (!body) co_return std::unexpected(body.error());
  const auto target = parse_seek(*body);
  if (!target) co_return std::unexpected(target.error());
  const auto info = co_await find_foreign(service, path.at("subscription"));
  if (!info) co_return std::unexpected(info.error());
  auto moved = co_await service.ports.topology.seek(info->config.name, *target);
  if (!moved) co_return std::unexpected(std::move(moved.error()));
  co_return nothing();
}

Answer detach(Service& service, const http::Request&, http::PathParameters path) {
  const auto info = co_await find_foreign(service, path.at("subscription"));
  if (!info) co_return std::unexpected(info.error());
  auto cut = co_await service.ports.topology.detach_subscription(info->config.name);
  if (!cut) co_return std::unexpected(std::move(cut.error()));
  co_return nothing();
}

}  // namespace orderly::broker::api
