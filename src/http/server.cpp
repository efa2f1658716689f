#include "http/server.hpp"

#include <algorithm>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <ctime>
#include <exception>
#include <unordered_set>
#include <utility>
#include <vector>

#include "http/connection.hpp"
#include "http/problem.hpp"
#include "runtime/signal.hpp"
#include "runtime/task_group.hpp"
#include "telemetry/log.hpp"

namespace orderly::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// IMF-fixdate of RFC 9110 5.6.7.
std::string format_http_date(UtcTime time) {
  const std::time_t seconds =
      std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, size};
}

Error listen_error(const std::string& host, std::uint16_t port,
                   const boost::system::error_code& error) {
  return {ErrorKind::kUnavailable, "cannot_listen",
          "Cannot listen on " + host + ":" + std::to_string(port) + ": " + error.message() + ".",
          ""};
}

constexpr std::chrono::milliseconds kAcceptPause{100};  ///< when there are no descriptors left

}  // namespace

class Server::Impl {
 public:
  Impl(runtime::EventLoop& loop, Router& router, telemetry::Metrics& metrics, Random& random,
       ServerLimits limits)
      : shared_{.loop = loop,
                .router = router,
                .random = random,
                .limits = limits,
                .timeouts = metrics.counter("orderly_http_timeouts_total",
                                            "Connections whose peer was too slow"),
                .protocol_errors = metrics.counter("orderly_http_protocol_errors_total",
                                                   "Requests that broke the rules of HTTP"),
                .overloaded = metrics.counter("orderly_http_overloaded_total",
                                              "Connections and requests refused for their number"),
                .abandoned = metrics.counter("orderly_http_abandoned_total",
                                             "Requests stopped because their client had gone"),
                .date = format_http_date(loop.utc_now())},
        acceptor_(loop.executor()),
        connection_tasks_(loop),
        background_(loop) {
    gauges_.push_back(metrics.gauge_callback("orderly_http_connections", "Open connections", {},
                                             [this] { return static_cast<double>(open_.load()); }));
    gauges_.push_back(
        metrics.gauge_callback("orderly_http_streams", "Answers being streamed", {},
                               [this] { return static_cast<double>(shared_.streams.load()); }));
    gauges_.push_back(metrics.gauge_callback("orderly_http_io_uring",
                                             "1 while connections are served through io_uring", {},
                                             [this] { return uses_ring_ ? 1.0 : 0.0; }));
  }

  Result<std::uint16_t> listen(const std::string& host, std::uint16_t port);
  runtime::Task<void> stop(std::chrono::milliseconds grace);

  [[nodiscard]] std::size_t connections() const { return connections_.size(); }
  [[nodiscard]] std::size_t in_flight() const { return shared_.in_flight; }
  [[nodiscard]] std::size_t streams() const { return shared_.streams; }

 private:
  runtime::Task<void> accept();
  runtime::Task<void> sweep();
  /// For the connections' next requests, when so many have come in `time`.
  void choose_ring(std::uint64_t requests, std::chrono::nanoseconds time);
  class Listed;
  runtime::Task<void> serve(Listed listed);
  void refuse(tcp::socket socket);

  ServerShared shared_;
  tcp::acceptor acceptor_;
  std::unordered_set<Connection*> connections_;
  std::atomic<std::size_t> open_{0};  ///< connections_.size(), for the thread that scrapes
  std::unique_ptr<runtime::SocketRing> ring_;
  std::atomic<bool> uses_ring_{false};  ///< shared_.ring != nullptr, for the thread that scrapes
  runtime::Signal closed_;
  runtime::TaskGroup connection_tasks_;
  runtime::TaskGroup background_;
  std::vector<telemetry::Metrics::Registration> gauges_;
};

/// A connection, known to the server from its acceptance until it is gone.
class Server::Impl::Listed {
 public:
  Listed(Impl& server, tcp::socket socket)
      : server_(server),
        connection_(std::make_unique<Connection>(server.shared_, std::move(socket))) {
    server_.connections_.insert(connection_.get());
    server_.open_ = server_.connections_.size();
  }
  Listed(Listed&&) = default;
  Listed& operator=(Listed&&) = delete;
  ~Listed() {
    if (connection_ == nullptr) return;
    server_.connections_.erase(connection_.get());
    server_.open_ = server_.connections_.size();
    server_.closed_.notify();
  }

  [[nodiscard]] Connection& connection() const { return *connection_; }

 private:
  Impl& server_;
  std::unique_ptr<Connection> connection_;
};

Result<std::uint16_t> Server::Impl::listen(const std::string& host, std::uint16_t port) {
  boost::system::error_code error;
  tcp::resolver resolver(shared_.loop.executor());
  const auto found = resolver.resolve(host, std::to_string(port), tcp::resolver::passive, error);
  if (error || found.empty()) return std::unexpected(listen_error(host, port, error));
  const tcp::endpoint endpoint = found.begin()->endpoint();
  acceptor_.open(endpoint.protocol(), error);
  if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor_.bind(endpoint, error);
  if (!error) acceptor_.listen(tcp::acceptor::max_listen_connections, error);
  const tcp::endpoint bound = error ? endpoint : acceptor_.local_endpoint(error);
  if (error) {
    boost::system::error_code ignored;
    acceptor_.close(ignored);
    return std::unexpected(listen_error(host, port, error));
  }
  background_.spawn("http accept", accept());
  background_.spawn("http sweep", sweep());
  return bound.port();
}

