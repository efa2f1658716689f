#include <algorithm>
#include <utility>

#include "broker/embedded/dead_letters.hpp"
#include "broker/embedded/embedded_broker.hpp"
#include "broker/embedded/failures.hpp"
#include "broker/embedded/under_way.hpp"

/// How the broker keeps dead letters, and what becomes of them.
namespace orderly::broker {

bool EmbeddedBroker::has_room_for_letters(const Subscription& subscription, std::size_t more) {
  if (store_.letter_count(subscription.id()) + more <= kMaxDeadLetters) return true;
  // Whoever subscribes to the topic of dead letters has them all the same.
  const auto& config = subscription.config();
  const Topic* topic = config.dead_letter ? find_topic(config.dead_letter->topic) : nullptr;
  return topic != nullptr && !topic->subscribers().empty() && !config.waits_behind_dead_letters;
}

/// New letters go to their topic, too; one that was redriven is there already.
void EmbeddedBroker::forward(Subscription& from, std::vector<DeadLetter> letters,
                             Ledger::Progress progress) {
  const auto& config = from.config();
  const std::size_t count = store_.letter_count(from.id());
  std::size_t room = kMaxDeadLetters - std::min(count, kMaxDeadLetters);
  std::vector<events::Message> messages;
  std::vector<Store::Buried> kept;
  for (const auto& letter : letters) {
    if (letter.message) {
      messages.push_back(
          dead_letter(*letter.message, options_.project, config.name, letter.attempts));
      if (room == 0) continue;
      --room;
    }
    kept.push_back({letter.position, letter.attempts, letter.error, letter.message});
  }
  Topic* const topic = config.dead_letter ? find_topic(config.dead_letter->topic) : nullptr;
  const Store::SavedProgress source{from.id(), std::move(progress)};
  if (messages.empty()) {
    store_.bury({}, source, from.topic().state(), kept);
    return;
  }
  if (topic == nullptr) throw Unavailable("the dead letter topic of " + config.name + " is gone");
  auto addition = topic->prepare(std::move(messages));
  store_.bury({&addition.state, addition.messages}, source, from.topic().state(), kept);
  topic->accept(std::move(addition));
  advanced(*topic);
}

MessagePtr EmbeddedBroker::read_letter(const Subscription& subscription, Position position) {
  auto letter = store_.letter(subscription.id(), position);
  if (!letter) return nullptr;
  return std::make_shared<const events::Message>(std::move(letter->message));
}

runtime::Task<std::vector<LetterStanding>> EmbeddedBroker::letter_standings() {
  std::vector<LetterStanding> standings;
  for (const auto& [name, subscription] : subscriptions_) {
    const std::size_t letters = store_.letter_count(subscription->id());
    if (letters == 0 && !subscription->config().dead_letter) continue;
    LetterStanding standing{.subscription = name,
                            .letters = letters,
                            .blocks_keys = subscription->config().waits_behind_dead_letters,
                            .keys_waiting = subscription->keys_waiting(),
                            .messages_waiting = subscription->messages_waiting()};
    const auto first = store_.letters(subscription->id(), {.limit = 1});
    if (!first.empty()) standing.oldest = first.front().kept_at;
    standings.push_back(std::move(standing));
  }
  co_return standings;
}

namespace {

KeptLetter::State state_of(LetterMark mark) {
  switch (mark) {
    case LetterMark::kNone:
      return KeptLetter::State::kKept;
    case LetterMark::kDead:
      return KeptLetter::State::kBlocking;
    case LetterMark::kRedriven:
      return KeptLetter::State::kRedriving;
  }
  return KeptLetter::State::kKept;
}

/// In ascending order, each once.
void sort_numbers(std::vector<Position>& numbers) {
  std::ranges::sort(numbers);
  const auto repeated = std::ranges::unique(numbers);
  numbers.erase(repeated.begin(), repeated.end());
}

}  // namespace

runtime::Task<Result<std::vector<KeptLetter>>> EmbeddedBroker::letters(std::string name,
                                                                       KeptLetterQuery query) {
  const auto subscription = find_subscription(name);
  if (subscription == nullptr) co_return not_found("subscription", name);
  auto letters = store_.letters(subscription->id(), query);
  for (KeptLetter& letter : letters)
    letter.state = state_of(subscription->mark_of(letter.number));
  co_return letters;
}

runtime::Task<Result<std::optional<KeptLetterDetail>>> EmbeddedBroker::letter(std::string name,
                                                                              Position number) {
  const auto subscription = find_subscription(name);
  if (subscription == nullptr) co_return not_found("subscription", name);
  auto letter = store_.letter(subscription->id(), number);
  if (letter) letter->kept.state = state_of(subscription->mark_of(number));
  co_return letter;
}

LetterResult EmbeddedBroker::fate_of(const Subscription& subscription, std::uint64_t generation,
                                     Position number) {
  if (subscription.mark_of(number) == LetterMark::kRedriven) return {number, LetterFate::kPending};
  // A letter that is held no more was acknowledged, or is one again: then it has a row that is not
  // to be taken away.
  const auto kept = store_.letter(subscription.id(), number);
  if (kept) return {number, LetterFate::kFailed, kept->kept.error};
  const bool was_ended = generation != subscription.generation();
  return {number, was_ended ? LetterFate::kGone : LetterFate::kAcknowledged};
}

runtime::Task<Result<std::vector<LetterResult>>> EmbeddedBroker::redrive_letters(
    std::string name, std::vector<Position> numbers, std::chrono::milliseconds wait) {
  const auto subscription = find_subscription(name);
  if (subscription == nullptr) co_return not_found("subscription", name);
  if (subscription->detached()) {
    co_return conflict("subscription_detached",
                       "Subscription " + name + " is detached from its topic.");
  }
  if (stopped_) throw Unavailable("the broker stops");
  const UnderWay under_way(calls_, calls_ended_);
  sort_numbers(numbers);
  std::vector<LetterResult> results;
  for (const Position number : numbers) {
    const auto letter = store_.letter(subscription->id(), number);
    results.push_back({number, letter ? LetterFate::kPending : LetterFate::kGone});
    if (letter) subscription->redrive(letter->kept);
  }
  changed(*subscription);
  save();
  const std::uint64_t generation = subscription->generation();
  const SteadyTime deadline = loop_.steady_now() + wait;
  for (;;) {
    const auto ticket = subscription->answers().ticket();
    bool pending = false;
    for (LetterResult& result : results) {
      if (result.fate != LetterFate::kPending) continue;
      pending = pending || subscription->mark_of(result.number) == LetterMark::kRedriven;
    }
    if (!pending || stopped_ || subscription->detached()) break;
    if (!co_await subscription->answers().wait(loop_, ticket, deadline)) break;
  }
  save();  // with it the rows of what was acknowledged go
  for (LetterResult& result : results) {
    if (result.fate != LetterFate::kPending) continue;
    result = fate_of(*subscription, generation, result.number);
  }
  co_return results;
}

runtime::Task<Result<std::vector<LetterResult>>> EmbeddedBroker::drop_letters(
    std::string name, std::vector<Position> numbers) {
  const auto subscription = find_subscription(name);
  if (subscription == nullptr) co_return not_found("subscription", name);
  sort_numbers(numbers);
  std::vector<LetterResult> results;
  std::vector<Position> dropped;
  for (const Position number : numbers) {
    LetterResult result{number, LetterFate::kGone};
    if (subscription->is_in_flight(number)) {
      result.fate = LetterFate::kInFlight;
    } else if (store_.letter(subscription->id(), number)) {
      result.fate = LetterFate::kDropped;
      dropped.push_back(number);
    }
    results.push_back(std::move(result));
  }
  store_.drop_letters(subscription->id(), dropped);
  for (const Position number : dropped)
    subscription->forget_letter(number);
  co_return results;
}

}  // namespace orderly::broker
