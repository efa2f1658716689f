#pragma once

#include <array>
#include <atomic>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/random.hpp"
#include "http/router.hpp"
#include "http/server.hpp"
#include "http/socket.hpp"
#include "runtime/event_loop.hpp"
#include "runtime/socket_ring.hpp"

/// Private to the server: one connection of it.
namespace orderly::http {

/// What the connections of a server share.
struct ServerShared {
  runtime::EventLoop& loop;
  Router& router;
  Random& random;
  ServerLimits limits;
  telemetry::Counter& timeouts;
  telemetry::Counter& protocol_errors;
  telemetry::Counter& overloaded;
  telemetry::Counter& abandoned;
  std::string date;  ///< the value of Date, renewed by every sweep
  std::size_t in_flight = 0;
  std::size_t body_bytes = 0;  ///< of the bodies being read or handled
  std::atomic<std::size_t> streams{0};
  std::unordered_map<std::string, std::size_t> streams_by_peer = {};
  bool stopping = false;
  std::uint64_t requests = 0;           ///< ever begun
  runtime::SocketRing* ring = nullptr;  ///< null: sockets are to be used one by one
};

/// Appends status line and header of `response`. A stream is chunked, but with HTTP/1.0, where it
/// lasts until the connection closes.
void append_head(std::string& out, const Response& response, std::string_view date, bool keep_alive,
                 bool http_1_0 = false);

/// Serves the requests of one socket, one after the other, and holds its descriptor until the last
/// one is answered. Everything runs on the server's loop.
class Connection {
 public:
  /// `socket` does not block.
  Connection(ServerShared& shared, boost::asio::ip::tcp::socket socket);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Ends when the connection is to be closed.
  runtime::Task<void> serve();
  /// Interrupts a wait for the peer that has lasted too long.
  void expire(SteadyTime now);
  /// Interrupts the wait for a next request.
  void close_if_idle();
  /// Ends the stream that it sends, if it sends one.
  void end_stream();
  /// Whether the client has gone while its request is being handled, and the route has asked for
  /// that (RouteOptions::stop_when_abandoned). Looks at the socket, and does not wait.
  [[nodiscard]] bool is_abandoned();
  /// Stops the handler, and with it the connection, which may be gone on return.
  void abandon();
  /// Whether its request is one that may wait until something happens.
  [[nodiscard]] bool may_wait() const { return may_wait_; }

 private:
  enum class Phase : std::uint8_t {
    kIdle,
    kHeader,
    kBody,
    kHandling,
    kWriting,
    kStreaming,
    kLingering
  };
  /// What becomes of the connection; kLinger: closed, but not before the peer has read the answer.
  enum class Next : std::uint8_t { kKeepOpen, kClose, kLinger };
  struct OpenStream;
  using Unsent = std::array<boost::asio::const_buffer, 2>;
  enum class Parsed : std::uint8_t { kDone, kNeedsMore, kBad };
  /// What the header says of the message's bounds, and of what comes after it.
  struct Framing {
    std::optional<std::uint64_t> content_length = std::nullopt;
    bool keep_alive = true;
    bool http_1_0 = false;
    bool chunked = false;
    bool whole = false;  ///< the body has been read, too
  };

  runtime::Task<void> serve_all();
  /// Once the header has been read, or as much of it as is wrong.
  runtime::Task<Next> serve_one(Parsed header);
  /// Where the request belongs; `refused_` and answer_ where it is not to be handled. Null: not
  /// even its body is to be read.
  Route* admit(Parsed header);
  /// Nothing: the body is there.
  runtime::Task<std::optional<Next>> read_body(const Route& route);
  /// Into answer_.
  runtime::Task<void> handle(Route& route);
  /// False: nothing more will come in time, or at all.
  runtime::Task<bool> read_some();
  /// The two halves of read_some().
  std::optional<boost::asio::mutable_buffer> make_room_to_read();
  bool has_read(const boost::system::error_code& error, std::size_t size);
  runtime::Task<Next> respond(const Response& response, Next next);
  /// The three parts of respond(): what is to be sent (of out_, and of the response), sends it
  /// without waiting, and waits for the rest.
  Unsent compose(const Response& response, Next next);
  Unsent send_now(Unsent unsent);
  runtime::Task<Next> finish_response(Unsent rest, Next next);
  runtime::Task<Next> stream(Response response, bool keep, bool http_1_0);
  runtime::Task<bool> send_stream(BodyStream& body, bool chunked);
  runtime::Task<bool> send_piece(std::string_view piece, bool chunked);
  runtime::Task<Next> give_up_reading();
  runtime::Task<void> linger();

  std::optional<Response> refuse_stream();
  Response goodbye() const;
  /// Ends the stream once the peer has closed; not after `watched` is gone.
  void watch_peer(const std::shared_ptr<BodyStream*>& watched);
  /// Takes room for a body of that size in what all bodies may have together; false: there is none.
  bool take_room(std::size_t bytes);
  void start_request();
  Parsed parse_header();
  Parsed parse_body();
  std::optional<Response> check_header();
  Response protocol_problem();
  Response no_room_for_body();
  void enter(Phase phase, std::chrono::milliseconds timeout);
  /// Of `unsent`, of which `sent` bytes are, or none for `error`, what is left.
  Unsent take_off(Unsent unsent, std::size_t sent, const boost::system::error_code& error);
  runtime::Task<bool> send_rest(Unsent rest);

  ServerShared& shared_;
  Socket socket_;
  Phase phase_ = Phase::kIdle;
  SteadyTime deadline_ = SteadyTime::max();
  bool expired_ = false;
  bool may_wait_ = false;
  bool stop_when_abandoned_ = false;
  bool abandoned_ = false;
  boost::asio::cancellation_signal stop_;
  bool send_failed_ = false;
  std::size_t room_ = 0;  ///< that the request's body has taken
  std::shared_ptr<BodyStream> stream_;

  // Reused from request to request.
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  ///< of what was read and not parsed yet
  std::size_t end_ = 0;
  Request request_;
  Framing framing_;
  Response
      answer_;  ///< here and not in the frames of coroutines: large ones cost more than they do
  bool refused_ = false;
  struct Parser;
  std::unique_ptr<Parser> parser_;
  std::string out_;
};

}  // namespace orderly::http
