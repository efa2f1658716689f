#include "event_publisher/routes.hpp"

#include <exception>
#include <string>
#include <utility>

#include "json/writer.hpp"

namespace orderly::event_publisher {
namespace {

/// One outbox that cannot be published does not hold up the others.
runtime::Task<http::Response> publish(std::vector<Relay*> relays) {
  std::exception_ptr error;
  for (Relay* relay : relays) {
    try {
      co_await relay->publish_now();
    } catch (const Unavailable&) {
      error = std::current_exception();
    }
  }
  if (error) std::rethrow_exception(error);
  co_return http::Response::text("Finished.");
}

std::string describe(const std::vector<Relay*>& relays) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object()
      .member("service", kServiceName)
      .member("description", "Publishes the events of the services to topics.")
      .key("topics")
      .begin_array();
  for (const Relay* relay : relays) {
    writer.string(relay->topic());
  }
  writer.end_array().end_object();
  return body;
}

runtime::Task<http::Response> answer(std::string body) {
  co_return http::Response::json(std::move(body));
}

}  // namespace

void add_routes(http::Router& router, std::vector<Relay*> relays) {
  const std::string service(kServiceName);
  router.get("/", {.service = service, .prefixed_only = true},
             [body = describe(relays)](const http::Request&) { return answer(body); });
  router.get("/api/v1/event/publish", {.service = service},
             [relays = std::move(relays)](const http::Request&) { return publish(relays); });
}

}  // namespace orderly::event_publisher
