#include "product/put_product.hpp"

#include "base/text.hpp"
#include "events/orders.hpp"
#include "http/idempotency.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"

namespace orderly::product {

Result<PutProduct> parse_put_product(std::string_view json) {
  const auto object = json::FlatObject::parse(json);
  if (!object) return std::unexpected(object.error());
  json::FieldReader fields(*object);
  const auto id = fields.required_string("product_id");
  const auto name = fields.required_string("product_name");
  const auto unit_price = fields.required_int("unit_price", 0, events::kMaxUnitPrice);
  if (auto read = fields.finish(); !read) return std::unexpected(std::move(read.error()));

  auto product_id = parse_id<ProductId>("product_id", id);
  if (!product_id) return std::unexpected(std::move(product_id.error()));
  if (auto checked = check_text("product_name", name, events::kMaxProductNameBytes); !checked) {
    return std::unexpected(std::move(checked.error()));
  }
  return PutProduct{.product_id = std::move(*product_id),
                    .product_name = std::string(name),
                    .unit_price = unit_price};
}

std::array<std::byte, 16> fingerprint_of(const PutProduct& command) {
  std::string text;
  json::Writer(text)
      .begin_array()
      .string("put_product")
      .string(command.product_id.value)
      .string(command.product_name)
      .integer(command.unit_price)
      .end_array();
  return http::fingerprint(text);
}

}  // namespace orderly::product
