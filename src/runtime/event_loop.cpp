#include "runtime/event_loop.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

namespace orderly::runtime {
namespace {

class AsioTimer final : public Timer {
 public:
  explicit AsioTimer(const Executor& executor) : timer_(executor) {}

  Task<bool> wait_until(SteadyTime deadline) override {
    timer_.expires_at(deadline);
    auto [error] = co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
    const auto state = co_await asio::this_coro::cancellation_state;
    if (state.cancelled() != asio::cancellation_type::none) {
      throw boost::system::system_error(asio::error::operation_aborted);
    }
    co_return !error;
  }
  void cancel() override { timer_.cancel(); }

 private:
  asio::steady_timer timer_;
};

}  // namespace

Task<void> EventLoop::sleep_for(std::chrono::nanoseconds duration) {
  const auto timer = make_timer();
  co_await timer->wait_until(steady_now() + duration);
}

std::unique_ptr<Timer> AsioEventLoop::make_timer() {
  return std::make_unique<AsioTimer>(executor());
}

void AsioEventLoop::run() { context_.run(); }

}  // namespace orderly::runtime
