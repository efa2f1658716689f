#include <algorithm>
#include <utility>

#include "broker/embedded/embedded_broker.hpp"
#include "broker/embedded/failures.hpp"
#include "telemetry/log.hpp"

/// What the broker does when the feed of a topic has another history.
namespace orderly::broker {

std::optional<Cursor> EmbeddedBroker::published(std::string_view name) const {
  const auto topic = topics_.find(name);
  if (topic == topics_.end()) return std::nullopt;
  return topic->second->state().published;
}

runtime::Task<Result<std::vector<Cursor>>> EmbeddedBroker::places(std::string name) {
  const Topic* topic = find_topic(name);
  if (topic == nullptr) co_return not_found("topic", name);
  auto places = store_.places(topic->state().id);
  // The newest ones may not be saved yet, or may have been saved and not be reached again.
  const Cursor& published = topic->state().published;
  std::erase_if(places, [&](const Cursor& place) { return place.position >= published.position; });
  places.push_back(published);
  co_return places;
}

runtime::Task<Result<void>> EmbeddedBroker::take_back(std::string name, Cursor to) {
  Topic* topic = find_topic(name);
  if (topic == nullptr) co_return not_found("topic", name);
  const Cursor published = topic->state().published;
  if (to.position > published.position) {
    co_return invalid("to", "Position " + std::to_string(to.position) + " was not published to " +
                                name + " yet.");
  }
  TopicState state = topic->taken_back(to);
  std::vector<Store::SavedProgress> progress;
  const bool is_view = state.is_view;
  for (const Subscription* subscription : topic->subscribers()) {
    if (is_view) progress.push_back({subscription->id(), subscription->progress_up_to(state.head)});
  }
  store_.take_back(state, progress,
                   {.topic = name,
                    .epoch = published.epoch,
                    .after = to.position,
                    .upto = published.position,
                    .taken_at = loop_.utc_now()});
  const bool is_shorter = state.head < topic->head();
  topic->go_on_from(std::move(state));
  const auto subscribers = topic->subscribers();
  for (std::size_t i = 0; is_shorter && i < progress.size(); ++i) {
    subscribers[i]->restart_with(progress[i].progress);
  }
  log::warning("a topic goes on from where its feed forked",
               {{"topic", name}, {"published", published.position}, {"fork", to.position}});
  co_return Result<void>();
}

}  // namespace orderly::broker
