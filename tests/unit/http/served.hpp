#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "http/server.hpp"
#include "support/without_io_uring.hpp"

namespace orderly::testing {

/// A request for `path`, with `more` header lines.
inline std::string get(const std::string& path, const std::string& more = "") {
  return "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + more + "\r\n";
}

/// A blocking TCP connection to this machine, for bytes that no client would send. Every wait ends
/// after kPatience.
class RawSocket {
 public:
  static constexpr std::chrono::seconds kPatience{10};

  explicit RawSocket(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    const timeval patience{.tv_sec = kPatience.count(), .tv_usec = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("cannot connect");
    }
  }

  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;
  ~RawSocket() { ::close(fd_); }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;  // the peer has closed; what it said can still be read
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  void finish_sending() { ::shutdown(fd_, SHUT_WR); }
  /// Its end is then a reset, and no FIN.
  void reset_when_closed() {
    const linger none{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  }

  /// Everything until the peer closes.
  std::string read_all() {
    while (read_more()) {
    }
    return std::exchange(text_, {});
  }
  /// One response with a Content-Length, header included; what was read so far if the peer closes.
  std::string read_response(bool to_head = false) {
    for (;;) {
      const std::size_t header = text_.find("\r\n\r\n");
      if (header != std::string::npos) {
        std::size_t size = header + 4;
        const std::size_t length = text_.find("Content-Length: ");
        if (!to_head && length < header) size += std::stoul(text_.substr(length + 16, 20));
        if (text_.size() >= size) {
          std::string response = text_.substr(0, size);
          text_.erase(0, size);
          return response;
        }
      }
      if (!read_more()) return std::exchange(text_, {});
    }
  }
  /// True when the peer closes without another byte.
  bool is_closed() { return !read_more() && text_.empty() && closed_; }

 private:
  bool read_more() {
    char buffer[4096];
    const auto size = ::recv(fd_, buffer, sizeof buffer, 0);
    if (size <= 0) {
      closed_ = size == 0 || errno == ECONNRESET;
      return false;
    }
    text_.append(buffer, static_cast<std::size_t>(size));
    return true;
  }

  int fd_;
  bool closed_ = false;
  std::string text_;
};

/// A server on a loop and thread of its own.
class Served {
 public:
  using AddRoutes = std::function<void(http::Router&, runtime::EventLoop&)>;

  /// Through io_uring from the first request on, unless `limits` or the kernel say otherwise.
  explicit Served(const AddRoutes& add_routes, http::ServerLimits limits = {}) {
    if (limits.ring_from == http::ServerLimits{}.ring_from) limits.ring_from = 0;
    add_routes(router, loop);
    server.emplace(loop, router, metrics, random, limits);
    port = server->listen("127.0.0.1", 0).value();
    thread_ = std::thread([this] {
      if (std::getenv("ORDERLY_TEST_WITHOUT_IO_URING") != nullptr) deny_io_uring();
      loop.run();
    });
  }
  ~Served() {
    if (server) stop(std::chrono::milliseconds(100));
    loop.stop();
    thread_.join();
  }

  /// Runs `task` on the server's loop.
  template <class T>
  T run(runtime::Task<T> task) {
    auto future = boost::asio::co_spawn(loop.executor(), std::move(task), boost::asio::use_future);
    if (future.wait_for(std::chrono::seconds(20)) != std::future_status::ready) {
      throw std::runtime_error("the task does not end");
    }
    return future.get();
  }
  void stop(std::chrono::milliseconds grace) {
    run(server->stop(grace));
    run([](std::optional<http::Server>& s) -> runtime::Task<void> {
      s.reset();
      co_return;
    }(server));
  }

  SystemClock clock;
  runtime::AsioEventLoop loop{clock};
  telemetry::Metrics metrics;
  SeededRandom random{1};
  http::Router router{metrics};
  std::optional<http::Server> server;
  std::uint16_t port = 0;

 private:
  std::thread thread_;
};

}  // namespace orderly::testing
