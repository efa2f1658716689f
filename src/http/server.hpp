#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/random.hpp"
#include "base/result.hpp"
#include "http/router.hpp"
#include "runtime/event_loop.hpp"

namespace orderly::http {

/// Each bound of a server, by name.
struct ServerLimits {
  std::size_t max_connections = 4096;  ///< above it: 503 and closed at once
  std::size_t max_in_flight = 2048;    ///< requests being handled; above it: 503, Retry-After
  /// Of all bodies being read or handled together; above it: 503, Retry-After, before reading.
  std::size_t max_body_bytes_in_flight = 256UL * 1024 * 1024;
  /// Answers that come as a stream (Response::stream), which take no place of max_in_flight; above
  /// it: 503, Retry-After. Below max_connections, so that streams cannot keep commands out.
  std::size_t max_streams = 3072;
  std::size_t max_streams_per_peer = 1024;           ///< by address: a proxy counts as one peer
  std::size_t max_header_bytes = 16UL * 1024;        ///< above it: 431
  std::chrono::milliseconds idle_timeout{75'000};    ///< between requests: closed
  std::chrono::milliseconds header_timeout{10'000};  ///< from its first byte on: 408
  std::chrono::milliseconds body_timeout{30'000};    ///< from the header's end on: 408
  std::chrono::milliseconds write_timeout{30'000};   ///< for an answer or a piece: closed
  /// Requests a second from which on connections are served through io_uring, and down to half as
  /// many, where the kernel offers it. Below that its groups are too small to be worth their wait.
  std::size_t ring_from = 5'000;
  /// How often one pass over all connections looks for those whose time is up; timeouts are late by
  /// up to this much.
  std::chrono::milliseconds sweep_interval{250};
};

/// What a stopping server leaves to requests that wait for something to happen
/// (RouteOptions::may_wait). A write that was just made becomes visible well within it.
inline constexpr std::chrono::milliseconds kPollGrace{500};

/// HTTP/1.1 (and 1.0) over TCP: keep-alive, pipelining answered in order, RFC 9112's rules on
/// lengths. A connection keeps its descriptor until its request is answered. Handlers run on
/// `loop`, and so does every member but the constructor. stop() has been awaited before it goes.
class Server {
 public:
  Server(runtime::EventLoop& loop, Router& router, telemetry::Metrics& metrics, Random& random,
         ServerLimits limits = {});
  ~Server();

  /// Starts to listen on `host` (an address or a name; empty: all) and gives the port, which the
  /// system chooses for 0. May be called before the loop runs. kUnavailable `cannot_listen` when
  /// the address is taken or not ours.
  Result<std::uint16_t> listen(const std::string& host, std::uint16_t port);

  /// Stops accepting, closes idle connections, ends streams, lets what is in flight be answered for
  /// up to `grace` (kPollGrace where only such requests are left that may wait), then ends the rest
  /// with a 503.
  runtime::Task<void> stop(std::chrono::milliseconds grace);

  [[nodiscard]] std::size_t connections() const;
  [[nodiscard]] std::size_t in_flight() const;
  [[nodiscard]] std::size_t streams() const;  ///< any thread

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace orderly::http
