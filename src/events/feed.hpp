#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "base/clock.hpp"
#include "base/position.hpp"
#include "base/result.hpp"
#include "base/trace.hpp"
#include "runtime/signal.hpp"

/// A service is the archive of its own events; others read it from a position on. That is the whole
/// contract between a producer and its consumers; brokers and pushes only make it faster.
namespace orderly::events {

inline constexpr std::size_t kMaxFeedPage = 1000;  ///< events an answer
inline constexpr std::chrono::milliseconds kMaxFeedWait{30'000};

/// An event as its producer recorded it.
template <class Event>
struct Recorded {
  Position position = 0;
  Uuid event_id;
  UtcTime accepted_at{};  ///< given by the producer's writer; never falls with the position
  TraceContext trace;     ///< empty: none
  Event data;

  bool operator==(const Recorded&) const = default;
};

template <class Event>
struct FeedPage {
  Uuid epoch;
  Position head = 0;  ///< of the newest event there is; lag is measured from here
  std::vector<Recorded<Event>> events;

  bool operator==(const FeedPage&) const = default;
};

/// The cursor of a reader that has settled all of `page` (which must not be empty).
template <class Event>
Cursor cursor_after(const FeedPage<Event>& page) {
  return {page.epoch, page.events.back().position, page.events.back().event_id};
}

/// The producer's side, implemented by its store. Any thread may call.
template <class Event>
class EventLog {
 public:
  virtual ~EventLog() = default;
  /// The events after `after` in position order, at most `limit` (≤ kMaxFeedPage). kConflict with
  /// code "position_conflict" where the reader's epoch is another one, its position lies beyond the
  /// head, or another event stands at its position. A nil epoch or event id is not compared.
  /// Throws Unavailable.
  virtual Result<FeedPage<Event>> read_events(const Cursor& after, std::size_t limit) const = 0;
  /// Notified after each commit that appended events.
  virtual runtime::Signal& appended() const = 0;
};

/// The consumer's side: the port through which a service reads another's events. app/ gives it an
/// in-process adapter (LocalFeed) or an HTTP one (HttpFeed).
template <class Event>
class Feed {
 public:
  virtual ~Feed() = default;
  /// As EventLog::read_events; where nothing is there yet, answers after at most `wait`
  /// (≤ kMaxFeedWait) with an empty page. Throws Unavailable; ends early when the task is stopped.
  virtual runtime::Task<Result<FeedPage<Event>>> read(Cursor after, std::size_t limit,
                                                      std::chrono::milliseconds wait) = 0;
};

/// Reads a log of the same process.
template <class Event>
class LocalFeed final : public Feed<Event> {
 public:
  /// `loop` is the reader's.
  LocalFeed(runtime::EventLoop& loop, const EventLog<Event>& log) : loop_(loop), log_(log) {}

  runtime::Task<Result<FeedPage<Event>>> read(Cursor after, std::size_t limit,
                                              std::chrono::milliseconds wait) override {
    const SteadyTime deadline = loop_.steady_now() + wait;
    for (;;) {
      const auto ticket = log_.appended().ticket();
      auto page = log_.read_events(after, limit);
      if (!page || !page->events.empty() || wait.count() <= 0) co_return page;
      if (!co_await log_.appended().wait(loop_, ticket, deadline)) co_return page;
    }
  }

 private:
  runtime::EventLoop& loop_;
  const EventLog<Event>& log_;
};

}  // namespace orderly::events
