#pragma once

#include <string>
#include <utility>
#include <vector>

#include "events/feed.hpp"
#include "events/feed_cursor.hpp"
#include "events/products.hpp"

namespace orderly::testing {

/// A log of products in memory, which tells of what is appended at once, or when it is to. One
/// thread appends and reads.
class MemoryLog final : public events::EventLog<events::ProductPut> {
 public:
  MemoryLog() { epoch.bytes.fill(std::byte{0xee}); }

  void append(std::string id) {
    const auto position = static_cast<Position>(events.size() + 1);
    Uuid event_id;
    event_id.bytes.fill(static_cast<std::byte>(position));
    events.push_back({.position = position,
                      .event_id = event_id,
                      .accepted_at = UtcTime(std::chrono::seconds(position)),
                      .trace = {},
                      .data = {{std::move(id)}, "Name", 100}});
    if (tells_at_once) tell();
  }
  void tell() {
    told_ = events.size();
    appended_.notify();
  }

  Result<events::FeedPage<events::ProductPut>> read_events(const Cursor& after,
                                                           std::size_t limit) const override {
    if (unavailable) throw Unavailable("the log is away");
    const auto head = static_cast<Position>(events.size());
    std::optional<Uuid> here;
    if (after.position > 0 && after.position <= head) {
      here = events[static_cast<std::size_t>(after.position) - 1].event_id;
    }
    if (auto ok = events::check_cursor(after, {epoch, head, here}); !ok) {
      return std::unexpected(ok.error());
    }
    events::FeedPage<events::ProductPut> page{.epoch = epoch, .head = head, .events = {}};
    for (auto i = static_cast<std::size_t>(after.position); i < told_ && page.events.size() < limit;
         ++i) {
      page.events.push_back(events[i]);
    }
    return page;
  }
  runtime::Signal& appended() const override { return appended_; }
  [[nodiscard]] bool tells_of(Position position) const override {
    return told_ >= static_cast<std::size_t>(position);
  }

  Uuid epoch;
  std::vector<events::Recorded<events::ProductPut>> events;
  bool unavailable = false;
  bool tells_at_once = true;

 private:
  std::size_t told_ = 0;
  mutable runtime::Signal appended_;
};

}  // namespace orderly::testing
