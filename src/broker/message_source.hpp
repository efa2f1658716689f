#pragma once

#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

#include "base/position.hpp"
#include "base/result.hpp"
#include "events/feed.hpp"
#include "events/message.hpp"
#include "runtime/task.hpp"

namespace orderly::broker {

/// A page of a feed, as messages that carry their place in it.
struct MessagePage {
  Uuid epoch;
  Position head = 0;
  std::vector<events::Message> messages;
};

/// A feed whose events are messages: what a relay reads, and what a topic is a view over.
class MessageSource {
 public:
  virtual ~MessageSource() = default;
  /// As events::Feed::read: kConflict where the reader's history is another one, throws
  /// Unavailable, ends early when the task is stopped.
  virtual runtime::Task<Result<MessagePage>> read(Cursor after, std::size_t limit,
                                                  std::chrono::milliseconds wait) = 0;
  /// As events::Feed::read_span.
  virtual runtime::Task<Result<events::FeedSpan>> read_span(Cursor after,
                                                            std::chrono::milliseconds wait);
};

/// The feed of one kind of event as a source of messages.
template <class Event>
class FeedSource final : public MessageSource {
 public:
  /// `feed` outlives this.
  explicit FeedSource(events::Feed<Event>& feed) : feed_(feed) {}

  runtime::Task<Result<MessagePage>> read(Cursor after, std::size_t limit,
                                          std::chrono::milliseconds wait) override {
    auto page = co_await feed_.read(after, limit, wait);
    if (!page) co_return std::unexpected(std::move(page.error()));
    MessagePage messages{.epoch = page->epoch, .head = page->head, .messages = {}};
    messages.messages.reserve(page->events.size());
    for (const auto& event : page->events) {
      // Unqualified: the event's own namespace says what its message is.
      messages.messages.push_back(to_message(page->epoch, event));
    }
    co_return messages;
  }

  runtime::Task<Result<events::FeedSpan>> read_span(Cursor after,
                                                    std::chrono::milliseconds wait) override {
    return feed_.read_span(after, wait);
  }

 private:
  events::Feed<Event>& feed_;
};

}  // namespace orderly::broker
