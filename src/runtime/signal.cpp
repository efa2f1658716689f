#include "runtime/signal.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace orderly::runtime {

Signal::Ticket Signal::ticket() const {
  const std::lock_guard lock(mutex_);
  return generation_;
}

void Signal::notify() {
  std::vector<Waiter> woken;
  {
    const std::lock_guard lock(mutex_);
    ++generation_;
    woken.swap(waiters_);
  }
  for (auto& waiter : woken) {
    asio::post(waiter.executor, [timer = std::move(waiter.timer)] { timer->cancel(); });
  }
}

Task<bool> Signal::wait(EventLoop& loop, Ticket seen, SteadyTime deadline) {
  const std::shared_ptr<Timer> timer = loop.make_timer();
  {
    const std::lock_guard lock(mutex_);
    if (generation_ != seen) co_return true;
    waiters_.push_back({loop.executor(), timer});
  }
  // The loop is serial and nothing suspends before the timer is armed, so a notify() from another
  // thread can only cancel a timer that already waits.
  struct Leave {
    Signal& signal;
    const Timer* timer;
    ~Leave() {
      const std::lock_guard lock(signal.mutex_);
      std::erase_if(signal.waiters_, [&](const Waiter& w) { return w.timer.get() == timer; });
    }
  } leave{*this, timer.get()};
  co_await timer->wait_until(deadline);
  const std::lock_guard lock(mutex_);
  co_return generation_ != seen;
}

}  // namespace orderly::runtime
