#include "broker/unwrapped_headers.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/dates.hpp"

namespace orderly::broker {
namespace {

std::string lower(std::string_view text) {
  std::string lowered(text);
  std::ranges::transform(lowered, lowered.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lowered;
}

/// A token of RFC 9110, 5.6.2.
bool is_token(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](unsigned char c) {
    return (c < 0x80 && std::isalnum(c) != 0) ||
           std::string_view("!#$%&'*+-.^_`|~").contains(static_cast<char>(c));
  });
}

/// What the request says of itself is not the publisher's to say.
bool is_reserved(std::string_view name) {
  constexpr std::array<std::string_view, 12> kReserved{
      "host",       "content-length", "transfer-encoding",
      "connection", "keep-alive",     "upgrade",
      "te",         "trailer",        "expect",
      "user-agent", "authorization",  "traceparent"};
  return std::ranges::find(kReserved, name) != kReserved.end() || name.starts_with("x-goog-") ||
         name.starts_with("proxy-");
}

/// As http::Headers does it: no value ends its line.
std::string one_line(std::string value) {
  std::ranges::replace_if(value, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return value;
}

}  // namespace

std::optional<std::string> add_metadata(http::Headers& headers, const events::Message& message,
                                        const Metadata& metadata) {
  headers.add("x-goog-pubsub-subscription-name", metadata.subscription);
  headers.add("x-goog-pubsub-message-id", message.message_id);
  headers.add("x-goog-pubsub-publish-time", format_rfc3339(message.publish_time));
  if (!message.ordering_key.empty()) {
    headers.add("x-goog-pubsub-ordering-key", message.ordering_key);
  }
  if (metadata.attempt > 0) {
    headers.add("x-goog-pubsub-delivery-attempt", std::to_string(metadata.attempt));
  }
  std::optional<std::string> content_type;
  std::size_t bytes = 0;
  for (const auto& [name, value] : message.attributes.pairs()) {
    const std::string lowered = lower(name);
    if (!is_token(name) || is_reserved(lowered)) continue;
    bytes += name.size() + value.size();
    if (bytes > kMaxAttributeHeaderBytes) break;
    if (lowered == "content-type") {
      content_type = one_line(value);
    } else {
      headers.add(name, value);
    }
  }
  return content_type;
}

}  // namespace orderly::broker
