#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/position.hpp"
#include "base/result.hpp"
#include "events/message.hpp"
#include "runtime/task.hpp"

namespace orderly::broker {

/// Of one subscription. Above it a message that would be one stays unacknowledged and is tried
/// again; the oldest letters are kept, and none is dropped.
inline constexpr std::size_t kMaxDeadLetters = 10'000;
/// Messages of one subscription that wait behind dead letters of their keys; at it the subscription
/// takes nothing new, which is an alarm.
inline constexpr std::size_t kMaxBehindDeadLetters = 10'000;
inline constexpr std::size_t kMaxLetterErrors = 20;    ///< that are kept of a letter, the newest
inline constexpr std::size_t kMaxLettersOfCall = 100;  ///< of one redrive_letters or drop_letters

/// A message that its subscription has given up, as it is kept until it is redriven or dropped. Its
/// number is its position in the subscription's topic.
struct KeptLetter {
  enum class State : std::uint8_t {
    kKept,
    kBlocking,   ///< later messages of its key wait behind it
    kRedriving,  ///< it is delivered again, until it is acknowledged or given up once more
  };
  Position number = 0;
  UtcTime kept_at{};
  std::int64_t attempts = 0;
  UtcTime attempted_at{};
  std::string error;  ///< of the last attempt
  std::string ordering_key;
  State state = State::kKept;
};

struct LetterAttempt {
  std::int64_t attempt = 0;
  UtcTime at{};
  std::string error;
};
struct KeptLetterDetail {
  KeptLetter kept;
  events::Message message;
  std::vector<LetterAttempt> attempts;  ///< that gave it up, the newest kMaxLetterErrors
};

struct KeptLetterQuery {
  Position after = 0;
  std::size_t limit = 0;
  std::optional<Position> upto{};
  std::string ordering_key = {};
  std::optional<UtcTime> since{};  ///< kept at or after
  std::optional<UtcTime> until{};  ///< kept before
};

struct LetterStanding {
  std::string subscription;
  std::size_t letters = 0;
  std::optional<UtcTime> oldest{};
  bool blocks_keys = false;
  std::size_t keys_waiting = 0;
  std::size_t messages_waiting = 0;
};

enum class LetterFate : std::uint8_t {
  kAcknowledged,  ///< it is no dead letter any more
  kPending,       ///< it is on its way to its subscriber
  kFailed,        ///< it was given up again
  kDropped,
  kInFlight,  ///< it cannot be dropped now
  kGone,      ///< it is no dead letter
};
struct LetterResult {
  Position number = 0;
  LetterFate fate = LetterFate::kGone;
  std::string error = {};
};

/// The port by which dead letters are looked at and redriven. Every member is called on the
/// broker's loop and throws Unavailable. kNotFound ("subscription_not_found").
class DeadLetters {
 public:
  virtual ~DeadLetters() = default;

  /// Of all subscriptions that have a dead letter policy or letters, by name.
  virtual runtime::Task<std::vector<LetterStanding>> letter_standings() = 0;
  /// In ascending number.
  virtual runtime::Task<Result<std::vector<KeptLetter>>> letters(std::string subscription,
                                                                 KeptLetterQuery query) = 0;
  virtual runtime::Task<Result<std::optional<KeptLetterDetail>>> letter(std::string subscription,
                                                                        Position number) = 0;
  /// Hands letters (at most kMaxLettersOfCall) to their subscriber again, as messages of their keys
  /// that come before all others that wait, and looks for at most `wait` what becomes of them. Each
  /// is a dead letter until it is acknowledged, so that nothing is lost by a crash; one that is
  /// rejected is one again at once, with one more attempt.
  virtual runtime::Task<Result<std::vector<LetterResult>>> redrive_letters(
      std::string subscription, std::vector<Position> numbers, std::chrono::milliseconds wait) = 0;
  /// For good. What waits behind them flows.
  virtual runtime::Task<Result<std::vector<LetterResult>>> drop_letters(
      std::string subscription, std::vector<Position> numbers) = 0;
};

}  // namespace orderly::broker
