#include "http/client.hpp"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/system/system_error.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "http/base_url.hpp"
#include "runtime/signal.hpp"

namespace orderly::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;

constexpr std::size_t kReadBuffer = 16UL * 1024;
constexpr std::uint32_t kMaxHeaderBytes = 16U * 1024;

auto quietly() { return asio::as_tuple(asio::use_awaitable); }

/// Beast's parser, writing straight into a ClientResponse.
class ResponseParser final : public beast::http::basic_parser<false> {
 public:
  ResponseParser(ClientResponse& response, std::size_t max_body, bool to_head)
      : response_(response) {
    header_limit(kMaxHeaderBytes);
    body_limit(max_body);
    skip(to_head);
    eager(true);
  }

 private:
  using Code = beast::error_code;
  using Text = beast::string_view;

  void on_response_impl(int status, Text, int, Code&) override { response_.status = status; }
  void on_field_impl(beast::http::field, Text name, Text value, Code&) override {
    if (!header_done_) {
      response_.headers.add({name.data(), name.size()}, {value.data(), value.size()});
    }
  }
  void on_header_impl(Code&) override { header_done_ = true; }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
  std::size_t on_body_impl(Text body, Code&) override {
    response_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_chunk_header_impl(std::uint64_t, Text, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text body, Code&) override {
    response_.body.append(body.data(), body.size());
    return body.size();
  }
  void on_finish_impl(Code&) override {}
  void on_request_impl(beast::http::verb, Text, Text, int, Code&) override {}

  ClientResponse& response_;
  bool header_done_ = false;
};

/// A connection of the pool.
struct Link {
  explicit Link(const runtime::Executor& executor) : socket(executor) {}

  /// False when the peer has closed it or sent what nobody asked for. Does not wait.
  bool is_usable() {
    char byte = 0;
    beast::error_code error;
    socket.receive(asio::buffer(&byte, 1), tcp::socket::message_peek, error);
    return error == asio::error::would_block;
  }

