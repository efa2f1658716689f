#include "orderinfo/routes.hpp"

#include <memory>

#include "events/feed_route.hpp"
#include "http/problem.hpp"
#include "json/writer.hpp"
#include "orderinfo/get_order.hpp"
#include "orderinfo/list_answers.hpp"
#include "orderinfo/list_orders.hpp"
#include "runtime/on_loop.hpp"

namespace orderly::orderinfo {
namespace {

using http::Request;
using http::Response;
using runtime::Task;

/// How old the answer may be.
struct Age {
  Position position = 0;
  std::optional<std::chrono::milliseconds> lag;
};

/// Before the rows are read, so that they are at least as new as it says.
Age age_of(const OrderInfoService& service) {
  const Position settled = service.store.visible().orders.position;
  return {settled, service.projector.freshness().lag(settled, service.server_loop.utc_now())};
}

Response with_age(Response response, const Age& age) {
  response.headers.add("Orderly-Position", std::to_string(age.position));
  if (age.lag) response.headers.add("Orderly-Lag-Ms", std::to_string(age.lag->count()));
  return response;
}

/// Waits for the write that the request's token names, if it has one. Whether it had one.
Task<Result<bool>> await_token(const OrderInfoService& service, const Request& request,
                               http::Preferences prefer) {
  auto token = consistency_token(request);
  if (!token) co_return std::unexpected(std::move(token.error()));
  if (!*token) co_return false;
  const auto seen = co_await service.visibility.wait_for(std::move(**token), prefer);
  if (!seen) co_return std::unexpected(seen.error());
  co_return true;
}

Task<Response> get_order(const OrderInfoService& service, const Request& request) {
  const auto query = parse_get_order(request.body);
  if (!query) co_return http::problem(query.error());
  const auto prefer = http::Preferences::of(request);
  const auto had_token = co_await await_token(service, request, prefer);
  if (!had_token) co_return http::problem(had_token.error());
  if (!*had_token && prefer.wait) {
    co_await service.visibility.wait_for_order(query->order_id, *prefer.wait);
  }
  const Age age = age_of(service);
  const auto info = service.store.find(query->customer_id, query->order_id);
  if (!info) co_return with_age(http::lab_not_found(kNoSuchOrder), age);
  std::string body;
  events::append_json(body, *info);
  co_return with_age(Response::json(std::move(body)), age);
}

Task<Response> list_orders(const OrderInfoService& service, ListAnswers& answers,
                           const Request& request) {
  const auto query = parse_list_orders(request.body);
  if (!query) co_return http::problem(query.error());
  const auto had_token = co_await await_token(service, request, http::Preferences::of(request));
  if (!had_token) co_return http::problem(had_token.error());
  const Age age = age_of(service);
  const auto version = service.store.list_version(query->customer_id);
  const std::string* const known = version ? answers.find(request.body, *version) : nullptr;
  if (known != nullptr) co_return with_age(Response::json(*known), age);
  const auto page =
      service.store.list(query->customer_id, query->dates, query->after, query->page_size);
  std::string body = to_json(*query, page);
  if (version) answers.keep(request.body, *version, body);
  co_return with_age(Response::json(std::move(body)), age);
}

/// 200 once the effect is durable (research/google-cloud.md B: any 2xx acknowledges).
Task<Response> take_push(const OrderInfoService& service, const Request& request) {
  const auto envelope = events::parse_push(request.body);
  if (!envelope) co_return http::problem(envelope.error());
  const auto taken = co_await runtime::on_loop(service.projector_loop,
                                               service.projector.push(receive(envelope->message)));
  if (!taken) co_return http::problem(taken.error());
  co_return Response::text("Finished.");
}

constexpr std::string_view kEventStream = "text/event-stream";

Task<Response> stream_orders(const OrderInfoService& service, const Request& request) {
  auto asked = parse_stream_request(request);
  if (!asked) co_return http::problem(asked.error());
  Response response;
  response.content_type = kEventStream;
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("X-Accel-Buffering", "no");  // nginx would hold events back
  response.stream = service.streams.open(std::move(asked->customer), asked->after);
  co_return response;
}

Task<Response> describe(const Request&) {
  std::string body;
  json::Writer(body)
      .begin_object()
      .member("service", kServiceName)
      .member("description", "Answers customers with their orders, joined with the products.")
      .end_object();
  co_return Response::json(std::move(body));
}

}  // namespace

void add_routes(http::Router& router, OrderInfoService service) {
  const std::string name(kServiceName);
  http::RouteOptions push{.service = name, .max_body_bytes = http::kMaxPushBody};
  const http::RouteOptions query{.service = name, .may_wait = true, .stop_when_abandoned = true};
  router.post("/api/v1/orderinfo/get", query,
              [service](const Request& request) { return get_order(service, request); });
  router.post("/api/v1/orderinfo/list", query,
              [service, answers = std::make_shared<ListAnswers>()](const Request& request) {
                return list_orders(service, *answers, request);
              });
  router.post("/api/v1/orderinfo/pubsub", std::move(push),
              [service](const Request& request) { return take_push(service, request); });
  router.get("/api/v1/orderinfo/stream", {.service = name},
             [service](const Request& request) { return stream_orders(service, request); });
  router.get("/", {.service = name, .prefixed_only = true}, describe);
  events::add_feed_route<events::OrderInfoPut>(router, service.server_loop, service.store,
                                               "/api/v1/orderinfo/changes", name);
  events::add_feed_route<events::DeadLetterPut>(router, service.server_loop,
                                                service.store.letter_log(),
                                                "/api/v1/orderinfo/dead-letters", name);
}

}  // namespace orderly::orderinfo
