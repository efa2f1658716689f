#include "broker/embedded/attributes_codec.hpp"

#include "json/value.hpp"
#include "json/writer.hpp"

namespace orderly::broker {

std::string encode_attributes(const events::Attributes& attributes) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object();
  for (const auto& [name, value] : attributes.pairs()) {
    writer.member(name, value);
  }
  writer.end_object();
  return out;
}

std::optional<events::Attributes> decode_attributes(std::string_view json) {
  const auto document = json::Value::parse(json);
  if (!document || !document->is_object()) return std::nullopt;
  events::Attributes attributes;
  bool all_texts = true;
  document->for_each_member([&](std::string_view name, const json::Value& value) {
    const auto text = value.as_string();
    all_texts = all_texts && text;
    if (text) attributes.set(name, std::string(*text));
  });
  if (!all_texts) return std::nullopt;
  return attributes;
}

}  // namespace orderly::broker
