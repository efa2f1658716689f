#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
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
  Position head = 0;  ///< of the newest event there is, which a reader may be told of later; lag is
                      ///< measured from here
  std::vector<Recorded<Event>> events;

  bool operator==(const FeedPage&) const = default;
};

/// The cursor of a reader that has settled all of `page` (which must not be empty).
template <class Event>
Cursor cursor_after(const FeedPage<Event>& page) {
  return {page.epoch, page.events.back().position, page.events.back().event_id};
}

/// How a log goes on after a cursor, without the events themselves: what a relay needs to know.
struct FeedSpan {
  Uuid epoch;
  Position head = 0;       ///< as of a page
  Cursor to;               ///< behind the last event of the span
  std::size_t events = 0;  ///< in it; the rest is only there where this is not 0
  UtcTime first_accepted{};
  UtcTime last_accepted{};
};

template <class Event>
FeedSpan span_of(const FeedPage<Event>& page) {
  FeedSpan span{.epoch = page.epoch, .head = page.head, .to = {}, .events = page.events.size()};
  if (page.events.empty()) return span;
  span.to = cursor_after(page);
  span.first_accepted = page.events.front().accepted_at;
  span.last_accepted = page.events.back().accepted_at;
  return span;
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
  /// Where the history that a reader of `epoch` has read parts from this one: all events up to
  /// there are in both, as far as the epoch tells. Nothing where it is the present epoch, or no
  /// earlier one that is known here. A hint: whether a reader stands in this history is told by the
  /// event at its position (fork.hpp). Throws Unavailable.
  [[nodiscard]] virtual std::optional<Position> fork_of(const Uuid& epoch) const {
    (void)epoch;
    return std::nullopt;
  }
  /// What comes after `after`, up to the head or only a part of it; checked as above.
  virtual Result<FeedSpan> read_span(const Cursor& after) const {
    auto page = read_events(after, kMaxFeedPage);
    if (!page) return std::unexpected(std::move(page.error()));
    return span_of(*page);
  }
  /// Notified after each commit that appended events, once they are told of.
  virtual runtime::Signal& appended() const = 0;
  /// Whether events up to there are told of. A store may show what comes of one before others may
  /// build on it, and count it in the head, and tell of it a moment later.
  [[nodiscard]] virtual bool tells_of(Position position) const {
    (void)position;
    return true;
  }
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
  /// The same of EventLog::read_span.
  virtual runtime::Task<Result<FeedSpan>> read_span(Cursor after, std::chrono::milliseconds wait) {
    auto page = co_await read(after, kMaxFeedPage, wait);
    if (!page) co_return std::unexpected(std::move(page.error()));
    co_return span_of(*page);
  }
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

  runtime::Task<Result<FeedSpan>> read_span(Cursor after, std::chrono::milliseconds wait) override {
    const SteadyTime deadline = loop_.steady_now() + wait;
    for (;;) {
      const auto ticket = log_.appended().ticket();
      auto span = log_.read_span(after);
      if (!span || span->events > 0 || wait.count() <= 0) co_return span;
      if (!co_await log_.appended().wait(loop_, ticket, deadline)) co_return span;
    }
  }

 private:
  runtime::EventLoop& loop_;
  const EventLog<Event>& log_;
};

}  // namespace orderly::events
