#include "app/taken_out.hpp"

#include "base/dates.hpp"
#include "base/text.hpp"
#include "http/list_page.hpp"
#include "http/problem.hpp"
#include "json/writer.hpp"
#include "runtime/on_loop.hpp"
#include "warehouse/query_json.hpp"

namespace orderly::app {
namespace {

using http::Request;
using http::Response;

/// Of the lists that have no pages: the newest.
constexpr std::size_t kMaxListed = 1000;

struct Asked {
  std::size_t page_size = http::kDefaultPage;
  std::int64_t after = 0;
};

Result<Asked> parse(const Request& request) {
  auto query = request.query();
  if (!query) return std::unexpected(std::move(query.error()));
  Asked asked;
  const auto size = query->optional_int("page_size", 1, static_cast<std::int64_t>(http::kMaxPage));
  if (size) asked.page_size = static_cast<std::size_t>(*size);
  const auto token = query->find("page_token").value_or("");
  if (auto read = query->finish(); !read) return std::unexpected(std::move(read.error()));
  if (token.empty()) return asked;
  const auto after = parse_int64(token);
  if (!after || *after < 0) {
    return invalid("page_token", "page_token must be the next_page_token of a page.");
  }
  asked.after = *after;
  return asked;
}

void write_order(json::Writer& writer, const orderinfo::TakenOutOrder& taken) {
  const auto& order = taken.event.data;
  writer.begin_object()
      .member("order_id", order.order_id.value)
      .member("customer_id", order.customer_id.value)
      .member("product_id", order.product_id.value)
      .member("number", order.number)
      .member("order_date", format_date(order.order_date))
      .member("accepted_at", format_rfc3339(taken.event.accepted_at));
  if (taken.price) {
    writer.member("product_name", taken.price->product_name)
        .member("unit_price", taken.price->unit_price);
  }
  writer.member("event_id", taken.event.event_id.to_string())
      .member("epoch", taken.epoch.to_string())
      .member("position", taken.event.position)
      .member("taken_out_at", format_rfc3339(taken.taken_out_at))
      .end_object();
}

void write_orders(json::Writer& writer, const orderinfo::ReadModel& store, const Asked& asked) {
  auto orders = store.taken_out_orders(asked.after, asked.page_size + 1);
  const bool more = orders.size() > asked.page_size;
  if (more) orders.pop_back();
  writer.key("orders").begin_array();
  for (const auto& order : orders)
    write_order(writer, order);
  writer.end_array();
  if (more) writer.member("next_page_token", std::to_string(orders.back().number));
  writer.key("products").begin_array();
  for (const auto& version : store.taken_out_versions(0, kMaxListed)) {
    writer.begin_object()
        .member("product_id", version.event.data.product_id.value)
        .member("product_name", version.event.data.product_name)
        .member("unit_price", version.event.data.unit_price)
        .member("valid_from", format_rfc3339(version.event.accepted_at))
        .member("epoch", version.epoch.to_string())
        .member("position", version.event.position)
        .member("taken_out_at", format_rfc3339(version.taken_out_at))
        .end_object();
  }
  writer.end_array();
}

runtime::Task<std::vector<broker::Store::TakenBack>> taken_back(broker::EmbeddedBroker& broker) {
  co_return broker.taken_back(kMaxListed);
}

void write_published(json::Writer& writer, const std::vector<broker::Store::TakenBack>& ranges) {
  writer.key("published").begin_array();
  for (const auto& range : ranges) {
    writer.begin_object()
        .member("topic", range.topic)
        .member("epoch", range.epoch.to_string())
        .member("after", range.after)
        .member("upto", range.upto)
        .member("taken_out_at", format_rfc3339(range.taken_at))
        .end_object();
  }
  writer.end_array();
}

/// What came back in the meantime is there again, and is not listed.
constexpr const char* kLostRows =
    "SELECT table_name, row_key, content, epoch, position, taken_out_at FROM orderly.taken_out "
    "WHERE table_name <> 'order_information' OR row_key NOT IN "
    "(SELECT order_id FROM cqrs_example.order_information) ORDER BY taken_out_at DESC";

runtime::Task<std::string> lost_rows(warehouse::Warehouse& warehouse) {
  auto result = co_await warehouse.query({.sql = kLostRows, .max_rows = kMaxListed});
  if (!result) throw Unavailable("the warehouse: " + result.error().message);
  co_return warehouse::finish_answer(std::move(*result), std::nullopt);
}

runtime::Task<Response> list(TakenOutParts parts, const Request& request) {
  const auto asked = parse(request);
  if (!asked) co_return http::problem(asked.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  if (parts.read_model != nullptr) write_orders(writer, *parts.read_model, *asked);
  if (parts.broker != nullptr) {
    auto& broker = *parts.broker;
    const auto ranges = co_await runtime::on_loop(*parts.broker_loop, taken_back(broker));
    write_published(writer, ranges);
  }
  if (parts.warehouse != nullptr) {
    const std::string rows = co_await lost_rows(*parts.warehouse);
    writer.key("warehouse").raw(rows);
  }
  writer.end_object();
  co_return Response::json(std::move(body));
}

}  // namespace

void add_taken_out_route(http::Router& router, TakenOutParts parts) {
  router.get("/api/v1/admin/taken-out", {.loopback_only = true},
             [parts](const Request& request) { return list(parts, request); });
}

}  // namespace orderly::app
