#include "app/recording_endpoint.hpp"

#include <optional>
#include <utility>

#include "base/text.hpp"

namespace orderly::app {
namespace {

/// The place in its feed that a message of a view names; nothing for messages of others.
std::optional<events::FeedPlace> place_of(const events::Message& message) {
  const auto* const epoch = message.attributes.find(events::kEpochAttribute);
  const auto* const position = message.attributes.find(events::kPositionAttribute);
  if (epoch == nullptr || position == nullptr) return std::nullopt;
  const auto id = Uuid::parse(*epoch);
  const auto number = parse_int64(*position);
  if (!id || !number) return std::nullopt;
  return events::FeedPlace{*id, *number};
}

}  // namespace

std::string delivery_hop(std::string_view subscription) {
  return "delivery:" + std::string(subscription);
}

RecordingEndpoint::RecordingEndpoint(std::string subscription,
                                     std::shared_ptr<broker::Endpoint> endpoint, const Clock& clock,
                                     Passages& passages)
    : hop_(delivery_hop(subscription)),
      endpoint_(std::move(endpoint)),
      clock_(clock),
      passages_(passages) {}

runtime::Task<std::vector<broker::Outcome>> RecordingEndpoint::deliver(
    std::span<const broker::Delivery> batch) {
  const UtcTime began = clock_.utc_now();
  auto outcomes = co_await endpoint_->deliver(batch);
  record(batch, outcomes, began);
  co_return outcomes;
}

void RecordingEndpoint::record(std::span<const broker::Delivery> batch,
                               const std::vector<broker::Outcome>& outcomes, UtcTime began) const {
  std::optional<Passage> run;
  const auto end_run = [&] {
    if (run) passages_.record(hop_, *std::exchange(run, std::nullopt));
  };
  const auto same_run = [&](std::size_t i) {
    return run && outcomes[i].acknowledged && outcomes[i - 1].acknowledged &&
           batch[i].attempt == run->attempt;
  };
  // Of a long batch of a feed only the ends are read: what lies between is consecutive.
  const auto first = place_of(*batch.front().message);
  const auto last = place_of(*batch.back().message);
  const bool is_run =
      first && last && last->position - first->position + 1 == static_cast<Position>(batch.size());
  if (!first) return;
  const UtcTime ended = clock_.utc_now();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    std::optional<Position> position;
    if (is_run) {
      position = first->position + static_cast<Position>(i);
    } else if (const auto place = place_of(*batch[i].message)) {
      position = place->position;
    }
    if (!position) continue;
    if (same_run(i) && *position == run->last + 1) {
      run->last = *position;
      continue;
    }
    end_run();
    run = Passage{.epoch = first->epoch,
                  .first = *position,
                  .last = *position,
                  .began = began,
                  .ended = ended,
                  .attempt = batch[i].attempt,
                  .error = outcomes[i].error};
  }
  end_run();
}

RecordingFollower::RecordingFollower(std::string subscription, broker::Follower& follower,
                                     Position taken, const Clock& clock, Passages& passages)
    : hop_(delivery_hop(subscription)),
      follower_(follower),
      taken_(taken),
      clock_(clock),
      passages_(passages) {}

runtime::Task<void> RecordingFollower::follow(Cursor head) {
  const UtcTime began = clock_.utc_now();
  const Position first = taken_ + 1;
  co_await follower_.follow(head);
  const bool is_new = head.position >= first;
  taken_ = head.position;  // which is lower than before where the feed has forked
  if (!is_new) co_return;
  passages_.record(hop_, {.epoch = head.epoch,
                          .first = first,
                          .last = head.position,
                          .began = began,
                          .ended = clock_.utc_now()});
}

}  // namespace orderly::app
