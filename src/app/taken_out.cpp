#include "app/taken_out.hpp"

#include <fmt/format.h>

#include "app/page_query.hpp"
#include "base/dates.hpp"
#include "base/text.hpp"
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

/// The lists of orders and of products have pages, which are turned together.
struct Place {
  std::int64_t order = 0;    ///< number of the last one of the page before
  std::int64_t version = 0;  ///< the same
};

std::string encode(const Place& place) { return fmt::format("{}.{}", place.order, place.version); }

Result<Place> parse_place(std::string_view token) {
  if (token.empty()) return Place{};
  const auto dot = token.find('.');
  const auto order = parse_int64(token.substr(0, dot));
  const auto version = dot == token.npos ? std::nullopt : parse_int64(token.substr(dot + 1));
  if (!order || !version || *order < 0 || *version < 0) {
    return invalid("page_token", "page_token must be the next_page_token of a page.");
  }
  return Place{.order = *order, .version = *version};
}

/// Whether there was more than a page holds, for which one more had been asked for.
template <class Item>
bool cut_to(std::vector<Item>& items, std::size_t size) {
  if (items.size() <= size) return false;
  items.pop_back();
  return true;
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

void write_version(json::Writer& writer, const orderinfo::TakenOutVersion& taken) {
  writer.begin_object()
      .member("product_id", taken.event.data.product_id.value)
      .member("product_name", taken.event.data.product_name)
      .member("unit_price", taken.event.data.unit_price)
      .member("valid_from", format_rfc3339(taken.event.accepted_at))
      .member("epoch", taken.epoch.to_string())
      .member("position", taken.event.position)
      .member("taken_out_at", format_rfc3339(taken.taken_out_at))
      .end_object();
}

void write_page(json::Writer& writer, const orderinfo::ReadModel& store, Place after,
                std::size_t size) {
  auto orders = store.taken_out_orders(after.order, size + 1);
  auto versions = store.taken_out_versions(after.version, size + 1);
  const bool more_orders = cut_to(orders, size);
  const bool more_versions = cut_to(versions, size);
  writer.key("orders").begin_array();
  for (const auto& order : orders)
    write_order(writer, order);
  writer.end_array();
  writer.key("products").begin_array();
  for (const auto& version : versions)
    write_version(writer, version);
  writer.end_array();
  if (!orders.empty()) after.order = orders.back().number;
  if (!versions.empty()) after.version = versions.back().number;
  if (more_orders || more_versions) writer.member("next_page_token", encode(after));
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
  const auto page = PageQuery::of(request);
  if (!page) co_return http::problem(page.error());
  const auto after = parse_place(page->token);
  if (!after) co_return http::problem(after.error());
  std::string body;
  json::Writer writer(body);
  writer.begin_object();
  if (parts.read_model != nullptr) write_page(writer, *parts.read_model, *after, page->size);
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
