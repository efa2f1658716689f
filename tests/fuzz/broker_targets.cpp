#include "broker/api/message_json.hpp"
#include "broker/api/subscription_json.hpp"
#include "broker/embedded/attributes_codec.hpp"
#include "broker/filter.hpp"
#include "fuzz/target.hpp"

namespace orderly::fuzz {
namespace {

/// A filter; behind a line feed the attributes, `name=value` a line.
void filters(std::string_view input) {
  auto [text, rest] = split(input, '\n');
  const auto filter = broker::Filter::parse(text);
  if (!filter) {
    expect(filter.error().field == "filter", "a refusal names the field");
    return;
  }
  events::Attributes attributes;
  while (!rest.empty()) {
    const auto [line, behind] = split(rest, '\n');
    const auto [name, value] = split(line, '=');
    attributes.set(name, std::string(value));
    rest = behind;
  }
  const bool matches = filter->matches(attributes);
  const auto again = broker::Filter::parse(filter->to_string());
  // Written out, escapes may take more room than a filter may have.
  if (!again) {
    expect(filter->to_string().size() > text.size(), "a filter can be read as it is written");
    return;
  }
  expect(*again == *filter, "a filter survives");
  expect(again->matches(attributes) == matches, "and means the same");
}

void subscriptions(std::string_view input) {
  const auto body = json::Value::parse(input);
  if (!body) return;
  const broker::api::ResourceNames names("orderly");
  const auto config = broker::api::parse_subscription(*body, "s", names);
  if (!config) {
    expect(!config.error().message.empty(), "a refusal says why");
  } else {
    static_cast<void>(broker::api::parse_update(*body, *config, names));
    static_cast<void>(broker::api::parse_push_change(*body, *config));
  }
  static_cast<void>(broker::api::parse_seek(*body));
}

void broker_messages(std::string_view input) {
  if (const auto attributes = broker::decode_attributes(input)) {
    expect(broker::decode_attributes(broker::encode_attributes(*attributes)) == attributes,
           "attributes survive");
  }
  const auto body = json::Value::parse(input);
  if (!body) return;
  if (const auto messages = broker::api::parse_publish(*body)) {
    for (const auto& message : *messages) {
      expect(message.attributes.pairs().size() <= broker::api::kMaxAttributes,
             "attributes are bounded");
      expect(message.ordering_key.size() <= broker::api::kMaxOrderingKeyBytes,
             "ordering keys are bounded");
    }
  }
  static_cast<void>(broker::api::parse_pull(*body));
  static_cast<void>(broker::api::parse_acknowledge(*body));
  static_cast<void>(broker::api::parse_modify_ack_deadline(*body));
}

const Registered kFilters("filters", filters);
const Registered kSubscriptions("subscriptions", subscriptions);
const Registered kMessages("broker_messages", broker_messages);

}  // namespace
}  // namespace orderly::fuzz
