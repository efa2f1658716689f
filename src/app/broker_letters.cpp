#include "app/broker_letters.hpp"

#include <algorithm>
#include <utility>

#include "runtime/on_loop.hpp"

namespace orderly::app {
namespace {

/// All of them were given up for the same reason.
constexpr const char* kCode = "too_many_attempts";
/// How long a redrive looks for what becomes of its letters.
constexpr std::chrono::milliseconds kRedriveWait{5'000};

Letter letter_of(broker::KeptLetter kept) {
  Letter letter{.number = kept.number,
                .since = kept.kept_at,
                .key = kept.ordering_key,
                .code = kCode,
                .reason = std::move(kept.error),
                .attempts = kept.attempts,
                .attempted_at = kept.attempted_at};
  switch (kept.state) {
    case broker::KeptLetter::State::kKept:
      break;
    case broker::KeptLetter::State::kBlocking:
      letter.state = Letter::State::kBlocking;
      break;
    case broker::KeptLetter::State::kRedriving:
      letter.state = Letter::State::kRedriving;
      break;
  }
  return letter;
}

std::string_view name_of(broker::LetterFate fate) {
  switch (fate) {
    case broker::LetterFate::kAcknowledged:
      return "acknowledged";
    case broker::LetterFate::kPending:
      return "pending";
    case broker::LetterFate::kFailed:
      return "failed";
    case broker::LetterFate::kDropped:
      return "dropped";
    case broker::LetterFate::kInFlight:
      return "in_flight";
    case broker::LetterFate::kGone:
      return "gone";
  }
  return "gone";
}

std::vector<LetterResult> results_of(std::vector<broker::LetterResult> results) {
  std::vector<LetterResult> made;
  for (auto& result : results) {
    const bool failed = result.fate == broker::LetterFate::kFailed;
    made.push_back({.number = result.number,
                    .outcome = name_of(result.fate),
                    .code = failed ? kCode : "",
                    .reason = std::move(result.error)});
  }
  return made;
}

}  // namespace

runtime::Task<LetterBox::Standing> BrokerLetters::standing() {
  Standing standing{.kind = "broker", .limit = broker::kMaxDeadLetters};
  const auto all = co_await runtime::on_loop(loop_, letters_.letter_standings());
  const auto found = std::ranges::find(all, subscription_, &broker::LetterStanding::subscription);
  if (found == all.end()) co_return standing;
  standing.letters = found->letters;
  standing.oldest = found->oldest;
  standing.blocks_keys = found->blocks_keys;
  standing.keys_waiting = found->keys_waiting;
  standing.messages_waiting = found->messages_waiting;
  co_return standing;
}

runtime::Task<std::vector<Letter>> BrokerLetters::list(LetterFilter filter, std::int64_t after,
                                                       std::size_t limit) {
  std::vector<Letter> letters;
  if (!filter.code.empty() && filter.code != kCode) co_return letters;
  broker::KeptLetterQuery query{.after = after,
                                .limit = limit,
                                .upto = filter.upto,
                                .ordering_key = std::move(filter.key),
                                .since = filter.since,
                                .until = filter.until};
  auto kept = co_await runtime::on_loop(loop_, letters_.letters(subscription_, std::move(query)));
  if (!kept) co_return letters;  // it was deleted meanwhile
  for (auto& each : *kept)
    letters.push_back(letter_of(std::move(each)));
  co_return letters;
}

runtime::Task<std::optional<LetterDetail>> BrokerLetters::show(std::int64_t number) {
  auto found = co_await runtime::on_loop(loop_, letters_.letter(subscription_, number));
  if (!found || !*found) co_return std::nullopt;
  broker::KeptLetterDetail& kept = **found;
  LetterDetail detail{
      .letter = letter_of(std::move(kept.kept)), .message = std::move(kept.message), .errors = {}};
  for (auto& attempt : kept.attempts) {
    detail.errors.push_back({.attempt = attempt.attempt,
                             .at = attempt.at,
                             .code = kCode,
                             .reason = std::move(attempt.error)});
  }
  co_return detail;
}

runtime::Task<Result<std::vector<LetterResult>>> BrokerLetters::redrive(
    std::vector<std::int64_t> numbers, bool dry_run) {
  if (dry_run) {
    co_return failure(ErrorKind::kConflict, "no_dry_run",
                      "The subscriber of " + subscription_ +
                          " runs elsewhere: what it does cannot be rolled back.");
  }
  auto results = co_await runtime::on_loop(
      loop_, letters_.redrive_letters(subscription_, std::move(numbers), kRedriveWait));
  if (!results) co_return std::unexpected(std::move(results.error()));
  co_return results_of(std::move(*results));
}

runtime::Task<std::vector<LetterResult>> BrokerLetters::drop(std::vector<std::int64_t> numbers) {
  auto results =
      co_await runtime::on_loop(loop_, letters_.drop_letters(subscription_, std::move(numbers)));
  if (!results) co_return std::vector<LetterResult>{};
  co_return results_of(std::move(*results));
}

}  // namespace orderly::app
