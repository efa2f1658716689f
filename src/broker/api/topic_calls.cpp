#include <string>
#include <utility>

#include "broker/api/calls.hpp"
#include "broker/api/write_list.hpp"
#include "http/list_page.hpp"
#include "json/object_reader.hpp"

namespace orderly::broker::api {
using http::ListPage;
using json::ObjectReader;
using json::parse_document;
namespace {

Result<void> check_topic(const Service& service, const std::string& body, const std::string& name) {
  if (auto checked = check_new_name("topic", name); !checked) return checked;
  const auto document = parse_document(body);
  if (!document) return std::unexpected(document.error());
  std::optional<Error> error;
  ObjectReader reader(*document, "", error);
  const std::string full_name = service.names.topic(name);
  if (const auto said = reader.text("name"); !said.empty() && said != full_name) {
    reader.fail("name", "must be " + full_name);
  }
  for (const auto* ignored : {"state", "satisfiesPzs"})
    reader.ignore(ignored);
  reader.refuse("labels", "nothing is kept of them");
  reader.refuse("tags", "nothing is kept of them");
  reader.refuse("messageStoragePolicy", "there is one place, this one");
  reader.refuse("kmsKeyName", "messages are stored as they are");
  reader.refuse("schemaSettings", "a message may hold anything");
  reader.refuse("messageRetentionDuration", "messages are kept for subscriptions, so set it there");
  reader.refuse("ingestionDataSourceSettings", "messages come by publishing");
  reader.refuse("messageTransforms", "messages are delivered as they were published");
  reader.refuse_rest();
  if (error) return std::unexpected(std::move(*error));
  return {};
}

std::string encode_topic(const Service& service, const std::string& name) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object()
      .member("name", service.names.topic(name))
      .member("state", "ACTIVE")
      .end_object();
  return body;
}

}  // namespace

Answer create_topic(Service& service, const http::Request& request, http::PathParameters path) {
  const std::string& name = path.at("topic");
  if (auto checked = check_topic(service, request.body, name); !checked) {
    co_return std::unexpected(std::move(checked.error()));
  }
  if (co_await service.ports.topology.topic(name)) {
    co_return failure(ErrorKind::kConflict, std::string(kAlreadyExists),
                      "There is a topic " + name + " already.");
  }
  if (auto made = co_await service.ports.broker.create_topic({.name = name}); !made) {
    co_return std::unexpected(std::move(made.error()));
  }
  co_return http::Response::json(encode_topic(service, name));
}

Answer get_topic(Service& service, const http::Request&, http::PathParameters path) {
  auto topic = co_await service.ports.topology.topic(path.at("topic"));
  if (!topic) co_return std::unexpected(std::move(topic.error()));
  co_return http::Response::json(encode_topic(service, topic->name));
}

Answer delete_topic(Service& service, const http::Request&, http::PathParameters path) {
  auto gone = co_await service.ports.topology.delete_topic(path.at("topic"));
  if (!gone) co_return std::unexpected(std::move(gone.error()));
  co_return nothing();
}

Answer list_topics(Service& service, const http::Request& request, http::PathParameters) {
  const auto page = ListPage::of(request);
  if (!page) co_return std::unexpected(page.error());
  const auto topics = co_await service.ports.topology.topics();
  co_return http::Response::json(write_list("topics", topics, *page, &TopicInfo::name,
                                            [&](json::Writer& writer, const TopicInfo& topic) {
                                              writer.raw(encode_topic(service, topic.name));
                                            }));
}

Answer list_topic_subscriptions(Service& service, const http::Request& request,
                                http::PathParameters path) {
  const auto page = ListPage::of(request);
  if (!page) co_return std::unexpected(page.error());
  const auto topic = co_await service.ports.topology.topic(path.at("topic"));
  if (!topic) co_return std::unexpected(topic.error());
  auto subscriptions = co_await service.ports.topology.subscriptions();
  std::erase_if(subscriptions, [&](const SubscriptionInfo& each) {
    return each.config.topic != topic->name || each.detached || each.topic_deleted;
  });
  co_return http::Response::json(
      write_list("subscriptions", subscriptions, *page, name_of,
                 [&](json::Writer& writer, const SubscriptionInfo& each) {
                   writer.string(service.names.subscription(each.config.name));
                 }));
}

}  // namespace orderly::broker::api
