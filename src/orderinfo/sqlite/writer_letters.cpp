#include <utility>

#include "base/check.hpp"
#include "orderinfo/projection.hpp"
#include "orderinfo/sqlite/columns.hpp"
#include "orderinfo/sqlite/writer.hpp"
#include "sqlite/transaction.hpp"

/// What the writer does with dead letters.
namespace orderly::orderinfo {
namespace {

using Kind = LetterOutcome::Kind;

/// Column `resolved`.
constexpr int kRedriven = 1;
constexpr int kDropped = 2;
/// So many resolved ones go with a transaction that resolves some.
constexpr std::int64_t kMaxForgotten = 1000;

}  // namespace

void Writer::keep_conflict(Effect effect, const IncomingOrder& order, Applied& applied) {
  if (effect == Effect::kConflict) keep(conflict_letter(order), applied);
}

void Writer::keep(const DeadLetter& letter, Applied& applied) {
  if (refuses_letter(letter)) {
    ++applied.refused_letters;
    return;
  }
  const OrderId order{letter.order_id};
  const sqlite::StoredId order_id(order);
  const UtcTime now = clock_.utc_now();
  const Uuid change_id = ids_.next(now);
  auto use = insert_letter_.use(letter.key);
  if (!letter.order_id.empty()) order_id.bind_to(use, 2);
  use.bind(3, letter.code).bind(4, letter.reason).bind(5, letter.message);
  use.bind(6, to_micros(now)).bind(7, last_change_ + 1).bind(8, change_id);
  if (use.finish() == 0) {
    ++applied.duplicates;
    return;
  }
  ++last_change_;
  ++applied.dead_lettered;
  ++progress_.dead_letters;
}

bool Writer::refuses_letter(const DeadLetter& letter) {
  if (!limits_ || progress_.dead_letters < limits_->max_dead_letters) return false;
  auto row = find_letter_.use(0, letter.key);
  return row.step() && row.int64(1) == 0;
}

void Writer::redrive(const RedrivenLetter& letter, Applied& applied) {
  LetterOutcome outcome{.number = letter.number};
  if (is_standing(letter.number)) {
    outcome = try_again(letter, applied);
    if (outcome.kind != Kind::kFailed) resolve_letter(letter.number, kRedriven);
  }
  applied.redriven.push_back(std::move(outcome));
}

LetterOutcome Writer::try_again(const RedrivenLetter& letter, Applied& applied) {
  LetterOutcome outcome{.number = letter.number, .kind = Kind::kIgnored};
  std::optional<DeadLetter> failed;
  const auto take = [&](Effect effect, const IncomingOrder& order) {
    switch (effect) {
      case Effect::kProjected:
        outcome.kind = Kind::kProjected;
        break;
      case Effect::kReplaced:
        outcome.kind = Kind::kReplaced;
        break;
      case Effect::kDuplicate:
        outcome.kind = Kind::kDuplicate;
        break;
      case Effect::kParked:
        outcome.kind = Kind::kParked;
        break;
      case Effect::kConflict:
      case Effect::kRefused:  // only where strangers send
        failed = conflict_letter(order);
        break;
    }
  };
  if (const auto* priced = std::get_if<PricedOrder>(&letter.becomes)) {
    take(put_row(*priced, applied), priced->order);
    const bool has_row = outcome.kind == Kind::kProjected || outcome.kind == Kind::kReplaced;
    if (has_row) outcome.row = joined(priced->order.event.data, priced->price);
  } else if (const auto* order = std::get_if<IncomingOrder>(&letter.becomes)) {
    take(park(*order, applied), *order);
  } else if (const auto* again = std::get_if<DeadLetter>(&letter.becomes)) {
    failed = *again;
  }
  if (failed) {
    fail_again(letter.number, *failed);
    outcome.kind = Kind::kFailed;
    outcome.code = std::move(failed->code);
    outcome.reason = std::move(failed->reason);
  }
  return outcome;
}

bool Writer::is_standing(std::int64_t number) {
  auto row = find_letter_.use(number, "");
  return row.step() && row.int64(0) > 0;
}

void Writer::fail_again(std::int64_t number, const DeadLetter& why) {
  insert_error_.run(number);
  const UtcTime now = clock_.utc_now();
  const Uuid change_id = ids_.next(now);
  fail_letter_.run(number, to_micros(now), why.code, why.reason, ++last_change_, change_id);
  forget_errors_.run(number, static_cast<std::int64_t>(kMaxKeptErrors));
}

void Writer::resolve_letter(std::int64_t number, int resolved) {
  const UtcTime now = clock_.utc_now();
  const Uuid change_id = ids_.next(now);
  const auto changed =
      resolve_letter_.run(number, resolved, to_micros(now), ++last_change_, change_id);
  ORDERLY_CHECK(changed == 1, "a letter is resolved once");
  forget_errors_of_.run(number);
  --progress_.dead_letters;
  forget_resolved_.run(to_micros(now - kResolvedKept), kMaxForgotten, last_change_);
}

std::vector<std::int64_t> Writer::drop_letters(const std::vector<std::int64_t>& numbers) {
  if (outdated_) load();
  std::vector<std::int64_t> dropped;
  outdated_ = true;
  sqlite::WriteTransaction transaction(connection_);
  for (const std::int64_t number : numbers) {
    if (!is_standing(number)) continue;
    resolve_letter(number, kDropped);
    dropped.push_back(number);
  }
  transaction.commit();
  outdated_ = false;
  return dropped;
}

}  // namespace orderly::orderinfo
