#include "warehouse/routes.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "events/consistency_token.hpp"
#include "http/prefer.hpp"
#include "http/problem.hpp"
#include "warehouse/query_json.hpp"

namespace orderly::warehouse {
namespace {

class QueryRoute {
 public:
  QueryRoute(runtime::EventLoop& loop, Warehouse& warehouse, const LoadStatus& status)
      : loop_(loop), warehouse_(warehouse), status_(status) {}

  runtime::Task<http::Response> answer(const http::Request& request) {
    auto query = parse_query_request(request.body);
    if (!query) co_return http::problem(query.error());
    auto fresh = co_await wait_for_own_write(request);
    if (!fresh) co_return http::problem(fresh.error());
    auto result = co_await warehouse_.query(std::move(*query));
    if (!result) co_return http::problem(result.error());
    co_return respond(std::move(*result));
  }

 private:
  http::Response respond(QueryResult result) {
    QueryAnswer answer{.result = std::move(result), .lag = std::nullopt};
    if (const auto lag = status_.lag(loop_.utc_now())) answer.lag = lag->time;
    auto response = http::Response::json(encode_query_answer(answer));
    response.headers.add("Orderly-Position", std::to_string(answer.result.position));
    if (answer.lag) response.headers.add("Orderly-Lag-Ms", std::to_string(answer.lag->count()));
    return response;
  }

  runtime::Task<Result<void>> wait_for_own_write(const http::Request& request) {
    const auto header = request.header(events::kConsistencyTokenHeader);
    if (!header) co_return Result<void>{};
    auto token = events::parse_token(*header);
    if (!token) co_return std::unexpected(token.error());
    // Products are in no table of their own: what a product's token could wait for is not here.
    if (token->service != events::ConsistencyToken::Service::kOrder) co_return Result<void>{};
    const auto preferences = http::Preferences::of(request);
    const SteadyTime deadline =
        loop_.steady_now() + preferences.wait.value_or(std::chrono::seconds(0));
    if (co_await becomes_visible(OrderId{token->subject}, deadline) || preferences.lenient) {
      co_return Result<void>{};
    }
    co_return failure(
        ErrorKind::kUnavailable, "not_visible_yet",
        "The order that the Consistency-Token names has not reached the warehouse yet.");
  }

  runtime::Task<bool> becomes_visible(OrderId order_id, SteadyTime deadline) {
    if (waiting_ >= kMaxWaitingQueries) throw Unavailable("too many queries wait for an order");
    struct Waiting {
      std::size_t& count;
      explicit Waiting(std::size_t& counter) : count(counter) { ++count; }
      ~Waiting() { --count; }
    } const waiting(waiting_);
    for (;;) {
      const auto ticket = warehouse_.changed().ticket();
      if (co_await warehouse_.has_order(order_id)) co_return true;
      if (!co_await warehouse_.changed().wait(loop_, ticket, deadline)) co_return false;
    }
  }

  runtime::EventLoop& loop_;
  Warehouse& warehouse_;
  const LoadStatus& status_;
  std::size_t waiting_ = 0;
};

runtime::Task<http::Response> introduce() {
  co_return http::Response::json(
      R"({"service":"warehouse-service-cqrs","description":"Answers the shop owner in SQL."})");
}

}  // namespace

void add_routes(http::Router& router, runtime::EventLoop& loop, Warehouse& warehouse,
                const LoadStatus& status) {
  const std::string service(kServiceName);
  auto route = std::make_shared<QueryRoute>(loop, warehouse, status);
  // JSON may write a byte of the statement as six.
  router.post(
      "/api/v1/warehouse/query",
      {.service = service, .max_body_bytes = 6 * kMaxSqlBytes + 1024, .loopback_only = true},
      [route](const http::Request& request) { return route->answer(request); });
  router.get("/", {.service = service, .prefixed_only = true},
             [](const http::Request&) { return introduce(); });
}

}  // namespace orderly::warehouse
