#include "product/routes.hpp"

#include <string>

#include "events/consistency_token.hpp"
#include "events/feed_route.hpp"
#include "http/idempotency.hpp"
#include "http/problem.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"

namespace orderly::product {
namespace {

http::RouteOptions service_options() {
  http::RouteOptions options;
  options.service = kServiceName;
  return options;
}

/// The product as the lab prints it, which is the data of its event.
http::Response answer(const events::ProductPut& product) {
  std::string body;
  append_json(body, product);
  return http::Response::json(std::move(body));
}

runtime::Task<http::Response> create(ProductStore& store, const http::Request& request) {
  auto command = parse_put_product(request.body);
  if (!command) co_return http::problem(command.error());
  auto key = http::idempotency_key(request, *command);
  if (!key) co_return http::problem(key.error());
  const auto put = co_await store.put(
      {.command = std::move(*command), .idempotency_key = std::move(*key), .trace = request.trace});
  if (!put) co_return http::problem(put.error());
  auto response = answer(put->product);
  response.headers.add(events::kConsistencyTokenHeader,
                       events::encode_token({.service = events::ConsistencyToken::Service::kProduct,
                                             .epoch = put->epoch,
                                             .position = put->position,
                                             .subject = put->product.product_id.value}));
  co_return response;
}

Result<ProductId> parse_get(std::string_view json) {
  const auto object = json::FlatObject::parse(json);
  if (!object) return std::unexpected(object.error());
  json::FieldReader fields(*object);
  const auto id = fields.required_string("product_id");
  if (auto read = fields.finish(); !read) return std::unexpected(std::move(read.error()));
  return parse_id<ProductId>("product_id", id);
}

runtime::Task<http::Response> get(const ProductStore& store, const http::Request& request) {
  const auto id = parse_get(request.body);
  if (!id) co_return http::problem(id.error());
  const auto product = store.get(*id);
  co_return product ? answer(*product) : http::lab_not_found("The product does not exist.");
}

runtime::Task<http::Response> list(const ProductStore& store, const http::Request& request) {
  const auto query = parse_product_query(request.body);
  if (!query) co_return http::problem(query.error());
  co_return http::Response::json(to_json(store.list(*query)));
}

Result<UtcTime> parse_barrier(std::string_view json) {
  const auto object = json::FlatObject::parse(json);
  if (!object) return std::unexpected(object.error());
  json::FieldReader fields(*object);
  const auto text = fields.required_string("time");
  if (auto read = fields.finish(); !read) return std::unexpected(std::move(read.error()));
  const auto time = parse_rfc3339(text);
  if (!time) return invalid("time", "time must be a time of RFC 3339.");
  return *time;
}

runtime::Task<http::Response> close(ProductStore& store, const http::Request& request) {
  const auto time = parse_barrier(request.body);
  if (!time) co_return http::problem(time.error());
  const auto closed = co_await store.close(*time);
  if (!closed) co_return http::problem(closed.error());
  std::string body;
  json::Writer(body)
      .begin_object()
      .member("epoch", closed->epoch.to_string())
      .member("position", closed->position)
      .end_object();
  co_return http::Response::json(std::move(body));
}

runtime::Task<http::Response> introduce() {
  co_return http::Response::json(
      R"({"service":"product-service-cqrs","description":"Keeps products and every version of their prices."})");
}

}  // namespace

void add_routes(http::Router& router, runtime::EventLoop& loop, ProductStore& store) {
  router.post("/api/v1/product/create", service_options(),
              [&store](const http::Request& request) { return create(store, request); });
  router.post("/api/v1/product/get", service_options(),
              [&store](const http::Request& request) { return get(store, request); });
  router.post("/api/v1/product/list", service_options(),
              [&store](const http::Request& request) { return list(store, request); });
  router.post("/api/v1/product/barrier", service_options(),
              [&store](const http::Request& request) { return close(store, request); });
  events::add_feed_route(router, loop, store, "/api/v1/product/events", std::string(kServiceName));
  auto home = service_options();
  home.prefixed_only = true;
  router.get("/", std::move(home), [](const http::Request&) { return introduce(); });
}

}  // namespace orderly::product
