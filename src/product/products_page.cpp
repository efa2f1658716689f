#include "product/products_page.hpp"

#include <algorithm>

#include "base/text.hpp"
#include "json/reader.hpp"
#include "json/writer.hpp"

namespace orderly::product {
namespace {

constexpr char kTokenVersion = '1';

std::string encode_page_token(const ProductId& after) {
  return base64url_encode(kTokenVersion + after.value);
}

Result<ProductId> parse_page_token(std::string_view token) {
  const auto bytes = base64url_decode(token);
  if (!bytes || !bytes->starts_with(kTokenVersion) ||
      !check_id("page_token", std::string_view(*bytes).substr(1))) {
    return invalid("page_token", "page_token must be a next_page_token of an earlier page.");
  }
  return ProductId{bytes->substr(1)};
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool contains_ignoring_case(std::string_view text, std::string_view part) {
  return !std::ranges::search(text, part, {}, lower, lower).empty();
}

}  // namespace

Result<ProductQuery> parse_product_query(std::string_view json) {
  const auto object = json::FlatObject::parse(json);
  if (!object) return std::unexpected(object.error());
  json::FieldReader fields(*object);
  const auto text = fields.optional_string("query").value_or("");
  const auto page_size = fields.optional_int("page_size", 1, kMaxPageSize);
  const auto token = fields.optional_string("page_token");
  if (auto read = fields.finish(); !read) return std::unexpected(std::move(read.error()));

  ProductQuery query{.text = std::string(text), .after = std::nullopt};
  if (text.size() > kMaxQueryBytes) {
    return invalid("query",
                   "query must have at most " + std::to_string(kMaxQueryBytes) + " bytes.");
  }
  if (page_size) query.page_size = static_cast<std::size_t>(*page_size);
  if (token) {
    auto after = parse_page_token(*token);
    if (!after) return std::unexpected(std::move(after.error()));
    query.after = std::move(*after);
  }
  return query;
}

std::string to_json(const ProductPage& page) {
  std::string out;
  std::string product_json;
  json::Writer writer(out);
  writer.begin_object().key("products").begin_array();
  for (const auto& product : page.products) {
    product_json.clear();
    append_json(product_json, product);
    writer.raw(product_json);
  }
  writer.end_array();
  if (page.next_after) writer.member("next_page_token", encode_page_token(*page.next_after));
  writer.end_object();
  return out;
}

bool matches(std::string_view text, std::string_view product_id, std::string_view product_name) {
  return text.empty() || contains_ignoring_case(product_id, text) ||
         contains_ignoring_case(product_name, text);
}

}  // namespace orderly::product
