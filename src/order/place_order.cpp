#include "order/place_order.hpp"

#include <string>

#include "events/orders.hpp"
#include "http/idempotency.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"

namespace orderly::order {

Result<PlaceOrder> parse_place_order(std::string_view json) {
  const auto object = json::FlatObject::parse(json);
  if (!object) return std::unexpected(object.error());
  json::FieldReader fields(*object);
  const auto customer = fields.required_string("customer_id");
  const auto product = fields.required_string("product_id");
  const auto number = fields.required_int("number", 1, events::kMaxNumber);
  const auto date = fields.optional_string("order_date");
  if (auto read = fields.finish(); !read) return std::unexpected(std::move(read.error()));

  auto customer_id = parse_id<CustomerId>("customer_id", customer);
  if (!customer_id) return std::unexpected(std::move(customer_id.error()));
  auto product_id = parse_id<ProductId>("product_id", product);
  if (!product_id) return std::unexpected(std::move(product_id.error()));
  const auto order_date = date ? parse_date(*date) : std::nullopt;
  if (date && !order_date) {
    return invalid("order_date", "order_date must be a date that exists, as YYYY-MM-DD.");
  }
  return PlaceOrder{.customer_id = std::move(*customer_id),
                    .product_id = std::move(*product_id),
                    .number = number,
                    .order_date = order_date};
}

std::array<std::byte, 16> fingerprint_of(const PlaceOrder& command) {
  std::string text;
  json::Writer writer(text);
  writer.begin_array()
      .string("place_order")
      .string(command.customer_id.value)
      .string(command.product_id.value)
      .integer(command.number);
  if (command.order_date) writer.string(format_date(*command.order_date));
  writer.end_array();
  return http::fingerprint(text);
}

}  // namespace orderly::order
