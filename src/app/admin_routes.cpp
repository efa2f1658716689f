#include "app/admin_routes.hpp"

#include "app/page_query.hpp"
#include "base/dates.hpp"
#include "base/text.hpp"
#include "http/problem.hpp"
#include "json/writer.hpp"

namespace orderly::app {
namespace {

using http::Request;
using http::Response;
using runtime::Task;

Result<OrderId> parse_order_token(const std::string& token) {
  if (token.empty()) return OrderId{};
  if (auto id = parse_id<OrderId>("page_token", token)) return std::move(*id);
  return invalid("page_token", "page_token must be the next_page_token of a page.");
}

void write_parked(json::Writer& writer, const orderinfo::ParkedOrder& parked) {
  const auto& event = parked.order.event;
  const auto& data = event.data;
  writer.begin_object()
      .member("order_id", data.order_id.value)
      .member("customer_id", data.customer_id.value)
      .member("product_id", data.product_id.value)
      .member("number", data.number)
      .member("order_date", format_date(data.order_date))
      .member("accepted_at", format_rfc3339(event.accepted_at))
      .member("since", format_rfc3339(parked.parked_at))
      .member("code", "product_missing")
      .member("reason", "The product has no version yet that was in force at that time.")
      .end_object();
}

Task<Response> list_parked(const orderinfo::ReadModel& store, const Request& request) {
  const auto page = PageQuery::of(request);
  if (!page) co_return http::problem(page.error());
  const auto after = parse_order_token(page->token);
  if (!after) co_return http::problem(after.error());
  // One more tells whether there is a next page.
  auto orders = store.parked_orders(*after, page->size + 1);
  const bool more = orders.size() > page->size;
  if (more) orders.pop_back();
  std::string body;
  json::Writer writer(body);
  writer.begin_object().key("orders").begin_array();
  for (const auto& parked : orders)
    write_parked(writer, parked);
  writer.end_array();
  if (more) writer.member("next_page_token", orders.back().order.event.data.order_id.value);
  writer.end_object();
  co_return Response::json(std::move(body));
}

Task<Response> give(std::string json) { co_return Response::json(std::move(json)); }

}  // namespace

void add_admin_routes(http::Router& router, AdminParts admin) {
  router.get("/api/v1/admin/pipeline", {.loopback_only = true},
             [pipeline = std::move(admin.pipeline)](const Request&) { return give(pipeline()); });
  if (admin.read_model == nullptr) return;
  router.get(
      "/api/v1/admin/parked", {.loopback_only = true},
      [&store = *admin.read_model](const Request& request) { return list_parked(store, request); });
}

}  // namespace orderly::app
