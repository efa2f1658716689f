#include "selftest/gate.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <utility>

namespace orderly::selftest {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using runtime::Task;

constexpr auto kResult = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kPieceBytes = 16UL * 1024;

tcp::endpoint at(std::uint16_t port) { return {asio::ip::address_v4::loopback(), port}; }

}  // namespace

Gate::Gate(runtime::EventLoop& loop, std::uint16_t target, Random& random)
    : loop_(loop),
      target_(target),
      random_(random),
      acceptor_(loop.executor(), at(0)),
      port_(acceptor_.local_endpoint().port()),
      tasks_(loop) {}

void Gate::start() { tasks_.spawn("gate", accept()); }

Task<void> Gate::stop() {
  close();
  tasks_.stop();
  co_await tasks_.join();
}

void Gate::misbehave(std::chrono::milliseconds delay, std::uint64_t cut_one_in) {
  delay_ = delay;
  cut_one_in_ = cut_one_in;
}

void Gate::behave() {
  is_open_ = true;
  misbehave(std::chrono::milliseconds(0), 0);
}

void Gate::close() {
  is_open_ = false;
  for (const auto& weak : std::exchange(pairs_, {})) {
    if (const auto pair = weak.lock()) hang_up(*pair);
  }
}

void Gate::hang_up(Pair& pair) {
  boost::system::error_code ignored;
  pair.client.shutdown(tcp::socket::shutdown_both, ignored);
  pair.server.shutdown(tcp::socket::shutdown_both, ignored);
}

Task<void> Gate::accept() {
  for (;;) {
    auto [error, client] = co_await acceptor_.async_accept(kResult);
    if (error == asio::error::operation_aborted) throw boost::system::system_error(error);
    if (error || !is_open_) continue;
    auto pair = std::make_shared<Pair>(std::move(client), Socket(loop_.executor()));
    pairs_.remove_if([](const auto& weak) { return weak.expired(); });
    pairs_.push_back(pair);
    tasks_.spawn("gate connection", connect(std::move(pair)));
  }
}

Task<void> Gate::connect(std::shared_ptr<Pair> pair) {
  const auto [error] = co_await pair->server.async_connect(at(target_), kResult);
  if (error) co_return;  // the client's end is closed with the pair
  ++passed_;
  tasks_.spawn("gate to server", carry(pair, true));
  tasks_.spawn("gate to client", carry(pair, false));
}

Task<void> Gate::carry(std::shared_ptr<Pair> pair, bool to_server) {
  Socket& from = to_server ? pair->client : pair->server;
  Socket& to = to_server ? pair->server : pair->client;
  std::array<char, kPieceBytes> piece{};
  for (;;) {
    const auto [read_error, size] = co_await from.async_read_some(asio::buffer(piece), kResult);
    if (read_error) break;
    if (delay_.count() > 0) {
      const auto late = random_.below(static_cast<std::uint64_t>(delay_.count()));
      co_await loop_.sleep_for(std::chrono::milliseconds(late));
    }
    const bool cuts = cut_one_in_ > 0 && random_.one_in(cut_one_in_);
    const std::size_t passes = cuts ? size / 2 : size;
    cut_ += cuts ? 1 : 0;
    const auto [write_error, written] =
        co_await asio::async_write(to, asio::buffer(piece.data(), passes), kResult);
    if (write_error || cuts) break;
  }
  hang_up(*pair);
}

}  // namespace orderly::selftest
