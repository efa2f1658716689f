#include "http/connection.hpp"

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/error.hpp>
#include <charconv>
#include <cstring>
#include <exception>
#include <utility>

#include "base/text.hpp"
#include "http/plain_request.hpp"
#include "http/problem.hpp"
#include "http/request_parser.hpp"
#include "runtime/task_group.hpp"

namespace orderly::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

constexpr std::size_t kInitialBuffer = 4UL * 1024;
constexpr std::size_t kBodyBuffer = 64UL * 1024;  ///< of a read while a body comes
constexpr std::size_t kJoinedBody = 16UL * 1024;  ///< a body up to this is copied behind its head
constexpr std::chrono::milliseconds kLingerTime{1'000};
constexpr std::size_t kMaxLingerBytes = 1024UL * 1024;
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

auto quietly() { return asio::as_tuple(asio::use_awaitable); }

void append_number(std::string& out, std::size_t number) {
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end);
}

/// RFC 9112 3.2: a client may send the whole URL; only its path and query matter here.
bool to_origin_form(std::string& target) {
  if (target.starts_with('/') || target == "*") return true;
  const std::string_view scheme = std::string_view(target).substr(0, 7);
  if (!equals_ignoring_case(scheme, "http://")) return false;
  const std::size_t path = target.find_first_of("/?", scheme.size());
  if (path == std::string::npos) {
    target = "/";
  } else {
    target.erase(0, path);
    if (target.front() == '?') target.insert(0, "/");
  }
  return true;
}

}  // namespace

/// Beast's parser cannot be used twice, its place can.
struct Connection::Parser {
  std::optional<RequestParser> current;
  beast::error_code error;
};

void append_head(std::string& out, const Response& response, std::string_view date, bool keep_alive,
                 bool http_1_0) {
  out += "HTTP/1.1 ";
  append_number(out, static_cast<std::size_t>(response.status));
  out += ' ';
  out += reason_phrase(response.status);
  out += "\r\nDate: ";
  out += date;
  const bool has_content = response.status != 204 && response.status != 304;
  if (has_content) {
    if (!response.content_type.empty()) {
      out += "\r\nContent-Type: ";
      out += response.content_type;
    }
    if (response.stream == nullptr) {
      out += "\r\nContent-Length: ";
      append_number(out, response.content().size());
    } else if (!http_1_0) {
      out += "\r\nTransfer-Encoding: chunked";
    }
  }
  out += keep_alive ? "\r\n" : "\r\nConnection: close\r\n";
  out += response.headers.wire();
  out += "\r\n";
}

Connection::Connection(ServerShared& shared, asio::ip::tcp::socket socket)
    : shared_(shared),
      socket_(std::move(socket)),
      buffer_(kInitialBuffer),
      parser_(std::make_unique<Parser>()) {
  request_.peer = socket_.peer().to_string();
  request_.from_loopback = socket_.peer().is_loopback();
}

Connection::~Connection() { shared_.body_bytes -= room_; }

void Connection::enter(Phase phase, std::chrono::milliseconds timeout) {
  phase_ = phase;
  expired_ = false;
  deadline_ = shared_.loop.steady_now() + timeout;
}

void Connection::expire(SteadyTime now) {
  if (phase_ == Phase::kHandling || phase_ == Phase::kStreaming || now < deadline_) return;
  expired_ = true;
  socket_.interrupt();
}

void Connection::close_if_idle() {
  if (phase_ == Phase::kIdle) socket_.interrupt();
}

void Connection::end_stream() {
  if (stream_) stream_->end();
}

runtime::Task<void> Connection::serve_all() {
  Next next = Next::kKeepOpen;
  for (bool is_first = true; next == Next::kKeepOpen; is_first = false) {
    start_request();
    Parsed parsed = parse_header();
    if (parsed == Parsed::kNeedsMore) socket_.choose(shared_.ring);
    // Who has just been answered has hardly sent the next request. A turn of the loop later more
    // have, and a read that would find nothing is saved.
    if (parsed == Parsed::kNeedsMore && !is_first && !socket_.is_on_ring()) {
      auto turn = asio::post(shared_.loop.executor(), asio::deferred);
      co_await std::move(turn);
    }
    // As read_some(), which would be one more coroutine for every request.
    while (parsed == Parsed::kNeedsMore) {
      const auto room = make_room_to_read();
      if (!room) break;
      bool has_more = false;
      if (socket_.is_on_ring()) {
        auto received = socket_.receive(*room);
        co_await std::move(received);
        has_more = has_read(socket_.outcome().error(), socket_.outcome().transferred());
      } else {
        auto read = socket_.asio().async_read_some(*room, asio::as_tuple(asio::deferred));
        const auto [error, size] = co_await std::move(read);
        has_more = has_read(error, size);
      }
      if (!has_more) break;
      parsed = parse_header();
      const bool first_part = parsed == Parsed::kNeedsMore && phase_ == Phase::kIdle;
      if (first_part) enter(Phase::kHeader, shared_.limits.header_timeout);
    }
    const bool ended = parsed == Parsed::kNeedsMore;
    next = ended ? co_await give_up_reading() : co_await serve_one(parsed);
  }
  if (next == Next::kLinger) co_await linger();
  socket_.close();
}

