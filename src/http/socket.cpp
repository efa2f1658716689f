#include "http/socket.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/check.hpp"

namespace orderly::http {

namespace asio = boost::asio;
using asio::ip::tcp;

Socket::Socket(tcp::socket socket)
    : socket_(std::move(socket)), descriptor_(socket_.native_handle()) {
  boost::system::error_code error;
  socket_.set_option(tcp::no_delay(true), error);
  const auto address = socket_.remote_endpoint(error).address();
  const bool mapped = address.is_v6() && address.to_v6().is_v4_mapped();
  peer_ = mapped ? asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()) : address;
}

void Socket::choose(runtime::SocketRing* ring) {
  if (ring == ring_) return;
  if (ring == nullptr) return leave();
  if (stays_off_) return;
  // Else the loop would be woken a second time by whatever comes.
  boost::system::error_code error;
  socket_.release(error);
  if (!error) ring_ = ring;
}

tcp::socket& Socket::asio() {
  if (is_on_ring()) {
    stays_off_ = true;
    leave();
  }
  return socket_;
}

void Socket::leave() {
  ORDERLY_CHECK(!outcome_.is_pending(), "a socket leaves the ring when nothing is asked of it");
  ring_ = nullptr;
  boost::system::error_code error;
  socket_.assign(peer_.is_v6() ? tcp::v6() : tcp::v4(), descriptor_, error);
  if (!error) socket_.non_blocking(true, error);
  if (error && !socket_.is_open()) ::close(std::exchange(descriptor_, -1));
}

void Socket::interrupt() {
  if (is_on_ring()) return ring_->cancel(outcome_);
  boost::system::error_code ignored;
  socket_.cancel(ignored);
}

bool Socket::peer_has_closed() const {
  char byte = 0;
  const auto size = ::recv(descriptor_, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR);
}

void Socket::close() {
  const int descriptor = std::exchange(descriptor_, -1);
  if (std::exchange(ring_, nullptr) != nullptr) {
    ::close(descriptor);
  } else {
    boost::system::error_code ignored;
    socket_.close(ignored);
  }
}

}  // namespace orderly::http
