#include "routes.hpp"

#include <string>
#include <utility>

#include "base/dates.hpp"
#include "base/text.hpp"
#include "events/feed_route.hpp"
#include "http/problem.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"
#include "runtime/on_loop.hpp"

namespace cancellation {

using namespace orderly;  // NOLINT(google-build-using-namespace): one file of a small example

namespace {

constexpr const char* kService = "cancellation";

Result<OrderCancelled> parse_cancel(std::string_view body) {
  const auto object = json::FlatObject::parse(body);
  if (!object) return std::unexpected(object.error());
  json::FieldReader fields(*object);
  const auto order = fields.required_string("order_id");
  const auto reason = fields.optional_string("reason").value_or("");
  if (auto read = fields.finish(); !read) return std::unexpected(std::move(read.error()));
  auto order_id = parse_id<OrderId>("order_id", order);
  if (!order_id) return std::unexpected(std::move(order_id.error()));
  if (reason.size() > kMaxReasonBytes) {
    return invalid("reason", "reason must have at most 512 bytes.", "out_of_range");
  }
  return OrderCancelled{std::move(*order_id), std::string(reason)};
}

Result<OrderId> parse_get(std::string_view body) {
  const auto object = json::FlatObject::parse(body);
  if (!object) return std::unexpected(object.error());
  json::FieldReader fields(*object);
  const auto order = fields.required_string("order_id");
  if (auto read = fields.finish(); !read) return std::unexpected(std::move(read.error()));
  return parse_id<OrderId>("order_id", order);
}

runtime::Task<http::Response> create(CancellationStore& store, const http::Request& request) {
  auto command = parse_cancel(request.body);
  if (!command) co_return http::problem(command.error());
  const auto cancelled =
      co_await store.append({.command = std::move(*command), .trace = request.trace});
  if (!cancelled) co_return http::problem(cancelled.error());
  std::string body;
  append_json(body, cancelled->data);
  co_return http::Response::json(std::move(body));
}

runtime::Task<std::optional<OrderStatus::Status>> find(OrderStatus& status, OrderId order) {
  co_return status.find(order);
}

runtime::Task<http::Response> get(runtime::EventLoop& background, OrderStatus& status,
                                  const http::Request& request) {
  const auto order = parse_get(request.body);
  if (!order) co_return http::problem(order.error());
  const auto found = co_await runtime::on_loop(background, find(status, *order));
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("order_id", order->value).member("cancelled", found.has_value());
  if (found) {
    writer.member("cancelled_at", format_rfc3339(found->cancelled_at))
        .member("reason", found->reason);
  }
  writer.end_object();
  co_return http::Response::json(std::move(body));
}

}  // namespace

void add_routes(http::Router& router, runtime::EventLoop& front, CancellationStore& store,
                runtime::EventLoop& background, OrderStatus& status) {
  router.post("/api/v1/cancellation/create", {.service = kService},
              [&store](const http::Request& request) { return create(store, request); });
  router.post("/api/v1/cancellation/get", {.service = kService},
              [&background, &status](const http::Request& request) {
                return get(background, status, request);
              });
  events::add_feed_route(router, front, store, "/api/v1/cancellation/events", kService);
}

}  // namespace cancellation
