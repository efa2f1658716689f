#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace orderly::events {

/// The event `dead_letter_put` of the read model's feed of dead letters: one was kept, has failed
/// once more, or was resolved. Each stands at a position of its own and says all there is to say;
/// of two of the same `number` the later one counts, and the earlier one may be gone from the feed.
struct DeadLetterPut {
  static constexpr std::string_view kType = "dead_letter_put";
  static constexpr std::string_view kTopic = "orderinfo-service-cqrs-dead-letter";

  std::int64_t number = 0;  ///< ascending in the order in which letters were kept
  UtcTime kept_at{};
  std::string order_id;  ///< empty: it could not be read
  std::string code;
  std::string reason;
  std::string message;  ///< as a push request's body; empty once it is resolved
  std::int64_t attempts = 1;
  UtcTime attempted_at{};
  std::optional<UtcTime> redriven_at = {};  ///< when it had its effect after all
  std::optional<UtcTime> dropped_at = {};   ///< when an operator gave it up

  bool operator==(const DeadLetterPut&) const = default;
};

void append_json(std::string& out, const DeadLetterPut& event);

}  // namespace orderly::events