runtime::Task<void> Server::Impl::accept() {
  ring_ = runtime::SocketRing::open(shared_.loop);  // here, on the loop's thread
  choose_ring(0, shared_.limits.sweep_interval);
  while (!shared_.stopping) {
    auto [error, socket] = co_await acceptor_.async_accept(asio::as_tuple(asio::use_awaitable));
    if (shared_.stopping) co_return;
    if (error) {
      log::warning("a connection could not be accepted", {{"error", error.message()}});
      co_await shared_.loop.sleep_for(kAcceptPause);
      continue;
    }
    socket.non_blocking(true, error);
    if (connections_.size() >= shared_.limits.max_connections) {
      refuse(std::move(socket));
    } else {
      connection_tasks_.spawn("http connection", serve(Listed(*this, std::move(socket))));
    }
  }
}

void Server::Impl::refuse(tcp::socket socket) {
  shared_.overloaded.add();
  Response response = problem(503, "overloaded", "Too many connections are open.");
  set_retry_after(response, std::chrono::seconds(1));
  std::string out;
  append_head(out, response, shared_.date, false);
  out += response.body;
  boost::system::error_code ignored;
  socket.write_some(asio::buffer(out), ignored);
  socket.shutdown(tcp::socket::shutdown_send, ignored);
  // Input that was read does not reset the connection before the peer has its answer.
  char over[1024];
  socket.read_some(asio::buffer(over), ignored);
}

runtime::Task<void> Server::Impl::serve(Listed listed) {
  try {
    co_await listed.connection().serve();
  } catch (const std::exception& error) {
    if (runtime::is_stopped(std::current_exception())) throw;
    log::error("a connection failed", {{"error", error.what()}});
  }
}

runtime::Task<void> Server::Impl::sweep() {
  std::vector<Connection*> abandoned;
  SteadyTime last = shared_.loop.steady_now();
  std::uint64_t requests = shared_.requests;
  for (;;) {
    co_await shared_.loop.sleep_for(shared_.limits.sweep_interval);
    shared_.date = format_http_date(shared_.loop.utc_now());
    const SteadyTime now = shared_.loop.steady_now();
    choose_ring(shared_.requests - std::exchange(requests, shared_.requests),
                now - std::exchange(last, now));
    for (Connection* connection : connections_) {
      connection->expire(now);
      if (connection->is_abandoned()) abandoned.push_back(connection);
    }
    // Only now: whatever ends is no longer among the connections.
    for (Connection* connection : abandoned) {
      if (connections_.contains(connection)) connection->abandon();
    }
    abandoned.clear();
  }
}

void Server::Impl::choose_ring(std::uint64_t requests, std::chrono::nanoseconds time) {
  const double rate = static_cast<double>(requests) / std::chrono::duration<double>(time).count();
  const auto enough = static_cast<double>(shared_.limits.ring_from) / (uses_ring_ ? 2 : 1);
  shared_.ring = rate >= enough ? ring_.get() : nullptr;
  uses_ring_ = shared_.ring != nullptr;
}

runtime::Task<void> Server::Impl::stop(std::chrono::milliseconds grace) {
  const SteadyTime began = shared_.loop.steady_now();
  shared_.stopping = true;
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  for (Connection* connection : connections_) {
    connection->close_if_idle();
    connection->end_stream();
  }
  for (;;) {
    const auto ticket = closed_.ticket();
    if (connections_.empty()) break;
    const bool only_polls = std::ranges::all_of(connections_, &Connection::may_wait);
    const SteadyTime deadline = began + (only_polls ? std::min(grace, kPollGrace) : grace);
    if (!co_await closed_.wait(shared_.loop, ticket, deadline)) break;
  }
  connection_tasks_.stop();
  co_await connection_tasks_.join();
  background_.stop();
  co_await background_.join();
}

Server::Server(runtime::EventLoop& loop, Router& router, telemetry::Metrics& metrics,
               Random& random, ServerLimits limits)
    : impl_(std::make_unique<Impl>(loop, router, metrics, random, limits)) {}

Server::~Server() = default;

Result<std::uint16_t> Server::listen(const std::string& host, std::uint16_t port) {
  return impl_->listen(host, port);
}

runtime::Task<void> Server::stop(std::chrono::milliseconds grace) { return impl_->stop(grace); }

std::size_t Server::connections() const { return impl_->connections(); }

std::size_t Server::in_flight() const { return impl_->in_flight(); }

std::size_t Server::streams() const { return impl_->streams(); }

}  // namespace orderly::http
