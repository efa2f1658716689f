#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/connection.hpp"
#include "http/problem.hpp"

/// How a connection is stopped, by the server or because its client has gone.
namespace orderly::http {
namespace {

namespace asio = boost::asio;

constexpr int kClientClosed = 499;  ///< as nginx counts it; RFC 9110 has no status for this

}  // namespace

/// Serves in a coroutine that can be stopped alone; a stop from outside is handed on to it.
runtime::Task<void> Connection::serve() {
  const auto outer = co_await asio::this_coro::cancellation_state;
  outer.slot().assign([this](asio::cancellation_type type) {
    if (socket_.is_on_ring()) socket_.interrupt();
    stop_.emit(type);  // and this may be gone
  });
  co_await asio::co_spawn(shared_.loop.executor(), serve_all(),
                          asio::bind_cancellation_slot(stop_.slot(), asio::use_awaitable));
}

bool Connection::is_abandoned() {
  return stop_when_abandoned_ && !abandoned_ && begin_ == end_ && socket_.peer_has_closed();
}

void Connection::abandon() {
  abandoned_ = true;
  stop_.emit(asio::cancellation_type::terminal);
}

/// The answer to a request whose handler was stopped.
Response Connection::goodbye() const {
  if (abandoned_) {
    shared_.abandoned.add();
    return problem(kClientClosed, "abandoned",
                   "The client closed its side of the connection before the answer was there.");
  }
  Response response = problem(503, "stopping", "The service is stopping.");
  set_retry_after(response, std::chrono::seconds(1));
  return response;
}

}  // namespace orderly::http
