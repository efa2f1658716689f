#include "app/declared_topics.hpp"
#include "app/platform.hpp"
#include "broker/api/routes.hpp"

/// Topics and subscriptions for others than the pipeline: declared in the configuration file, and
/// over HTTP.
namespace orderly::app {

runtime::Task<void> Platform::declare() {
  if (!broker_) co_return;
  co_await declare_topics(*broker_, *broker_, options_.declarations, options_.project,
                          {kOrderSubscription});
}

void Platform::add_broker_api(http::Router& router) {
  broker::api::add_routes(
      router,
      {.loop = seams_.background, .broker = *broker_, .topology = *broker_, .puller = *broker_},
      {.project = options_.project,
       .own_subscriptions = {kOrderSubscription},
       .loopback_only = options_.broker_api == "loopback"});
}

}  // namespace orderly::app
