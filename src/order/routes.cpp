#include "order/routes.hpp"

#include <string>

#include "events/consistency_token.hpp"
#include "events/feed_route.hpp"
#include "http/idempotency.hpp"
#include "http/problem.hpp"

namespace orderly::order {
namespace {

http::RouteOptions service_options() {
  http::RouteOptions options;
  options.service = kServiceName;
  return options;
}

/// The order as the lab prints it, which is the data of its event.
http::Response answer(const PlacedOrder& placed) {
  constexpr std::size_t kUsualBytes = 224;
  std::string body;
  body.reserve(kUsualBytes);
  append_json(body, placed.order);
  auto response = http::Response::json(std::move(body));
  response.headers.add(events::kConsistencyTokenHeader,
                       events::encode_token({.service = events::ConsistencyToken::Service::kOrder,
                                             .epoch = placed.epoch,
                                             .position = placed.position,
                                             .subject = placed.order.order_id.value}));
  return response;
}

Error overloaded() {
  return {.kind = ErrorKind::kOverloaded,
          .code = "pipeline_overloaded",
          .message = "Too many orders wait to be processed; please try again later.",
          .field = ""};
}

runtime::Task<http::Response> create(OrderStore& store, const http::Request& request) {
  auto command = parse_place_order(request.body);
  if (!command) co_return http::problem(command.error());
  auto key = http::idempotency_key(request, *command);
  if (!key) co_return http::problem(key.error());
  const auto placed = co_await store.append(
      {.command = std::move(*command), .idempotency_key = std::move(*key), .trace = request.trace});
  if (!placed) co_return http::problem(placed.error());
  co_return answer(*placed);
}

/// As the pipeline behind asks for it (promise P10).
runtime::Task<http::Response> create_slowly(runtime::EventLoop& loop, OrderStore& store,
                                            Admission admission, const http::Request& request) {
  if (admission.refused) {
    const Error error = overloaded();
    co_return http::problem(error);
  }
  co_await loop.sleep_for(admission.delay);
  co_return co_await create(store, request);
}

void add_create(http::Router& router, runtime::EventLoop& loop, OrderStore& store,
                const AdmissionControl* control) {
  router.post("/api/v1/order/create", service_options(),
              [&loop, &store, control](const http::Request& request) {
                const Admission admission = control == nullptr ? Admission{} : control->now();
                if (!admission.refused && admission.delay.count() == 0) {
                  return create(store, request);
                }
                return create_slowly(loop, store, admission, request);
              });
}

runtime::Task<http::Response> introduce() {
  co_return http::Response::json(
      R"({"service":"order-service-cqrs","description":"Accepts orders and is the archive of their events."})");
}

}  // namespace

void add_routes(http::Router& router, runtime::EventLoop& loop, OrderStore& store,
                const AdmissionControl* control) {
  add_create(router, loop, store, control);
  events::add_feed_route(router, loop, store, "/api/v1/order/events", std::string(kServiceName));
  auto home = service_options();
  home.prefixed_only = true;
  router.get("/", std::move(home), [](const http::Request&) { return introduce(); });
}

}  // namespace orderly::order
