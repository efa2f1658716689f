#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/trace.hpp"
#include "http/message.hpp"
#include "runtime/event_loop.hpp"

namespace orderly::http {

struct ClientLimits {
  std::chrono::milliseconds connect_timeout{2'000};
  std::chrono::milliseconds request_timeout{10'000};  ///< all in all, waiting for a connection too
  std::size_t max_response_bytes = 16UL * 1024 * 1024;
  std::size_t max_connections = 16;  ///< above it requests wait for their turn
};

struct ClientRequest {
  Method method = Method::kGet;
  std::string target = "/";  ///< path and query, put behind the base URL's path
  Headers headers = {};      ///< beside host, length and connection
  std::string body = {};
  std::string content_type = "application/json";  ///< of a body, if there is one
  TraceContext trace = {};                        ///< sent as traceparent unless empty
  /// In place of ClientLimits::request_timeout; for long polls.
  std::optional<std::chrono::milliseconds> timeout = std::nullopt;
  /// Sending it twice does no harm: true for GET, HEAD, PUT, DELETE anyway.
  bool idempotent = false;
};

struct ClientResponse {
  int status = 0;
  Headers headers;
  std::string body;
};

/// A peer over HTTP/1.1, through a bounded pool of kept connections. Redirects are answers like any
/// other. Used on its loop; must outlive what send() gave.
class Client {
 public:
  /// `base_url`: `http://host[:port][/path]`. Anything else, https included, is kInvalid.
  static Result<Client> open(runtime::EventLoop& loop, std::string_view base_url,
                             ClientLimits limits = {});
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  /// Any status is an answer. Throws Unavailable, which names the peer and the cause, when there is
  /// none: no connection, timeout, a broken or too large answer. A kept connection that turns out
  /// to be dead is replaced once, where the request is idempotent or nothing of it was sent. Throws
  /// operation_aborted when the task is stopped, also in the middle of a long poll.
  runtime::Task<ClientResponse> send(ClientRequest request);

  /// `host:port`.
  [[nodiscard]] const std::string& peer() const;

 private:
  class Impl;
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace orderly::http