runtime::Task<Connection::Next> Connection::serve_one(Parsed header) {
  ++shared_.requests;
  Route* const route = admit(header);
  if (route == nullptr) co_return co_await respond(answer_, Next::kLinger);
  if (!framing_.whole) {
    if (const auto ended = co_await read_body(*route)) co_return *ended;
  } else if (!take_room(request_.body.size())) {
    answer_ = no_room_for_body();
    co_return co_await respond(answer_, Next::kLinger);
  }
  co_await handle(*route);
  const bool keep = framing_.keep_alive && !shared_.stopping && answer_.status != 408;
  if (answer_.stream) co_return co_await stream(std::move(answer_), keep, framing_.http_1_0);
  const Next next = keep ? Next::kKeepOpen : Next::kClose;
  auto unsent = compose(answer_, next);
  if (socket_.is_on_ring() && unsent[1].size() == 0) {
    auto sent = socket_.send(unsent[0]);
    co_await std::move(sent);
    unsent = take_off(unsent, socket_.outcome().transferred(), socket_.outcome().error());
  } else {
    unsent = send_now(unsent);
  }
  if (!send_failed_ && asio::buffer_size(unsent) == 0) co_return next;
  co_return co_await finish_response(unsent, next);
}

Route* Connection::admit(Parsed header) {
  if (header == Parsed::kBad) {
    answer_ = protocol_problem();
    return nullptr;
  }
  if (auto fault = check_header()) {
    answer_ = std::move(*fault);
    return nullptr;
  }
  auto match = shared_.router.match(request_, framing_.content_length);
  refused_ = match.refusal.has_value();
  if (!refused_) return match.route;
  answer_ = std::move(*match.refusal);
  // A refused body is not read, unless that is cheaper than a new connection.
  const auto length = framing_.content_length;
  const bool small = length && *length <= kDefaultMaxBody && answer_.status != 413;
  if (framing_.whole || (small && !request_.header("Expect"))) return match.route;
  match.route->count(answer_.status, std::chrono::nanoseconds{0});
  return nullptr;
}

bool Connection::take_room(std::size_t bytes) {
  if (bytes <= room_) return true;
  const std::size_t more = bytes - room_;
  if (shared_.body_bytes + more > shared_.limits.max_body_bytes_in_flight) return false;
  shared_.body_bytes += more;
  room_ = bytes;
  return true;
}

void Connection::start_request() {
  request_.clear();
  if (room_ > kDefaultMaxBody)
    std::string().swap(request_.body);  // counted no longer, kept neither
  shared_.body_bytes -= std::exchange(room_, 0);
  answer_ = {};  // not kept by a connection that is idle
  framing_ = {};
  parser_->current.reset();
  if (begin_ == end_) {
    begin_ = end_ = 0;
    enter(Phase::kIdle, shared_.limits.idle_timeout);
  } else {
    enter(Phase::kHeader, shared_.limits.header_timeout);
  }
}

std::optional<asio::mutable_buffer> Connection::make_room_to_read() {
  if (shared_.stopping && phase_ == Phase::kIdle) return std::nullopt;
  if (begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) buffer_.resize(buffer_.size() * 2);
  return asio::buffer(buffer_.data() + end_, buffer_.size() - end_);
}

bool Connection::has_read(const boost::system::error_code& error, std::size_t size) {
  if (error || expired_ || size == 0) return false;
  end_ += size;
  return true;
}

runtime::Task<bool> Connection::read_some() {
  const auto room = make_room_to_read();
  if (!room) co_return false;
  if (socket_.is_on_ring()) {
    auto received = socket_.receive(*room);
    co_await std::move(received);
    co_return has_read(socket_.outcome().error(), socket_.outcome().transferred());
  }
  const auto [error, size] = co_await socket_.asio().async_read_some(*room, quietly());
  co_return has_read(error, size);
}

/// The peer has gone, or takes too long.
runtime::Task<Connection::Next> Connection::give_up_reading() {
  const bool slow = expired_ && phase_ != Phase::kIdle;
  if (!slow) co_return Next::kClose;
  shared_.timeouts.add();
  answer_ = problem(408, "request_timeout", "The request did not come in time.");
  co_return co_await respond(answer_, Next::kLinger);
}

