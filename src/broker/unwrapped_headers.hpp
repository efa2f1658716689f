#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "events/message.hpp"
#include "http/headers.hpp"

namespace orderly::broker {

/// Of a body that says nothing of itself.
inline constexpr std::string_view kUnwrappedContentType = "application/octet-stream";
/// Names and values of attributes that become headers; what is beyond it stays away.
inline constexpr std::size_t kMaxAttributeHeaderBytes = 16UL * 1024;

struct Metadata {
  std::string_view subscription;  ///< its full name
  std::int64_t attempt = 0;       ///< 0: not told
};

/// The headers of an unwrapped push with metadata, as Pub/Sub writes them
/// (https://cloud.google.com/pubsub/docs/payload-unwrapping): x-goog-pubsub-subscription-name,
/// -message-id, -publish-time, -ordering-key where there is one, -delivery-attempt where it is
/// told, and each attribute under its own name. Attributes that are no header (another character
/// than a token has) or that would change the request itself (host, lengths, connection, x-goog-…)
/// stay away. Answers the attribute content-type, which is the request's.
std::optional<std::string> add_metadata(http::Headers& headers, const events::Message& message,
                                        const Metadata& metadata);

}  // namespace orderly::broker
