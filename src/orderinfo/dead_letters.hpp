#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "events/orders.hpp"
#include "orderinfo/incoming_order.hpp"

/// Dead letters of the read model and what becomes of them: plain values.
namespace orderly::orderinfo {

/// What strangers may fill through the push endpoint. What the order service's own feed brings is
/// not bounded by it: the feed must be settled, and it is as long as there are orders.
struct StrangerLimits {
  std::size_t max_dead_letters = 100'000;
  std::size_t max_foreign_orders = 1'000'000;
};

struct KeptDeadLetter {
  std::int64_t number = 0;  ///< ascending in the order they were kept
  UtcTime kept_at{};
  std::int64_t attempts = 1;             ///< to apply it; the first one made it a dead letter
  UtcTime attempted_at{};                ///< the last time
  DeadLetter letter;                     ///< code and reason of the last attempt
  std::optional<UtcTime> redriven_at{};  ///< resolved: it had its effect
  std::optional<UtcTime> dropped_at{};   ///< resolved: an operator gave it up
};
/// So long the feed of dead letters tells of one that is resolved.
inline constexpr std::chrono::hours kResolvedKept{30 * 24};

/// One attempt that failed.
struct LetterError {
  std::int64_t attempt = 1;
  UtcTime at{};
  std::string code;
  std::string reason;

  bool operator==(const LetterError&) const = default;
};
/// Of one letter: the newest, so that a letter that is redriven for ever does not grow.
inline constexpr std::size_t kMaxKeptErrors = 20;

struct DeadLetterDetail {
  KeptDeadLetter kept;
  std::vector<LetterError> errors;  ///< by attempt
};

/// Which dead letters: all that agree with every condition that is set, in ascending number.
struct LetterQuery {
  std::int64_t after = 0;
  std::size_t limit = 0;               ///< > 0
  std::optional<std::int64_t> upto{};  ///< the last number
  std::string code = {};
  std::string order_id = {};
  std::optional<UtcTime> since{};  ///< kept at or after
  std::optional<UtcTime> until{};  ///< kept before
};

/// A dead letter that is applied once more, with what the rules make of it now. Its effect and its
/// end as a dead letter are one transaction.
struct RedrivenLetter {
  /// Nothing is to be done for it any more (an event of a type that is passed over).
  struct Ignore {
    bool operator==(const Ignore&) const = default;
  };
  std::int64_t number = 0;
  std::variant<PricedOrder, IncomingOrder, DeadLetter, Ignore> becomes;
};

/// What became of it.
struct LetterOutcome {
  enum class Kind : std::uint8_t {
    kProjected,
    kReplaced,   ///< its row took the place of an earlier one
    kDuplicate,  ///< its effect was there already
    kParked,     ///< it waits for its product
    kIgnored,
    kFailed,  ///< it stays, with one more attempt
    kGone,    ///< it is no dead letter any more
  };
  std::int64_t number = 0;
  Kind kind = Kind::kGone;
  std::optional<events::OrderInfo> row{};  ///< of the first two
  std::string code = {};                   ///< where it failed; reason likewise
  std::string reason = {};

  bool operator==(const LetterOutcome&) const = default;
};

}  // namespace orderly::orderinfo
