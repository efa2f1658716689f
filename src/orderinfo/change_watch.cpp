#include "orderinfo/change_watch.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace orderly::orderinfo {
namespace {

/// If the store cannot be read.
constexpr std::chrono::milliseconds kPauseAfterFailure{100};
/// Even if nothing wakes it.
constexpr std::chrono::seconds kLookAgain{30};

}  // namespace

void ChangeWatch::begin() {
  if (watchers_++ > 0) return;
  news_.want_visible(true);
  position_ = std::max(position_, store_.progress().head);
  if (!std::exchange(started_, true)) task_.spawn("orderinfo change watch", follow());
  wanted_.notify();
}

void ChangeWatch::end() {
  if (--watchers_ == 0) news_.want_visible(false);
}

runtime::Task<void> ChangeWatch::follow() {
  for (;;) {
    const auto wanted = wanted_.ticket();
    const auto changed = news_.changed().ticket();
    if (watchers_ == 0) {
      (void)co_await wanted_.wait(loop_, wanted, loop_.steady_now() + kLookAgain);
      continue;
    }
    bool more = false;
    bool failed = false;
    try {
      more = tell();
    } catch (const Unavailable& unavailable) {
      failed = true;
      if (warnings_.pass(loop_.steady_now())) {
        log::warning("the changes cannot be read, trying again", {{"error", unavailable.what()}});
      }
    }
    if (failed) {
      co_await loop_.sleep_for(kPauseAfterFailure);
    } else if (more) {
      co_await boost::asio::post(loop_.executor(), boost::asio::use_awaitable);  // others first
    } else {
      (void)co_await news_.changed().wait(loop_, changed, loop_.steady_now() + kLookAgain);
    }
  }
}

bool ChangeWatch::tell() {
  for (const OrderId& order : news_.take_visible()) {
    for (Listener* listener : listeners_)
      listener->saw_visible(order);
  }
  // Before the changes are read: what is settled by it is among them, or told already.
  const Progress progress = store_.progress();
  bool more = false;
  if (position_ < progress.head) {
    auto page =
        store_.read_events({.epoch = {}, .position = position_, .event_id = {}}, kWatchPage);
    if (!page) throw Unavailable(page.error().message);
    more = page->events.size() == kWatchPage;
    for (const Change& change : page->events) {
      position_ = change.position;
      for (Listener* listener : listeners_)
        listener->saw_change(change);
    }
    if (!more) position_ = std::max(position_, progress.head);  // where others took the last place
  }
  if (!more) {
    for (Listener* listener : listeners_)
      listener->saw_progress(progress);
  }
  return more;
}

runtime::Task<void> ChangeWatch::stop() {
  task_.stop();
  co_await task_.join();
}

}  // namespace orderly::orderinfo
