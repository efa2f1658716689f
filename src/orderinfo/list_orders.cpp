#include "orderinfo/list_orders.hpp"

#include <fmt/format.h>

#include <array>

#include "base/text.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"
#include "orderinfo/fingerprint.hpp"

namespace orderly::orderinfo {
namespace {

constexpr std::string_view kTokenVersion = "1";

std::string fingerprint_of(const ListOrders& query) {
  return fmt::format("{:016x}", fingerprint(fmt::format("{}\n{}\n{}", query.customer_id.value,
                                                        format_date(query.dates.first),
                                                        format_date(query.dates.last))));
}

/// `version.days.microseconds.position.fingerprint`, all but the ends decimal.
std::optional<ListKey> decode_page_token(const ListOrders& query, std::string_view token) {
  const auto decoded = base64url_decode(token);
  if (!decoded) return std::nullopt;
  std::array<std::string_view, 5> parts;
  std::string_view rest = *decoded;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t end = rest.find('.');
    if ((end == std::string_view::npos) != (i + 1 == parts.size())) return std::nullopt;
    parts[i] = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  const auto days = parse_int64(parts[1]);
  const auto micros = parse_int64(parts[2]);
  const auto position = parse_int64(parts[3]);
  if (parts[0] != kTokenVersion || parts[4] != fingerprint_of(query)) return std::nullopt;
  if (!days || !micros || !position) return std::nullopt;
  const std::int64_t first = query.dates.first.time_since_epoch().count();
  const std::int64_t last = query.dates.last.time_since_epoch().count();
  if (*days < first || *days > last) return std::nullopt;
  return ListKey{Date(std::chrono::days(static_cast<int>(*days))),
                 UtcTime(std::chrono::microseconds(*micros)), *position};
}

}  // namespace

Result<ListOrders> parse_list_orders(std::string_view json) {
  const auto object = json::FlatObject::parse(json);
  if (!object) return std::unexpected(object.error());
  json::FieldReader fields(*object);
  const auto customer = fields.required_string("customer_id");
  const auto order_date = fields.required_string("order_date");
  const auto page_size =
      fields.optional_int("page_size", 1, static_cast<std::int64_t>(kMaxOrdersPage));
  const auto page_token = fields.optional_string("page_token");
  if (auto read = fields.finish(); !read) return std::unexpected(std::move(read.error()));
  auto customer_id = parse_id<CustomerId>("customer_id", customer);
  if (!customer_id) return std::unexpected(std::move(customer_id.error()));
  const auto dates = parse_date_prefix(order_date);
  if (!dates) {
    return invalid("order_date",
                   "order_date must be a year, a month or a day: YYYY, YYYY-MM or YYYY-MM-DD");
  }
  ListOrders query{.customer_id = std::move(*customer_id),
                   .order_date = std::string(order_date),
                   .dates = *dates,
                   .page_size = static_cast<std::size_t>(page_size.value_or(kMaxOrdersPage)),
                   .after = std::nullopt};
  if (page_token) {
    query.after = decode_page_token(query, *page_token);
    if (!query.after) {
      return invalid("page_token", "page_token is not the next_page_token of such a query");
    }
  }
  return query;
}

std::string encode_page_token(const ListOrders& query, const ListKey& key) {
  return base64url_encode(
      fmt::format("{}.{}.{}.{}.{}", kTokenVersion, key.order_date.time_since_epoch().count(),
                  key.accepted_at.time_since_epoch().count(), key.position, fingerprint_of(query)));
}

std::string to_json(const ListOrders& query, const OrderPage& page) {
  constexpr std::size_t kUsualOrderBytes = 256;
  std::string body;
  body.reserve((page.orders.size() + 1) * kUsualOrderBytes);
  json::Writer writer(body);
  writer.begin_object().member("order_date", query.order_date).key("orders").begin_array();
  for (const events::OrderInfo& info : page.orders)
    events::write_json(writer, info);
  writer.end_array();
  if (page.next) writer.member("next_page_token", encode_page_token(query, *page.next));
  writer.end_object();
  return body;
}

}  // namespace orderly::orderinfo
