#include "events/orders.hpp"

#include "events/member_reader.hpp"
#include "json/writer.hpp"

namespace orderly::events {
namespace {

constexpr std::string_view kReplaces = "replaces";
constexpr std::string_view kRemoved = "removed";
constexpr std::int64_t kMaxTotalPrice = kMaxNumber * kMaxUnitPrice;

/// The members of a row, into an object that is begun.
void write_members(json::Writer& writer, const OrderInfo& info) {
  writer.member("customer_id", info.customer_id.value)
      .member("number", info.number)
      .member("order_date", format_date(info.order_date))
      .member("order_id", info.order_id.value)
      .member("product_id", info.product_id.value)
      .member("product_name", info.product_name)
      .member("total_price", info.total_price)
      .member("unit_price", info.unit_price);
}

OrderInfo read_info(MemberReader& members) {
  OrderInfo info;
  info.order_id = members.id<OrderId>("order_id");
  info.customer_id = members.id<CustomerId>("customer_id");
  info.product_id = members.id<ProductId>("product_id");
  info.product_name = members.text("product_name", kMaxProductNameBytes);
  info.number = members.integer("number", 1, kMaxNumber);
  info.unit_price = members.integer("unit_price", 0, kMaxUnitPrice);
  info.total_price = members.integer("total_price", 0, kMaxTotalPrice);
  info.order_date = members.date("order_date");
  if (info.total_price != info.number * info.unit_price) {
    members.fail("total_price", "invalid_value", "total_price must be number times unit_price.");
  }
  return info;
}

}  // namespace

void append_json(std::string& out, const OrderPlaced& event) {
  json::Writer(out)
      .begin_object()
      .member("customer_id", event.customer_id.value)
      .member("number", event.number)
      .member("order_date", format_date(event.order_date))
      .member("order_id", event.order_id.value)
      .member("product_id", event.product_id.value)
      .end_object();
}

void append_json(std::string& out, const OrderInfo& info) {
  json::Writer writer(out);
  write_json(writer, info);
}

void write_json(json::Writer& writer, const OrderInfo& info) {
  writer.begin_object();
  write_members(writer, info);
  writer.end_object();
}

void append_json(std::string& out, const OrderInfoPut& change) {
  json::Writer writer(out);
  writer.begin_object();
  write_members(writer, change.info);
  if (change.replaces) writer.member(kReplaces, true);
  if (change.removed) writer.member(kRemoved, true);
  writer.end_object();
}

template <>
Result<OrderPlaced> read_event(const json::Value& data) {
  MemberReader members(data);
  OrderPlaced event;
  event.order_id = members.id<OrderId>("order_id");
  event.customer_id = members.id<CustomerId>("customer_id");
  event.product_id = members.id<ProductId>("product_id");
  event.number = members.integer("number", 1, kMaxNumber);
  event.order_date = members.date("order_date");
  if (auto read = members.finish(); !read) return std::unexpected(std::move(read.error()));
  return event;
}

template <>
Result<OrderInfoPut> read_event(const json::Value& data) {
  MemberReader members(data);
  OrderInfoPut change{.info = read_info(members),
                      .replaces = members.flag_or_false(kReplaces),
                      .removed = members.flag_or_false(kRemoved)};
  if (auto read = members.finish(); !read) return std::unexpected(std::move(read.error()));
  return change;
}

Result<OrderPlaced> parse_order_placed(std::string_view json) {
  return parse_event<OrderPlaced>(json);
}

Result<OrderInfoPut> parse_order_info_put(std::string_view json) {
  return parse_event<OrderInfoPut>(json);
}

}  // namespace orderly::events
