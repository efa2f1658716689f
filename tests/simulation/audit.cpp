#include "simulation/audit.hpp"

#include <fmt/format.h>

#include <numeric>
#include <utility>

#include "base/text.hpp"
#include "events/message.hpp"

namespace orderly::simulation {

using broker::Delivery;
using broker::Outcome;
using runtime::Task;

void Audit::acknowledged(const std::string& topic, const std::string& key, Position position) {
  Topic& known = topics_[topic];
  if (!known.acknowledged.insert(position).second) return;  // again, which is allowed
  Position& newest = known.newest_of_key[key];
  if (position < newest) {
    disorder_.push_back(fmt::format("P4: {} of {} was acknowledged after {} of the same key {}",
                                    position, topic, newest, key));
  }
  newest = std::max(newest, position);
}

void Audit::put_back(const std::string& topic, Position fork) {
  Topic& known = topics_[topic];
  known.acknowledged.erase(known.acknowledged.upper_bound(fork), known.acknowledged.end());
  known.newest_of_key.clear();
}

std::size_t Audit::missing(const std::string& topic, Position head) const {
  const auto known = topics_.find(topic);
  const std::size_t there = known == topics_.end() ? 0 : known->second.acknowledged.size();
  return static_cast<std::size_t>(head) - std::min(static_cast<std::size_t>(head), there);
}

Task<std::vector<Outcome>> Subscriber::deliver(std::span<const Delivery> batch) {
  if (!calm_) {
    if (random_.one_in(8)) throw Unavailable("the subscriber is away");
    if (random_.one_in(3)) {
      co_await loop_.sleep_for(std::chrono::milliseconds(random_.below(300)));
    }
  }
  std::vector<Outcome> outcomes;
  std::set<std::string> held_back;  // what follows a rejected one of its key comes again
  for (const Delivery& delivery : batch) {
    audit_.count_delivery();
    const auto& message = *delivery.message;
    const std::string& key = message.ordering_key;
    if (!calm_ && random_.one_in(6)) {
      outcomes.push_back(Outcome::reject("a bad day"));
      held_back.insert(key);
      continue;
    }
    outcomes.push_back(Outcome::acknowledge());
    const auto* position = message.attributes.find(events::kPositionAttribute);
    if (position == nullptr || held_back.contains(key)) continue;
    audit_.acknowledged(topic_, key, parse_int64(*position).value_or(0));
  }
  co_return outcomes;
}

Task<std::vector<Outcome>> Courier::deliver(std::span<const Delivery> batch) {
  std::vector<std::size_t> order(batch.size());
  std::iota(order.begin(), order.end(), 0U);
  for (std::size_t i = order.size(); !calm_ && i > 1; --i)
    std::swap(order[i - 1], order[random_.below(i)]);

  std::vector<Outcome> outcomes(batch.size(), Outcome::reject("lost on the way"));
  for (const std::size_t index : order) {
    if (!calm_ && random_.one_in(3)) {
      co_await loop_.sleep_for(std::chrono::milliseconds(random_.below(100)));
    }
    if (!calm_ && random_.one_in(8)) continue;  // the request is lost
    bool taken = co_await push(*batch[index].message);
    if (!calm_ && random_.one_in(6)) taken = co_await push(*batch[index].message) && taken;
    if (!calm_ && random_.one_in(8)) continue;  // the answer is lost
    if (taken) outcomes[index] = Outcome::acknowledge();
  }
  co_return outcomes;
}

Task<bool> Courier::push(const events::Message& message) {
  ++pushes_;
  http::Request request{.method = http::Method::kPost, .target = "/api/v1/orderinfo/pubsub"};
  request.headers.add("Content-Type", "application/json");
  request.body = events::encode_push({.message = message,
                                      .subscription = "projects/simulation/subscriptions/courier",
                                      .delivery_attempt = 0});
  const auto response = co_await router_.dispatch(request);
  co_return response.status == 200;
}

}  // namespace orderly::simulation
