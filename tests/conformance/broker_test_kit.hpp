#pragma once

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.hpp"
#include "broker/broker.hpp"
#include "broker/message_source.hpp"
#include "runtime/signal.hpp"
#include "runtime/suspend.hpp"

/// What tests of brokers, relays and subscribers share.
namespace orderly::testing {

/// Runs a task on a loop that `run_until` drives, and gives its value.
template <class T>
T run_task(runtime::EventLoop& loop, const std::function<bool(const std::function<bool()>&)>& drive,
           runtime::Task<T> task) {
  std::exception_ptr error;
  bool done = false;
  std::conditional_t<std::is_void_v<T>, bool, std::optional<T>> value{};
  if constexpr (std::is_void_v<T>) {
    boost::asio::co_spawn(loop.executor(), std::move(task), [&](const std::exception_ptr& e) {
      error = e;
      done = true;
    });
  } else {
    boost::asio::co_spawn(loop.executor(), std::move(task),
                          [&](const std::exception_ptr& e, T result) {
                            error = e;
                            value = std::move(result);
                            done = true;
                          });
  }
  if (!drive([&] { return done; })) throw std::runtime_error("a task did not end in time");
  if (error) std::rethrow_exception(error);
  if constexpr (!std::is_void_v<T>) return std::move(*value);
}

/// A subscriber that remembers what it got and answers as it is told.
class Subscriber final : public broker::Endpoint {
 public:
  struct Received {
    std::string data;
    std::string key;
    std::int64_t attempt;
    SteadyTime at;
  };

  explicit Subscriber(runtime::EventLoop& loop) : loop_(loop) {}

  runtime::Task<std::vector<broker::Outcome>> deliver(
      std::span<const broker::Delivery> batch) override {
    if (away) throw Unavailable("the subscriber is away");
    largest_batch = std::max(largest_batch, batch.size());
    std::vector<broker::Outcome> outcomes;
    for (const auto& delivery : batch) {
      received.push_back({delivery.message->data, delivery.message->ordering_key, delivery.attempt,
                          loop_.steady_now()});
      outcomes.push_back(decide(delivery));
    }
    in_flight += batch.size();
    most_in_flight = std::max(most_in_flight, in_flight);
    while (hanging) {
      const auto ticket = opened.ticket();
      co_await opened.wait(loop_, ticket, loop_.steady_now() + std::chrono::hours(24));
    }
    in_flight -= batch.size();
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (outcomes[i].acknowledged) acknowledged.push_back(batch[i].message->data);
    }
    co_return outcomes;
  }

  void let_go() {
    hanging = false;
    opened.notify();
  }
  [[nodiscard]] std::int64_t count(const std::string& data) const {
    return std::ranges::count(received, data, &Received::data);
  }
  [[nodiscard]] std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    for (const auto& one : received) {
      texts.push_back(one.data);
    }
    return texts;
  }

  std::function<broker::Outcome(const broker::Delivery&)> decide = [](const broker::Delivery&) {
    return broker::Outcome::acknowledge();
  };
  bool away = false;
  bool hanging = false;
  runtime::Signal opened;
  std::vector<Received> received;
  std::vector<std::string> acknowledged;
  std::size_t in_flight = 0;
  std::size_t most_in_flight = 0;
  std::size_t largest_batch = 0;

 private:
  runtime::EventLoop& loop_;
};

/// Event number `position` of a feed, as a message; its data is its number.
inline events::Message feed_message(const Uuid& epoch, Position position, const std::string& key) {
  events::Message message;
  message.data = std::to_string(position);
  Uuid event_id;
  for (int byte = 0; byte < 8; ++byte) {
    event_id.bytes[15 - byte] = static_cast<std::byte>(position >> (8 * byte) & 0xff);
  }
  message.attributes.set(events::kEventIdAttribute, event_id.to_string());
  message.attributes.set(events::kEpochAttribute, epoch.to_string());
  message.attributes.set(events::kPositionAttribute, std::to_string(position));
  message.ordering_key = key;
  message.publish_time = UtcTime(std::chrono::seconds(1'700'000'000 + position));
  return message;
}

/// A feed in memory. Like a store on another disk it outlives the broker's crashes.
class MemorySource final : public broker::MessageSource {
 public:
  explicit MemorySource(runtime::EventLoop* loop = nullptr) : loop_(loop) {}

  const events::Message& append(const std::string& key) {
    messages_.push_back(feed_message(epoch, static_cast<Position>(messages_.size()) + 1, key));
    appended.notify();
    return messages_.back();
  }
  void wait_on(runtime::EventLoop& loop) { loop_ = &loop; }

  runtime::Task<Result<broker::MessagePage>> read(Cursor after, std::size_t limit,
                                                  std::chrono::milliseconds wait) override {
    for (;;) {
      const auto ticket = appended.ticket();
      ++reads;
      if (slow > std::chrono::milliseconds(0)) {
        ++slow_reads;
        co_await loop_->sleep_for(slow);
        --slow_reads;
      }
      if (away) throw Unavailable("the source is away");
      const auto head = static_cast<Position>(messages_.size());
      if ((!after.epoch.is_nil() && after.epoch != epoch) || after.position > head) {
        co_return failure(ErrorKind::kConflict, "position_conflict", "another history");
      }
      broker::MessagePage page{.epoch = epoch, .head = head, .messages = {}};
      const auto first = messages_.begin() + after.position;
      const auto count =
          std::min<std::ptrdiff_t>(static_cast<std::ptrdiff_t>(limit), messages_.end() - first);
      page.messages.assign(first, first + count);
      if (count > 0 || wait.count() == 0) co_return page;
      if (!co_await appended.wait(*loop_, ticket, loop_->steady_now() + wait)) co_return page;
    }
  }

  [[nodiscard]] UtcTime time_of(Position position) const {
    return messages_.at(static_cast<std::size_t>(position) - 1).publish_time;
  }

  Uuid epoch = *Uuid::parse("0190b3a0-0000-7000-8000-000000000001");
  bool away = false;
  std::chrono::milliseconds slow{0};  ///< so long every read takes
  std::int64_t reads = 0;
  std::int64_t slow_reads = 0;  ///< under way
  runtime::Signal appended;

 private:
  runtime::EventLoop* loop_;
  std::vector<events::Message> messages_;
};

}  // namespace orderly::testing
