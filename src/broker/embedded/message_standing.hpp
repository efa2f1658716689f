#pragma once

#include <cstdint>
#include <string>

namespace orderly::broker {

/// How one message of a topic stands with one of its subscriptions.
struct MessageStanding {
  enum class Kind : std::uint8_t {
    kUnread,        ///< the subscription has not come to it yet
    kHeld,          ///< it waits for its acknowledgement
    kAcknowledged,  ///< or its filter let it pass
    kDeadLetter,    ///< given up, and kept
  };
  std::string subscription;
  Kind kind = Kind::kUnread;
  bool in_flight = false;
  std::int64_t rejections = 0;
  std::string error = {};  ///< of the last rejection
};

}  // namespace orderly::broker
