#pragma once

#include <cstddef>
#include <set>
#include <string>

#include "broker/broker.hpp"
#include "broker/puller.hpp"
#include "broker/topology.hpp"
#include "http/router.hpp"
#include "runtime/event_loop.hpp"

/// The broker's ports over HTTP, in the JSON of Google Pub/Sub's REST interface
/// (https://cloud.google.com/pubsub/docs/reference/rest): what outsiders create, publish to, pull
/// from and acknowledge.
namespace orderly::broker::api {

inline constexpr std::size_t kMaxPublishBody = 14UL * 1024 * 1024;  ///< base64 of kMaxPublishBytes
inline constexpr std::size_t kMaxAckBody = 2UL * 1024 * 1024;
inline constexpr std::size_t kMaxCalls = 256;      ///< at once; above it 429
inline constexpr std::size_t kMaxPullCalls = 256;  ///< at once, beside the others; above it 429

struct Ports {
  runtime::EventLoop& loop;  ///< the broker's
  Broker& broker;
  Topology& topology;
  Puller& puller;
};

struct Options {
  /// The one project; a path that names another is answered 404.
  std::string project{"orderly"};
  /// Subscriptions that this process lives by: they are shown, and cannot be changed.
  std::set<std::string, std::less<>> own_subscriptions = {};
  bool loopback_only = true;
};

/// Adds the routes under /v1/projects/{project}/. The ports outlive the router; the router may
/// serve on another loop than theirs. Every call, with its JSON, runs on the broker's loop.
void add_routes(http::Router& router, const Ports& ports, Options options);

}  // namespace orderly::broker::api