  tcp::socket socket;
  bool used = false;  ///< carried a request before this one
};

/// How an attempt went. Errors are values here: an attempt runs beside its timer, and whichever is
/// first ends the other.
struct Outcome {
  std::optional<ClientResponse> response;
  bool keep = false;          ///< the connection can carry another request
  bool sent_any = false;      ///< something of the request
  bool received_any = false;  ///< something of the answer
  std::string cause;          ///< why there is no response
};

bool is_idempotent(const ClientRequest& request) {
  switch (request.method) {
    case Method::kGet:
    case Method::kHead:
    case Method::kPut:
    case Method::kDelete:
      return true;
    default:
      return request.idempotent;
  }
}

/// The addresses of the peer. Only names need the resolver, whose work cannot be interrupted.
runtime::Task<std::vector<tcp::endpoint>> resolve(const runtime::Executor& executor,
                                                  const BaseUrl& url, beast::error_code& error) {
  const auto address = asio::ip::make_address(url.host, error);
  if (!error) co_return std::vector{tcp::endpoint(address, url.port_number)};
  tcp::resolver resolver(executor);
  const auto [failed, found] =
      co_await resolver.async_resolve(url.host, std::to_string(url.port_number), quietly());
  error = failed;
  std::vector<tcp::endpoint> endpoints;
  for (const auto& entry : found)
    endpoints.push_back(entry.endpoint());
  co_return endpoints;
}

runtime::Task<Outcome> connect(Link& link, const BaseUrl& url) {
  Outcome outcome;
  beast::error_code unresolved;
  const auto endpoints = co_await resolve(link.socket.get_executor(), url, unresolved);
  if (unresolved) {
    outcome.cause = "its name does not resolve: " + unresolved.message();
    co_return outcome;
  }
  const auto [error, endpoint] = co_await asio::async_connect(link.socket, endpoints, quietly());
  if (error) {
    outcome.cause = error.message();
    co_return outcome;
  }
  beast::error_code ignored;
  link.socket.set_option(tcp::no_delay(true), ignored);
  link.socket.non_blocking(true, ignored);
  outcome.keep = true;
  co_return outcome;
}

/// Feeds what has been read to the parser; true when the answer is complete or broken.
bool parse(ResponseParser& parser, std::vector<char>& buffer, std::size_t& filled,
           beast::error_code& error) {
  const std::size_t used = parser.put(asio::const_buffer(buffer.data(), filled), error);
  buffer.erase(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(used));
  filled -= used;
  buffer.resize(std::max(buffer.size(), filled + kReadBuffer));
  if (error == beast::http::error::need_more) error = {};
  return error || parser.is_done();
}

std::string parse_fault(const beast::error_code& error) {
  if (error == beast::http::error::body_limit) return "its answer is too large";
  return "its answer is broken: " + error.message();
}

runtime::Task<Outcome> exchange(Link& link, const std::string& wire, const std::size_t max_body,
                                const bool to_head) {
  Outcome outcome;
  const auto [unsent, sent] =
      co_await asio::async_write(link.socket, asio::buffer(wire), quietly());
  outcome.sent_any = sent > 0;
  if (unsent) {
    outcome.cause = unsent.message();
    co_return outcome;
  }
  std::vector<char> buffer(kReadBuffer);
  std::size_t filled = 0;
  ClientResponse response;
  std::optional<ResponseParser> parser(std::in_place, response, max_body, to_head);
  for (;;) {
    const auto [error, size] = co_await link.socket.async_read_some(
        asio::buffer(buffer.data() + filled, buffer.size() - filled), quietly());
    filled += size;
    outcome.received_any = outcome.received_any || size > 0;
    beast::error_code fault;
    bool ended = false;
    if (error == asio::error::eof && parser->got_some()) {
      parser->put_eof(fault);
      ended = true;
    } else if (error) {
      outcome.cause = error == asio::error::eof ? "it closed the connection" : error.message();
      co_return outcome;
    } else {
      ended = parse(*parser, buffer, filled, fault);
    }
    if (fault) {
      outcome.cause = parse_fault(fault);
      co_return outcome;
    }
    while (parser->is_done() && response.status / 100 == 1) {  // interim answers are passed over
      response = {};
      parser.emplace(response, max_body, to_head);
      ended = filled > 0 && parse(*parser, buffer, filled, fault);
      if (fault) {
        outcome.cause = parse_fault(fault);
        co_return outcome;
      }
    }
    if (!ended) continue;
    outcome.keep = !error && parser->keep_alive() && filled == 0;
    outcome.response = std::move(response);
    co_return outcome;
  }
}

}  // namespace

class Client::Impl {
 public:
  Impl(runtime::EventLoop& loop, BaseUrl url, ClientLimits limits)
      : loop_(loop),
        url_(std::move(url)),
        limits_(limits),
        peer_(url_.host + ":" + std::to_string(url_.port_number)) {}

  runtime::Task<ClientResponse> send(ClientRequest request);
  [[nodiscard]] const std::string& peer() const { return peer_; }

 private:
  /// One of the bounded number of connections, in use.
  class Slot {
   public:
    explicit Slot(Impl& client) : client_(client) { ++client_.in_use_; }
    Slot(const Slot&) = delete;
    Slot& operator=(const Slot&) = delete;
    ~Slot() {
      --client_.in_use_;
      client_.freed_.notify();
    }

   private:
    Impl& client_;
  };

  [[noreturn]] void fail(const std::string& cause) const {
    throw Unavailable("no answer from " + peer_ + ": " + cause);
  }
  runtime::Task<void> wait_for_turn(SteadyTime deadline);
  runtime::Task<std::unique_ptr<Link>> take_link(SteadyTime deadline, bool fresh);
  runtime::Task<Outcome> within(SteadyTime deadline, runtime::Task<Outcome> attempt);
  [[nodiscard]] std::string wire_of(const ClientRequest& request) const;

  runtime::EventLoop& loop_;
  BaseUrl url_;
  ClientLimits limits_;
  std::string peer_;
  std::vector<std::unique_ptr<Link>> idle_;
  std::size_t in_use_ = 0;
  runtime::Signal freed_;
};

