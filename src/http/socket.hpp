#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>

#include "runtime/socket_ring.hpp"

/// Private to the server: the socket of one connection.
namespace orderly::http {

/// Used through the server's ring, while many requests come, or one by one through Asio. Whatever
/// the ring does not do takes it off the ring for good: an answer that does not fit at once, a
/// stream. Everything runs on the server's loop.
class Socket {
 public:
  /// `socket` does not block.
  explicit Socket(boost::asio::ip::tcp::socket socket);
  /// Nothing is asked of the ring any more.
  ~Socket() { close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// 0.0.0.0 of who has gone already.
  [[nodiscard]] const boost::asio::ip::address& peer() const { return peer_; }
  /// Between two requests: on `ring` from now on, or off it where it is null. It stays as long as
  /// this uses it.
  void choose(runtime::SocketRing* ring);
  [[nodiscard]] bool is_on_ring() const { return ring_ != nullptr; }
  /// Give awaitables, on the ring; what came of it is in outcome().
  auto send(boost::asio::const_buffer data) { return ring_->send(outcome_, descriptor_, data); }
  auto receive(boost::asio::mutable_buffer room) {
    return ring_->receive(outcome_, descriptor_, room);
  }
  [[nodiscard]] const runtime::SocketRing::Operation& outcome() const { return outcome_; }

  /// Off the ring. Nothing is asked of that at the time.
  boost::asio::ip::tcp::socket& asio();

  /// Ends what is waited for, on the ring or off it.
  void interrupt();
  /// The peer has closed its side or reset the connection, and all that it sent before was read.
  [[nodiscard]] bool peer_has_closed() const;
  void close();

 private:
  void leave();

  boost::asio::ip::tcp::socket socket_;  ///< closed while on the ring
  boost::asio::ip::address peer_;
  int descriptor_;  ///< on the ring and off it; -1: closed
  runtime::SocketRing* ring_ = nullptr;
  bool stays_off_ = false;
  runtime::SocketRing::Operation outcome_;
};

}  // namespace orderly::http
