#include "events/products.hpp"

#include "events/member_reader.hpp"
#include "events/orders.hpp"
#include "json/writer.hpp"

namespace orderly::events {

void append_json(std::string& out, const ProductPut& event) {
  json::Writer(out)
      .begin_object()
      .member("product_id", event.product_id.value)
      .member("product_name", event.product_name)
      .member("unit_price", event.unit_price)
      .end_object();
}

template <>
Result<ProductPut> read_event(const json::Value& data) {
  MemberReader members(data);
  ProductPut event;
  event.product_id = members.id<ProductId>("product_id");
  event.product_name = members.text("product_name", kMaxProductNameBytes);
  event.unit_price = members.integer("unit_price", 0, kMaxUnitPrice);
  if (auto read = members.finish(); !read) return std::unexpected(std::move(read.error()));
  return event;
}

Result<ProductPut> parse_product_put(std::string_view json) {
  return parse_event<ProductPut>(json);
}

}  // namespace orderly::events
