#include "warehouse/routes.hpp"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "events/consistency_token.hpp"
#include "http/problem.hpp"
#include "warehouse/query_json.hpp"

namespace orderly::warehouse {
namespace {

class QueryRoute {
 public:
  explicit QueryRoute(RouteParts parts) : parts_(parts) {}

  runtime::Task<http::Response> answer(const http::Request& request) {
    auto query = parse_query_request(request.body);
    if (!query) co_return http::problem(query.error());
    auto fresh = co_await wait_for_own_write(request);
    if (!fresh) co_return http::problem(fresh.error());
    auto result = co_await parts_.warehouse.query(std::move(*query));
    if (!result) co_return http::problem(result.error());
    co_return respond(std::move(*result));
  }

 private:
  http::Response respond(QueryResult result) {
    const auto position = result.position;
    const auto lag = parts_.order_information.lag(parts_.loop.utc_now());
    auto response = http::Response::json(
        finish_answer(std::move(result), lag ? std::optional(lag->time) : std::nullopt));
    response.headers.add("Orderly-Position", std::to_string(position));
    if (lag) response.headers.add("Orderly-Lag-Ms", std::to_string(lag->time.count()));
    return response;
  }

  runtime::Task<Result<void>> wait_for_own_write(const http::Request& request) {
    const auto header = request.header(events::kConsistencyTokenHeader);
    if (!header) co_return Result<void>{};
    auto token = events::parse_token(*header);
    if (!token) co_return std::unexpected(token.error());
    co_return co_await parts_.own_writes.wait_for(std::move(*token),
                                                  http::Preferences::of(request));
  }

  RouteParts parts_;
};

runtime::Task<http::Response> introduce() {
  co_return http::Response::json(
      R"({"service":"warehouse-service-cqrs","description":"Answers the shop owner in SQL."})");
}

}  // namespace

void add_routes(http::Router& router, RouteParts parts) {
  const std::string service(kServiceName);
  auto route = std::make_shared<QueryRoute>(parts);
  // JSON may write a byte of the statement as six.
  router.post("/api/v1/warehouse/query",
              {.service = service,
               .max_body_bytes = 6 * kMaxSqlBytes + 1024,
               .loopback_only = true,
               .stop_when_abandoned = true},
              [route](const http::Request& request) { return route->answer(request); });
  router.get("/", {.service = service, .prefixed_only = true},
             [](const http::Request&) { return introduce(); });
}

}  // namespace orderly::warehouse
