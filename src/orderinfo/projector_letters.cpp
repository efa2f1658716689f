#include <algorithm>
#include <utility>

#include "base/check.hpp"
#include "orderinfo/projection.hpp"
#include "orderinfo/projector.hpp"

/// How dead letters are applied once more.
namespace orderly::orderinfo {
namespace {

/// Why a letter fails again. What it is besides stands in the store, so that a batch of failures
/// does not hold all their messages.
DeadLetter failed_again(std::string code, std::string reason) {
  return {.code = std::move(code), .reason = std::move(reason)};
}

}  // namespace

runtime::Task<std::vector<LetterOutcome>> Projector::redrive(std::vector<std::int64_t> numbers,
                                                             Run run) {
  ORDERLY_CHECK(numbers.size() <= kMaxRedriveBatch, "a redrive is bounded");
  std::ranges::sort(numbers);
  const auto repeated = std::ranges::unique(numbers);
  numbers.erase(repeated.begin(), repeated.end());
  const auto guard = co_await serial_.lock();
  std::vector<std::pair<std::int64_t, std::variant<IncomingOrder, RedrivenLetter>>> read;
  UtcTime latest = UtcTime::min();
  for (const std::int64_t number : numbers) {
    const auto detail = store_.dead_letter(number);
    if (!detail) {
      read.emplace_back(number, RedrivenLetter{.number = number, .becomes = {}});
      continue;
    }
    read.emplace_back(number, read_again(detail->kept));
    if (const auto* order = std::get_if<IncomingOrder>(&read.back().second)) {
      latest = std::max(latest, order->event.accepted_at);
    }
  }
  if (latest != UtcTime::min()) co_await prices_.close(latest);
  ProjectionBatch batch;
  for (auto& [number, content] : read) {
    if (auto* order = std::get_if<IncomingOrder>(&content)) {
      batch.redriven.push_back(judge_again(number, std::move(*order)));
    } else {
      batch.redriven.push_back(std::move(std::get<RedrivenLetter>(content)));
    }
  }
  if (batch.empty()) co_return std::vector<LetterOutcome>{};
  Applied applied;
  if (run == Run::kRehearsal) {
    applied = co_await writer_.rehearse(batch);
  } else {
    applied = co_await writer_.apply(batch);
  }
  co_return std::move(applied.redriven);
}

std::variant<IncomingOrder, RedrivenLetter> Projector::read_again(const KeptDeadLetter& kept) {
  RedrivenLetter letter{.number = kept.number, .becomes = RedrivenLetter::Ignore{}};
  const auto envelope = events::parse_push(kept.letter.message);
  if (!envelope) {
    letter.becomes = failed_again(envelope.error().code, envelope.error().message);
    return letter;
  }
  ReceivedMessage message = receive(envelope->message);
  if (is_from_future(message)) {
    letter.becomes =
        failed_again("from_future", "Its time lies too far ahead of this machine's clock.");
    return letter;
  }
  Inbox inbox;
  const Origin origin = origin_of(message, Beyond::kUntrue);
  sort_in(message, origin, inbox);
  if (!inbox.orders.empty()) return std::move(inbox.orders.front());
  if (!inbox.letters.empty()) {
    DeadLetter& failed = inbox.letters.front();
    letter.becomes = failed_again(std::move(failed.code), std::move(failed.reason));
  }
  return letter;
}

RedrivenLetter Projector::judge_again(std::int64_t number, IncomingOrder order) {
  RedrivenLetter letter{.number = number, .becomes = {}};
  Decision decision = decide(order, prices_.versions_of(order.event.data.product_id));
  if (auto* project = std::get_if<Project>(&decision)) {
    letter.becomes = PricedOrder{std::move(order), std::move(project->price)};
  } else if (auto* failed = std::get_if<DeadLetter>(&decision)) {
    letter.becomes = std::move(*failed);
  } else {
    letter.becomes = std::move(order);
  }
  return letter;
}

runtime::Task<std::vector<std::int64_t>> Projector::drop_letters(
    std::vector<std::int64_t> numbers) {
  const auto guard = co_await serial_.lock();
  auto dropped = co_await store_.drop_letters(std::move(numbers));
  metrics_.dropped_letters.add(dropped.size());
  co_return dropped;
}

}  // namespace orderly::orderinfo
