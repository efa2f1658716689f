#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>

#include "base/random.hpp"
#include "runtime/event_loop.hpp"
#include "runtime/task_group.hpp"

namespace orderly::selftest {

/// A TCP gate between two services: it lets through, delays or cuts what goes over it. Used on its
/// loop; stop() has been awaited before it goes.
class Gate {
 public:
  /// Listens on a port of its own, on loopback, and passes everything to `target`.
  Gate(runtime::EventLoop& loop, std::uint16_t target, Random& random);

  [[nodiscard]] std::uint16_t port() const { return port_; }
  void start();
  runtime::Task<void> stop();

  /// Each piece is late by up to `delay`, and one in `cut_one_in` is the last of its connection,
  /// and half of it.
  void misbehave(std::chrono::milliseconds delay, std::uint64_t cut_one_in);
  void behave();
  /// Cuts every connection, and takes no other until behave().
  void close();

  [[nodiscard]] std::size_t passed() const { return passed_; }  ///< connections
  [[nodiscard]] std::size_t cut() const { return cut_; }

 private:
  using Socket = boost::asio::ip::tcp::socket;
  struct Pair {
    Socket client;
    Socket server;
  };

  runtime::Task<void> accept();
  runtime::Task<void> connect(std::shared_ptr<Pair> pair);
  runtime::Task<void> carry(std::shared_ptr<Pair> pair, bool to_server);
  void hang_up(Pair& pair);

  runtime::EventLoop& loop_;
  std::uint16_t target_;
  Random& random_;
  boost::asio::ip::tcp::acceptor acceptor_;
  std::uint16_t port_;
  runtime::TaskGroup tasks_;
  std::list<std::weak_ptr<Pair>> pairs_;
  bool is_open_ = true;
  std::chrono::milliseconds delay_{0};
  std::uint64_t cut_one_in_ = 0;  ///< 0: none
  std::size_t passed_ = 0;
  std::size_t cut_ = 0;
};

}  // namespace orderly::selftest
