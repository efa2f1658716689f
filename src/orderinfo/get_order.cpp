#include "orderinfo/get_order.hpp"

#include "json/reader.hpp"

namespace orderly::orderinfo {

Result<GetOrder> parse_get_order(std::string_view json) {
  const auto object = json::FlatObject::parse(json);
  if (!object) return std::unexpected(object.error());
  json::FieldReader fields(*object);
  const auto customer = fields.required_string("customer_id");
  const auto order = fields.required_string("order_id");
  if (auto read = fields.finish(); !read) return std::unexpected(std::move(read.error()));
  auto customer_id = parse_id<CustomerId>("customer_id", customer);
  if (!customer_id) return std::unexpected(std::move(customer_id.error()));
  auto order_id = parse_id<OrderId>("order_id", order);
  if (!order_id) return std::unexpected(std::move(order_id.error()));
  return GetOrder{std::move(*customer_id), std::move(*order_id)};
}

}  // namespace orderly::orderinfo
