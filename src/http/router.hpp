#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http/message.hpp"
#include "http/path_template.hpp"
#include "runtime/task.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"

namespace orderly::http {

inline constexpr std::size_t kDefaultMaxBody = 64UL * 1024;
inline constexpr std::size_t kMaxPushBody = 10UL * 1024 * 1024;

/// Answers one request, which outlives the task. What it throws: Unavailable becomes 503/507 with
/// Retry-After, operation_aborted means that the server is stopping, anything else is logged and
/// becomes a 500 that says nothing of the inside. The router keeps the function as long as it
/// serves, so it may capture what its coroutine uses:
///
///     router.post("/api/v1/order/create", {.service = "order-service-cqrs"},
///                 [this](const http::Request& request) { return create(request); });
using Handler = std::function<runtime::Task<Response>(const Request&)>;

/// The same for a path with variables (see PathTemplate).
using PathHandler = std::function<runtime::Task<Response>(const Request&, PathParameters)>;

/// How the router itself refuses: problem.hpp or google_error.hpp.
enum class ErrorFormat : std::uint8_t { kProblem, kGoogle };

struct RouteOptions {
  /// The path also answers under this prefix, e.g. `order-service-cqrs`; empty: no prefix.
  std::string service = {};
  /// Only there, and for path `/` also without the last slash.
  bool prefixed_only = false;
  /// Everything below the path too, where nothing else is.
  bool whole_tree = false;
  std::size_t max_body_bytes = kDefaultMaxBody;
  /// Bodies must be application/json (with or without parameters), else 415.
  bool requires_json = true;
  /// Answers loopback peers only, and no web page of another origin: Host must name this machine,
  /// Origin must be absent or the same host, and the browser must not call it cross-site. What a
  /// proxy on this machine hands on comes from elsewhere. The one place for callers' identity until
  /// they have one.
  bool loopback_only = false;
  /// Answers may wait until something happens that nobody has promised (a long poll): a server that
  /// stops waits for them only kPollGrace.
  bool may_wait = false;
  /// Stops the handler (operation_aborted) once the client has gone, within a sweep of the server
  /// (ServerLimits::sweep_interval). For what only reads and can take long, never for commands:
  /// what was sent is carried out. Gone is also who only closes its own side (shutdown(SHUT_WR)),
  /// for on the wire both are one FIN: it gets a 499. A next request that was sent already is no
  /// goodbye.
  bool stop_when_abandoned = false;
  /// Of refusals and of what the handler throws.
  ErrorFormat errors = ErrorFormat::kProblem;
};

/// What a route answers and how it counts. Made by Router.
class Route {
 public:
  Route(Method method, std::string path, RouteOptions options, Handler handler,
        telemetry::Metrics& metrics);

  [[nodiscard]] const RouteOptions& options() const { return options_; }
  /// Counts an answer: orderly_http_requests_total by method, route and status, and
  /// orderly_http_request_seconds by method and route.
  void count(int status, std::chrono::nanoseconds took);

 private:
  friend class Router;

  telemetry::Counter& counter_of(int status);

  Method method_;
  std::string path_;
  RouteOptions options_;
  Handler handler_;
  telemetry::Metrics& metrics_;
  telemetry::Histogram& latency_;
  /// By status; made when a status first occurs.
  std::array<std::atomic<telemetry::Counter*>, 600> statuses_{};
};

/// Paths to handlers: exact ones, behind them those with variables, behind them whole trees. Filled
/// before it serves, then read-only but for its counters; dispatch() runs on the caller's executor.
class Router {
 public:
  explicit Router(telemetry::Metrics& metrics);

  /// A method and path is added once. HEAD is answered wherever GET is.
  void add(Method method, std::string path, RouteOptions options, Handler handler);
  /// For a path with variables; one that is the same but for their names is added once. The metrics
  /// name it as it is given here.
  void add(Method method, std::string path, RouteOptions options, PathHandler handler);
  void get(std::string path, RouteOptions options, Handler handler) {
    add(Method::kGet, std::move(path), std::move(options), std::move(handler));
  }
  void post(std::string path, RouteOptions options, Handler handler) {
    add(Method::kPost, std::move(path), std::move(options), std::move(handler));
  }

  /// Where a request belongs once its header is known. `refusal` is set (404, 405, 403, 413, 415)
  /// where it is not to be handled; the route is then the one to count it on.
  struct Match {
    Route* route = nullptr;
    std::optional<Response> refusal = std::nullopt;
  };
  /// `content_length`: of the body to come, if the header says so.
  Match match(const Request& request, std::optional<std::uint64_t> content_length);
  /// Runs the handler and turns what it throws into an answer. Throws operation_aborted only.
  runtime::Task<Response> run(Route& route, const Request& request);
  /// match() and run(), for whoever has the whole request: tests, the simulation.
  runtime::Task<Response> dispatch(const Request& request);

  [[nodiscard]] telemetry::Metrics& metrics() const { return metrics_; }

 private:
  using Methods = std::vector<std::pair<Method, Route*>>;
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  void add_path(const std::string& path, Method method, Route& route);
  Methods& methods_at(const std::string& path, bool whole_tree);
  Methods* find(std::string_view sent, std::string_view decoded);
  static std::optional<Response> refusal_of(const Route& route, const Request& request,
                                            std::optional<std::uint64_t> content_length);
  void log_failure(log::Level level, std::string_view message, const Request& request,
                   std::string_view error);

  telemetry::Metrics& metrics_;
  std::vector<std::unique_ptr<Route>> routes_;
  std::unordered_map<std::string, Methods, TextHash, std::equal_to<>> paths_;
  std::vector<std::pair<std::unique_ptr<PathTemplate>, Methods>> templates_;
  std::vector<std::pair<std::string, Methods>> trees_;
  Route unmatched_;                                  ///< counts what has no route
  log::Throttle failures_{std::chrono::seconds(1)};  ///< a broken disk must not fill the log too
};

}  // namespace orderly::http
