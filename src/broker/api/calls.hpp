#pragma once

#include <utility>

#include "broker/api/resource_names.hpp"
#include "broker/api/routes.hpp"
#include "http/google_error.hpp"
#include "http/message.hpp"
#include "http/path_template.hpp"

/// Private to this folder: a function for each call. They run on the broker's loop; the request
/// outlives them. `path` has the variables topic or subscription.
namespace orderly::broker::api {

struct Service {
  Service(const Ports& broker, Options with)
      : ports(broker), options(std::move(with)), names(options.project) {}

  Ports ports;
  Options options;
  ResourceNames names;
};

using Answer = runtime::Task<Result<http::Response>>;

Answer create_topic(Service& service, const http::Request& request, http::PathParameters path);
Answer get_topic(Service& service, const http::Request& request, http::PathParameters path);
Answer delete_topic(Service& service, const http::Request& request, http::PathParameters path);
Answer list_topics(Service& service, const http::Request& request, http::PathParameters path);
Answer list_topic_subscriptions(Service& service, const http::Request& request,
                                http::PathParameters path);

Answer create_subscription(Service& service, const http::Request& request,
                           http::PathParameters path);
Answer get_subscription(Service& service, const http::Request& request, http::PathParameters path);
Answer delete_subscription(Service& service, const http::Request& request,
                           http::PathParameters path);
Answer update_subscription(Service& service, const http::Request& request,
                           http::PathParameters path);
Answer list_subscriptions(Service& service, const http::Request& request,
                          http::PathParameters path);
Answer modify_push_config(Service& service, const http::Request& request,
                          http::PathParameters path);
Answer seek(Service& service, const http::Request& request, http::PathParameters path);
Answer detach(Service& service, const http::Request& request, http::PathParameters path);

Answer publish(Service& service, const http::Request& request, http::PathParameters path);
Answer pull(Service& service, const http::Request& request, http::PathParameters path);
Answer acknowledge(Service& service, const http::Request& request, http::PathParameters path);
Answer modify_ack_deadline(Service& service, const http::Request& request,
                           http::PathParameters path);

/// A success that has nothing to say is `{}`: Google's clients take no empty body.
inline http::Response nothing() { return http::Response::json("{}"); }

using http::kAlreadyExists;

}  // namespace orderly::broker::api