Connection::Parsed Connection::parse_header() {
  if (!parser_->current) {
    // RFC 9112 2.2: empty lines before a request are to be ignored.
    while (begin_ < end_ && (buffer_[begin_] == '\r' || buffer_[begin_] == '\n'))
      ++begin_;
    if (begin_ == end_) return Parsed::kNeedsMore;
    const std::string_view received(buffer_.data() + begin_, end_ - begin_);
    if (const auto plain =
            read_plain_request(received, shared_.limits.max_header_bytes, request_)) {
      begin_ += plain->size;
      framing_ = {.content_length = plain->content_length, .whole = true};
      return Parsed::kDone;
    }
    request_.clear();
    parser_->current.emplace(request_, shared_.limits.max_header_bytes);
  }
  if (begin_ == end_) return Parsed::kNeedsMore;
  auto& parser = *parser_->current;
  begin_ += parser.put(asio::const_buffer(buffer_.data() + begin_, end_ - begin_), parser_->error);
  if (parser_->error == beast::http::error::need_more) {
    return end_ - begin_ > shared_.limits.max_header_bytes ? Parsed::kBad : Parsed::kNeedsMore;
  }
  if (parser_->error) return Parsed::kBad;
  const auto length = parser.content_length();
  framing_ = {.content_length = length ? std::optional<std::uint64_t>(*length) : std::nullopt,
              .keep_alive = parser.keep_alive(),
              .http_1_0 = parser.http_1_0(),
              .chunked = parser.chunked(),
              .whole = parser.is_done()};
  return Parsed::kDone;
}

Response Connection::protocol_problem() {
  shared_.protocol_errors.add();
  const auto& error = parser_->error;
  if (error == beast::http::error::header_limit || error == beast::http::error::need_more) {
    return problem(431, "header_too_large", "The header of the request is too large.");
  }
  if (error == beast::http::error::body_limit) {
    return problem(413, "body_too_large", "The body is too large.");
  }
  if (error == beast::http::error::bad_version) {
    return problem(505, "http_version", "HTTP/1.1 and HTTP/1.0 are spoken here.");
  }
  return problem(400, "malformed_request", "This is not HTTP: " + error.message() + ".");
}

/// What RFC 9110 and 9112 ask of a header beyond its syntax.
std::optional<Response> Connection::check_header() {
  const auto refuse = [this](std::string_view code, std::string_view message, int status = 400) {
    shared_.protocol_errors.add();
    return problem(status, code, message);
  };
  const std::size_t hosts = request_.headers.count("Host");
  if (hosts > 1 || (hosts == 0 && !framing_.http_1_0)) {
    return refuse("malformed_request", "The request needs exactly one Host header.");
  }
  if (!to_origin_form(request_.target)) {
    return refuse("malformed_target", "The target must be a path.");
  }
  const auto encoding = request_.header("Transfer-Encoding");
  if (encoding &&
      (!framing_.chunked || framing_.http_1_0 || !equals_ignoring_case(*encoding, "chunked"))) {
    return refuse("transfer_encoding", "Only the transfer encoding chunked is understood.", 501);
  }
  const auto expect = request_.header("Expect");
  if (expect && !equals_ignoring_case(*expect, "100-continue")) {
    return refuse("expectation_failed", "Only 100-continue can be expected.", 417);
  }
  return std::nullopt;
}

Response Connection::no_room_for_body() {
  shared_.overloaded.add();
  Response refusal = problem(503, "overloaded", "Too many bodies are being read.");
  set_retry_after(refusal, std::chrono::seconds(1));
  return refusal;
}

runtime::Task<std::optional<Connection::Next>> Connection::read_body(const Route& route) {
  auto& parser = *parser_->current;
  if (!framing_.content_length) parser.body_limit(route.options().max_body_bytes);
  if (!take_room(framing_.content_length.value_or(0))) {
    answer_ = no_room_for_body();
    co_return co_await respond(answer_, Next::kLinger);
  }
  parser.eager(true);
  enter(Phase::kBody, shared_.limits.body_timeout);
  if (begin_ == end_ && request_.header("Expect") && !framing_.http_1_0) {
    if (!co_await send_rest(send_now({asio::buffer(kContinue)}))) co_return Next::kClose;
  }
  if (framing_.content_length.value_or(0) > buffer_.size()) {
    buffer_.resize(std::max(buffer_.size(), kBodyBuffer));
  }
  for (;;) {
    const Parsed parsed = parse_body();
    if (parsed == Parsed::kDone) co_return std::nullopt;
    if (parsed == Parsed::kBad) {
      answer_ = protocol_problem();
      co_return co_await respond(answer_, Next::kLinger);
    }
    // The size of a chunked body shows as it comes.
    if (!take_room(request_.body.size())) {
      answer_ = no_room_for_body();
      co_return co_await respond(answer_, Next::kLinger);
    }
    if (!co_await read_some()) co_return co_await give_up_reading();
  }
}

