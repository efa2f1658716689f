#pragma once

#include <optional>
#include <variant>

#include "events/message.hpp"
#include "orderinfo/incoming_order.hpp"

namespace orderly::orderinfo {

/// An event of a type that we do not know: counted and acknowledged.
struct UnknownEvent {};

/// A message as the projector takes it: read, but not judged yet.
struct ReceivedMessage {
  std::optional<events::FeedPlace> place;  ///< that it claims
  Uuid event_id;                           ///< nil where it has none
  std::variant<events::Recorded<events::OrderPlaced>, DeadLetter, UnknownEvent> content;
};

/// Pure; any thread.
ReceivedMessage receive(const events::Message& message);

}  // namespace orderly::orderinfo
