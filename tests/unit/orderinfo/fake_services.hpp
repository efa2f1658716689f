#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "orderinfo/price_barrier.hpp"
#include "unit/orderinfo/builders.hpp"

/// The neighbours of the projector, in memory.
namespace orderly::orderinfo::testing {

template <class Event>
class MemoryLog final : public events::EventLog<Event> {
 public:
  explicit MemoryLog(Uuid epoch) : epoch_(epoch) {}

  void append(events::Recorded<Event> event) {
    event.position = head() + 1;
    events_.push_back(std::move(event));
    appended_.notify();
  }
  /// Another history under the same epoch: the log is damaged.
  void replace_all(std::vector<events::Recorded<Event>> events) {
    events_.clear();
    for (auto& event : events)
      append(std::move(event));
  }
  [[nodiscard]] Position head() const { return static_cast<Position>(events_.size()); }
  [[nodiscard]] const std::vector<events::Recorded<Event>>& all() const { return events_; }
  [[nodiscard]] const Uuid& epoch() const { return epoch_; }

  Result<events::FeedPage<Event>> read_events(const Cursor& after,
                                              std::size_t limit) const override {
    if (!available) throw Unavailable("the service is away");
    ++reads;
    const bool other_epoch = !after.epoch.is_nil() && after.epoch != epoch_;
    const bool other_event =
        after.position > 0 && after.position <= head() && !after.event_id.is_nil() &&
        events_[static_cast<std::size_t>(after.position) - 1].event_id != after.event_id;
    if (other_epoch || other_event || after.position > head()) {
      return failure(ErrorKind::kConflict, "position_conflict", "not what was there");
    }
    events::FeedPage<Event> page{.epoch = epoch_, .head = head(), .events = {}};
    for (auto i = static_cast<std::size_t>(after.position);
         i < events_.size() && page.events.size() < limit; ++i) {
      page.events.push_back(events_[i]);
    }
    return page;
  }
  runtime::Signal& appended() const override { return appended_; }

  bool available = true;
  mutable int reads = 0;

 private:
  Uuid epoch_;
  std::vector<events::Recorded<Event>> events_;
  mutable runtime::Signal appended_;
};

/// The product service: gives versions their time and keeps its promise about closed times.
class ProductService final : public PriceBarrier {
 public:
  explicit ProductService(Uuid epoch = kProductEpoch) : log(epoch) {}

  void put(std::string product, std::int64_t price, UtcTime now) {
    last_ = std::max(
        {now, last_ + std::chrono::microseconds(1), closed_ + std::chrono::microseconds(1)});
    log.append(product_event(log.head() + 1, std::move(product), price, last_));
  }

  runtime::Task<Result<ClosedTime>> close(UtcTime time) override {
    ++closes;
    if (!log.available) throw Unavailable("the product service is away");
    if (time > latest_allowed) {
      co_return failure(ErrorKind::kConflict, "clock_skew", "too far ahead");
    }
    closed_ = std::max(closed_, time);
    co_return ClosedTime{log.epoch(), log.head()};
  }

  MemoryLog<events::ProductPut> log;
  UtcTime latest_allowed = UtcTime::max();
  int closes = 0;

 private:
  UtcTime last_{};
  UtcTime closed_{};
};

}  // namespace orderly::orderinfo::testing