Connection::Parsed Connection::parse_body() {
  auto& parser = *parser_->current;
  if (begin_ == end_) return Parsed::kNeedsMore;
  begin_ += parser.put(asio::const_buffer(buffer_.data() + begin_, end_ - begin_), parser_->error);
  if (parser.is_done()) return Parsed::kDone;
  if (parser_->error && parser_->error != beast::http::error::need_more) return Parsed::kBad;
  // A chunk's header that fills a whole buffer is an attack.
  const bool stuck = end_ - begin_ > shared_.limits.max_header_bytes;
  return parser_->error && stuck ? Parsed::kBad : Parsed::kNeedsMore;
}

runtime::Task<void> Connection::handle(Route& route) {
  phase_ = Phase::kHandling;
  request_.received = shared_.loop.steady_now();
  const auto parent = request_.header("traceparent");
  const auto trace = parent ? TraceContext::parse(*parent) : std::nullopt;
  request_.trace = trace ? *trace : TraceContext::start(shared_.random);
  if (!refused_ && shared_.in_flight >= shared_.limits.max_in_flight) {
    shared_.overloaded.add();
    answer_ = problem(503, "overloaded", "Too many requests are being served.");
    set_retry_after(answer_, std::chrono::seconds(1));
    refused_ = true;
  }
  if (refused_) {
    route.count(answer_.status, std::chrono::nanoseconds{0});
    co_return;
  }
  struct InFlight {
    std::size_t& count;
    explicit InFlight(std::size_t& counter) : count(counter) { ++count; }
    ~InFlight() { --count; }
  } const in_flight(shared_.in_flight);
  std::exception_ptr stopped;
  may_wait_ = route.options().may_wait;
  stop_when_abandoned_ = route.options().stop_when_abandoned;
  try {
    answer_ = co_await shared_.router.run(route, request_);
    may_wait_ = stop_when_abandoned_ = false;
    route.count(answer_.status, shared_.loop.steady_now() - request_.received);
    co_return;
  } catch (...) {
    stopped = std::current_exception();
  }
  // The task has been stopped, so nothing can be awaited any more.
  stop_when_abandoned_ = false;
  answer_ = goodbye();
  send_now(compose(answer_, Next::kClose));
  route.count(answer_.status, shared_.loop.steady_now() - request_.received);
  std::rethrow_exception(stopped);
}

Connection::Unsent Connection::send_now(Unsent unsent) {
  beast::error_code error;
  auto& socket = socket_.asio();
  const std::size_t sent = unsent[1].size() == 0 ? socket.write_some(unsent[0], error)
                                                 : socket.write_some(unsent, error);
  return take_off(unsent, sent, error);
}

Connection::Unsent Connection::take_off(Unsent unsent, std::size_t sent,
                                        const boost::system::error_code& error) {
  send_failed_ = error && error != asio::error::would_block;
  const std::size_t sent_of_head = std::min(sent, unsent[0].size());
  unsent[0] += sent_of_head;
  unsent[1] += sent - sent_of_head;
  return unsent;
}

runtime::Task<bool> Connection::send_rest(Unsent rest) {
  if (send_failed_) co_return false;
  if (asio::buffer_size(rest) == 0) co_return true;
  const auto [error, sent] = co_await asio::async_write(socket_.asio(), rest, quietly());
  if (error && expired_) shared_.timeouts.add();
  co_return !error;
}

Connection::Unsent Connection::compose(const Response& response, Next next) {
  out_.clear();
  append_head(out_, response, shared_.date, next == Next::kKeepOpen, framing_.http_1_0);
  std::string_view body = response.content();
  if (request_.method == Method::kHead || response.status == 204 || response.status == 304) {
    body = {};
  } else if (body.size() <= kJoinedBody) {
    out_ += body;
    body = {};
  }
  return {asio::buffer(out_), asio::buffer(body)};
}

runtime::Task<Connection::Next> Connection::finish_response(Unsent rest, Next next) {
  if (send_failed_) co_return Next::kClose;
  if (asio::buffer_size(rest) > 0) {
    enter(Phase::kWriting, shared_.limits.write_timeout);
    if (!co_await send_rest(rest)) co_return Next::kClose;
  }
  co_return next;
}

runtime::Task<Connection::Next> Connection::respond(const Response& response, Next next) {
  co_return co_await finish_response(send_now(compose(response, next)), next);
}

/// Closing a socket with unread input resets the connection, which may take the answer away from
/// the peer before it has read it. So the input is read over for a while.
runtime::Task<void> Connection::linger() {
  beast::error_code ignored;
  socket_.asio().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  enter(Phase::kLingering, kLingerTime);
  begin_ = end_ = 0;
  for (std::size_t total = 0; total < kMaxLingerBytes; total += end_) {
    begin_ = end_ = 0;
    if (!co_await read_some()) break;
  }
}

}  // namespace orderly::http
