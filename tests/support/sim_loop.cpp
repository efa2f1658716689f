#include "support/sim_loop.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <utility>

namespace orderly::testing {
namespace asio = boost::asio;

/// A real timer that never expires by itself: virtual time expires it by cancelling it, so that
/// stopping a task works as with any other timer.
class SimLoop::SimTimer final : public runtime::Timer {
 public:
  explicit SimTimer(SimLoop& loop) : loop_(loop), never_(loop.context_) {}

  runtime::Task<bool> wait_until(SteadyTime deadline) override {
    struct Registered {
      Timers& timers;
      Timers::iterator entry;
      SimTimer& timer;
      ~Registered() {
        if (!timer.fired_) timers.erase(entry);
      }
    };
    fired_ = false;
    const Registered registered{loop_.timers_, loop_.timers_.emplace(deadline, this), *this};
    never_.expires_at(asio::steady_timer::time_point::max());
    co_await never_.async_wait(asio::as_tuple(asio::use_awaitable));
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
      throw boost::system::system_error(asio::error::operation_aborted);
    }
    co_return fired_;
  }
  void cancel() override { never_.cancel(); }

  /// Its time has come; it is no longer among the loop's timers.
  void fire() {
    fired_ = true;
    never_.cancel();
  }

 private:
  SimLoop& loop_;
  asio::steady_timer never_;
  bool fired_ = false;
};

std::unique_ptr<runtime::Timer> SimLoop::make_timer() { return std::make_unique<SimTimer>(*this); }

bool SimLoop::run_until(const std::function<bool()>& done, SteadyTime deadline) {
  for (;;) {
    while (context_.poll_one() != 0) {
      if (done()) return true;
    }
    if (done()) return true;
    if (!advance(deadline)) return false;
  }
}

bool SimLoop::advance(SteadyTime deadline) {
  const auto next = timers_.begin();
  if (next == timers_.end() || next->first > deadline) {
    clock_.advance_to(std::max(deadline, clock_.steady_now()));
    return false;
  }
  if (next->first > clock_.steady_now()) clock_.advance_to(next->first);
  SimTimer* const timer = next->second;
  timers_.erase(next);
  timer->fire();
  return true;
}

}  // namespace orderly::testing