runtime::Task<ClientResponse> Client::Impl::send(ClientRequest request) {
  const SteadyTime deadline =
      loop_.steady_now() + request.timeout.value_or(limits_.request_timeout);
  const std::string wire = wire_of(request);
  const bool to_head = request.method == Method::kHead;
  co_await wait_for_turn(deadline);
  const Slot slot(*this);
  for (bool fresh = false;; fresh = true) {
    auto link = co_await take_link(deadline, fresh);
    Outcome outcome =
        co_await within(deadline, exchange(*link, wire, limits_.max_response_bytes, to_head));
    if (outcome.response) {
      link->used = true;
      if (outcome.keep) idle_.push_back(std::move(link));
      co_return std::move(*outcome.response);
    }
    const bool harmless = is_idempotent(request) || !outcome.sent_any;
    const bool stale = link->used && !outcome.received_any && loop_.steady_now() < deadline;
    if (fresh || !stale || !harmless) fail(outcome.cause);
  }
}

runtime::Task<void> Client::Impl::wait_for_turn(SteadyTime deadline) {
  for (;;) {
    const auto ticket = freed_.ticket();
    if (in_use_ < limits_.max_connections) co_return;
    if (!co_await freed_.wait(loop_, ticket, deadline)) fail("all connections to it are busy");
  }
}

runtime::Task<std::unique_ptr<Link>> Client::Impl::take_link(SteadyTime deadline, bool fresh) {
  while (!idle_.empty() && !fresh) {
    auto link = std::move(idle_.back());
    idle_.pop_back();
    if (link->is_usable()) co_return link;
  }
  auto link = std::make_unique<Link>(loop_.executor());
  const SteadyTime by = std::min(deadline, loop_.steady_now() + limits_.connect_timeout);
  const Outcome outcome = co_await within(by, connect(*link, url_));
  if (!outcome.cause.empty()) fail("cannot connect: " + outcome.cause);
  co_return link;
}

/// Ends `attempt` at `deadline`. Throws operation_aborted when the calling task is stopped.
runtime::Task<Outcome> Client::Impl::within(SteadyTime deadline, runtime::Task<Outcome> attempt) {
  using asio::experimental::awaitable_operators::operator||;
  const auto timer = loop_.make_timer();
  auto first = co_await (std::move(attempt) || timer->wait_until(deadline));
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none) {
    throw boost::system::system_error(asio::error::operation_aborted);
  }
  if (auto* outcome = std::get_if<Outcome>(&first)) co_return std::move(*outcome);
  // What was sent until then is not known any more, so nothing may be repeated.
  co_return Outcome{.sent_any = true, .received_any = true, .cause = "the time is up"};
}

std::string Client::Impl::wire_of(const ClientRequest& request) const {
  std::string wire;
  wire.reserve(256 + request.body.size());
  wire.append(to_string(request.method)).append(" ").append(url_.path).append(request.target);
  wire.append(" HTTP/1.1\r\nHost: ").append(url_.authority).append("\r\n");
  if (!request.trace.empty()) {
    wire.append("traceparent: ").append(request.trace.to_string()).append("\r\n");
  }
  wire.append(request.headers.wire());
  const bool may_have_body = request.method != Method::kGet && request.method != Method::kHead;
  if (!request.body.empty()) {
    wire.append("Content-Type: ").append(request.content_type).append("\r\n");
  }
  if (may_have_body || !request.body.empty()) {
    wire.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  }
  return wire.append("\r\n").append(request.body);
}

Result<Client> Client::open(runtime::EventLoop& loop, std::string_view base_url,
                            ClientLimits limits) {
  auto url = parse_base_url(base_url);
  if (!url) return std::unexpected(url.error());
  return Client(std::make_unique<Impl>(loop, std::move(*url), limits));
}

Client::Client(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Client::Client(Client&&) noexcept = default;
Client& Client::operator=(Client&&) noexcept = default;
Client::~Client() = default;

runtime::Task<ClientResponse> Client::send(ClientRequest request) {
  return impl_->send(std::move(request));
}

const std::string& Client::peer() const { return impl_->peer(); }

}  // namespace orderly::http
