#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "events/message.hpp"
#include "runtime/task.hpp"

/// The dead letters of one subscription, wherever they are kept: what the routes and the command
/// work with.
namespace orderly::app {

/// Letters of one redrive() or drop().
inline constexpr std::size_t kMaxLettersAtOnce = 100;

struct Letter {
  enum class State : std::uint8_t {
    kKept,
    kBlocking,   ///< later messages of its key wait behind it
    kRedriving,  ///< it is being delivered again
  };
  std::int64_t number = 0;  ///< its name within the subscription; ascending
  UtcTime since{};
  std::string key;       ///< the ordering key; empty: it has none
  std::string order_id;  ///< empty: there is none, or it could not be read
  std::string code;      ///< of the last attempt; reason likewise
  std::string reason;
  std::int64_t attempts = 1;
  UtcTime attempted_at{};
  State state = State::kKept;
};

struct LetterDetail {
  struct Error {
    std::int64_t attempt = 1;
    UtcTime at{};
    std::string code;
    std::string reason;
  };
  Letter letter;
  events::Message message;
  std::vector<Error> errors;  ///< by attempt, as far as they are kept
};

/// All conditions that are set are to be met.
struct LetterFilter {
  std::string code;
  std::string key;
  std::optional<UtcTime> since;      ///< kept at or after
  std::optional<UtcTime> until;      ///< kept before
  std::optional<std::int64_t> upto;  ///< the last number
};

/// What became of a letter that was redriven or dropped.
struct LetterResult {
  std::int64_t number = 0;
  /// projected, replaced, duplicate, parked, ignored, acknowledged, pending, failed, gone,
  /// in_flight or dropped.
  std::string_view outcome;
  std::string row = {};   ///< JSON of the row that it became; empty: none
  std::string code = {};  ///< where it failed; reason likewise
  std::string reason = {};
};

class LetterBox {
 public:
  struct Standing {
    std::string_view kind;  ///< read_model or broker
    std::size_t letters = 0;
    std::size_t limit = 0;
    std::optional<UtcTime> oldest{};  ///< when the first was kept
    bool rehearses = false;           ///< redrive() can be a dry run
    bool blocks_keys = false;         ///< later messages of a letter's key wait
    std::size_t keys_waiting = 0;
    std::size_t messages_waiting = 0;
  };

  virtual ~LetterBox() = default;
  [[nodiscard]] virtual std::string subscription() const = 0;
  virtual runtime::Task<Standing> standing() = 0;
  /// In ascending number after `after`, at most `limit`.
  virtual runtime::Task<std::vector<Letter>> list(LetterFilter filter, std::int64_t after,
                                                  std::size_t limit) = 0;
  virtual runtime::Task<std::optional<LetterDetail>> show(std::int64_t number) = 0;
  /// In ascending number; at most kMaxLettersAtOnce. kConflict where there is no dry run.
  virtual runtime::Task<Result<std::vector<LetterResult>>> redrive(
      std::vector<std::int64_t> numbers, bool dry_run) = 0;
  virtual runtime::Task<std::vector<LetterResult>> drop(std::vector<std::int64_t> numbers) = 0;
};

}  // namespace orderly::app
