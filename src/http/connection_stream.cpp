#include <boost/asio/as_tuple.hpp>
#include <charconv>
#include <exception>
#include <utility>

#include "http/connection.hpp"
#include "http/problem.hpp"
#include "telemetry/log.hpp"

/// How a connection sends an answer that comes piece by piece.
namespace orderly::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

constexpr std::chrono::seconds kStreamRetry{5};  ///< for who gets no stream

}  // namespace

std::optional<Response> Connection::refuse_stream() {
  const auto from_peer = shared_.streams_by_peer.find(request_.peer);
  const bool peer_has_many = from_peer != shared_.streams_by_peer.end() &&
                             from_peer->second >= shared_.limits.max_streams_per_peer;
  if (!peer_has_many && shared_.streams < shared_.limits.max_streams) return std::nullopt;
  shared_.overloaded.add();
  Response refusal = problem(
      503, "too_many_streams",
      peer_has_many ? "Too many streams are open to this address." : "Too many streams are open.");
  set_retry_after(refusal, kStreamRetry);
  return refusal;
}

/// Counted and in sight of end_stream() for as long as it is sent.
struct Connection::OpenStream {
  OpenStream(Connection& connection, std::shared_ptr<BodyStream> body) : self(connection) {
    ++self.shared_.streams;
    ++self.shared_.streams_by_peer[self.request_.peer];
    self.stream_ = std::move(body);
    self.may_wait_ = true;
  }
  OpenStream(const OpenStream&) = delete;
  OpenStream& operator=(const OpenStream&) = delete;
  ~OpenStream() {
    self.may_wait_ = false;
    self.stream_.reset();
    --self.shared_.streams;
    const auto peer = self.shared_.streams_by_peer.find(self.request_.peer);
    if (--peer->second == 0) self.shared_.streams_by_peer.erase(peer);
    boost::system::error_code ignored;
    self.socket_.asio().cancel(ignored);  // the watch
  }

  Connection& self;
};

runtime::Task<Connection::Next> Connection::stream(Response response, bool keep, bool http_1_0) {
  const Next after = keep && !http_1_0 ? Next::kKeepOpen : Next::kClose;
  if (request_.method == Method::kHead) co_return co_await respond(response, after);
  if (const auto refusal = refuse_stream()) {
    co_return co_await respond(*refusal, keep ? Next::kKeepOpen : Next::kClose);
  }
  bool whole = false;
  {
    const OpenStream open(*this, response.stream);
    out_.clear();
    append_head(out_, response, shared_.date, after == Next::kKeepOpen, http_1_0);
    if (shared_.stopping) stream_->end();
    const auto watched = std::make_shared<BodyStream*>(stream_.get());
    watch_peer(watched);
    whole = co_await send_stream(*stream_, !http_1_0);
  }
  co_return whole && !shared_.stopping ? after : Next::kClose;
}

/// Behind the head, which out_ has. False: the answer is not whole.
runtime::Task<bool> Connection::send_stream(BodyStream& body, bool chunked) {
  if (!co_await send_piece({}, false)) co_return false;
  try {
    while (auto piece = co_await body.next()) {
      if (!co_await send_piece(*piece, chunked)) co_return false;
    }
  } catch (const Unavailable& unavailable) {
    log::warning("a stream was broken off", {{"error", unavailable.what()}});
    co_return false;
  }
  if (chunked) out_ = "0\r\n\r\n";
  co_return co_await send_piece({}, false);
}

/// Sends what out_ has, and `piece` behind it.
runtime::Task<bool> Connection::send_piece(std::string_view piece, bool chunked) {
  if (chunked) {
    char size[16];
    const auto [end, error] = std::to_chars(size, size + sizeof size, piece.size(), 16);
    out_.append(size, end).append("\r\n").append(piece).append("\r\n");
  } else {
    out_ += piece;
  }
  const auto rest = send_now({asio::buffer(out_)});
  bool sent = !send_failed_;
  if (sent && asio::buffer_size(rest) > 0) {
    enter(Phase::kWriting, shared_.limits.write_timeout);
    sent = co_await send_rest(rest);
  }
  phase_ = Phase::kStreaming;
  out_.clear();
  co_return sent;
}

void Connection::watch_peer(const std::shared_ptr<BodyStream*>& watched) {
  socket_.asio().async_wait(tcp::socket::wait_read, [this, weak = std::weak_ptr(watched)](
                                                        const boost::system::error_code& error) {
    const auto still_watched = weak.lock();  // and so this connection is still there
    if (error || !still_watched) return;
    // What else it sends is its next request, which waits.
    if (socket_.peer_has_closed()) (*still_watched)->end();
  });
}

}  // namespace orderly::http
