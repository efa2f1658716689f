#include "app/read_model_letters.hpp"

#include <algorithm>

#include "runtime/on_loop.hpp"

namespace orderly::app {
namespace {

Letter letter_of(orderinfo::KeptDeadLetter kept) {
  return {.number = kept.number,
          .since = kept.kept_at,
          .key = kept.letter.order_id,
          .order_id = kept.letter.order_id,
          .code = std::move(kept.letter.code),
          .reason = std::move(kept.letter.reason),
          .attempts = kept.attempts,
          .attempted_at = kept.attempted_at};
}

std::string_view name_of(orderinfo::LetterOutcome::Kind kind) {
  using Kind = orderinfo::LetterOutcome::Kind;
  switch (kind) {
    case Kind::kProjected:
      return "projected";
    case Kind::kReplaced:
      return "replaced";
    case Kind::kDuplicate:
      return "duplicate";
    case Kind::kParked:
      return "parked";
    case Kind::kIgnored:
      return "ignored";
    case Kind::kFailed:
      return "failed";
    case Kind::kGone:
      return "gone";
  }
  return "gone";
}

}  // namespace

runtime::Task<LetterBox::Standing> ReadModelLetters::standing() {
  Standing standing{.kind = "read_model",
                    .letters = store_.visible().dead_letters,
                    .limit = projector_.limits().max_dead_letters,
                    .rehearses = true};
  const auto first = store_.dead_letters({.limit = 1});
  if (!first.empty()) standing.oldest = first.front().kept_at;
  co_return standing;
}

runtime::Task<std::vector<Letter>> ReadModelLetters::list(LetterFilter filter, std::int64_t after,
                                                          std::size_t limit) {
  auto kept = store_.dead_letters({.after = after,
                                   .limit = limit,
                                   .upto = filter.upto,
                                   .code = std::move(filter.code),
                                   .order_id = std::move(filter.key),
                                   .since = filter.since,
                                   .until = filter.until});
  std::vector<Letter> letters;
  letters.reserve(kept.size());
  for (auto& each : kept)
    letters.push_back(letter_of(std::move(each)));
  co_return letters;
}

runtime::Task<std::optional<LetterDetail>> ReadModelLetters::show(std::int64_t number) {
  auto found = store_.dead_letter(number);
  if (!found) co_return std::nullopt;
  LetterDetail detail;
  // Written by us, so it can be read; what strangers sent stands inside.
  if (auto envelope = events::parse_push(found->kept.letter.message)) {
    detail.message = std::move(envelope->message);
  }
  detail.letter = letter_of(std::move(found->kept));
  for (auto& error : found->errors) {
    detail.errors.push_back({.attempt = error.attempt,
                             .at = error.at,
                             .code = std::move(error.code),
                             .reason = std::move(error.reason)});
  }
  co_return detail;
}

runtime::Task<Result<std::vector<LetterResult>>> ReadModelLetters::redrive(
    std::vector<std::int64_t> numbers, bool dry_run) {
  const auto run =
      dry_run ? orderinfo::Projector::Run::kRehearsal : orderinfo::Projector::Run::kForReal;
  const auto outcomes =
      co_await runtime::on_loop(projector_loop_, projector_.redrive(std::move(numbers), run));
  std::vector<LetterResult> results;
  for (const auto& outcome : outcomes) {
    LetterResult result{.number = outcome.number, .outcome = name_of(outcome.kind)};
    if (outcome.row) events::append_json(result.row, *outcome.row);
    result.code = outcome.code;
    result.reason = outcome.reason;
    results.push_back(std::move(result));
  }
  co_return results;
}

runtime::Task<std::vector<LetterResult>> ReadModelLetters::drop(std::vector<std::int64_t> numbers) {
  const auto dropped = co_await runtime::on_loop(projector_loop_, projector_.drop_letters(numbers));
  std::vector<LetterResult> results;
  for (const std::int64_t number : numbers) {
    const bool was_there = std::ranges::find(dropped, number) != dropped.end();
    results.push_back({.number = number, .outcome = was_there ? "dropped" : "gone"});
  }
  co_return results;
}

}  // namespace orderly::app
