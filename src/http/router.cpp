#include "http/router.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/check.hpp"
#include "base/text.hpp"
#include "http/google_error.hpp"
#include "http/own_machine.hpp"
#include "http/problem.hpp"
#include "runtime/task_group.hpp"

namespace orderly::http {
namespace {

constexpr std::string_view kUnmatchedPath = "(none)";

std::string_view trim_spaces(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool is_json(std::string_view content_type) {
  return equals_ignoring_case(trim_spaces(content_type.substr(0, content_type.find(';'))), kJson);
}

/// `Host` without the port: `localhost`, `127.0.0.1`, `[::1]`.
std::string_view host_name(std::string_view host) {
  if (host.starts_with('[')) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.find(':'));
}

bool names_this_machine(std::string_view host) {
  const std::string_view name = host_name(host);
  const bool ipv4 =
      name.starts_with("127.") && name.find_first_not_of("0123456789.") == std::string_view::npos;
  return ipv4 || name == "[::1]" || equals_ignoring_case(name, "localhost");
}

/// Headers by which a proxy says that it hands on somebody else's request.
constexpr std::array<std::string_view, 4> kForwardedHeaders = {"X-Forwarded-For", "Forwarded",
                                                               "Via", "X-Real-IP"};

bool is_own_origin(const Request& request, std::string_view host) {
  if (equals_ignoring_case(request.header("Sec-Fetch-Site").value_or(""), "cross-site")) {
    return false;
  }
  const auto origin = request.header("Origin");
  if (!origin) return true;
  const std::size_t scheme = origin->find("://");
  return scheme != std::string_view::npos && equals_ignoring_case(origin->substr(scheme + 3), host);
}

Response error_answer(const RouteOptions& options, int status, std::string_view code,
                      std::string_view message) {
  return options.errors == ErrorFormat::kGoogle ? google_error(status, code, message)
                                                : problem(status, code, message);
}

Response error_answer(const RouteOptions& options, const Unavailable& unavailable) {
  Response response = problem(unavailable);
  if (options.errors == ErrorFormat::kProblem) return response;
  const bool full = response.status == 507;  // which Google's clients do not know
  Response google =
      full ? google_error(429, "storage_full", "There is no room to store anything new.")
           : google_error(503, "unavailable", "This cannot be done right now. Try again later.");
  google.headers = std::move(response.headers);
  return google;
}

Response method_not_allowed(const std::vector<std::pair<Method, Route*>>& methods) {
  std::string allow;
  for (const auto& [method, route] : methods) {
    allow.append(allow.empty() ? "" : ", ").append(to_string(method));
    if (method == Method::kGet) allow.append(", HEAD");
  }
  Response response = error_answer(methods.front().second->options(), 405, "method_not_allowed",
                                   "The method is not allowed here.");
  response.headers.add("Allow", allow);
  return response;
}

}  // namespace

/// Why the caller is none on this machine; nothing: it is one. A page of another origin, or a name
/// that was made to resolve to this machine, must not reach what only its owner may do (DNS
/// rebinding, cross-site requests).
std::optional<std::string_view> why_not_local(const Request& request) {
  const auto host = request.header("Host");
  if (!request.from_loopback || !host || !names_this_machine(*host)) {
    return "This is answered to callers on the same machine only.";
  }
  const auto is_there = [&](std::string_view name) { return request.header(name).has_value(); };
  if (std::ranges::any_of(kForwardedHeaders, is_there)) {
    return "This is answered to callers on the same machine only, and a proxy has handed this "
           "request on (it has a Forwarded, X-Forwarded-For, X-Real-IP or Via header).";
  }
  if (!is_own_origin(request, *host)) {
    return "This is answered to callers on the same machine only, and not to web pages of another "
           "origin.";
  }
  return std::nullopt;
}

Route::Route(Method method, std::string path, RouteOptions options, Handler handler,
             telemetry::Metrics& metrics)
    : method_(method),
      path_(std::move(path)),
      options_(std::move(options)),
      handler_(std::move(handler)),
      metrics_(metrics),
      latency_(metrics.histogram("orderly_http_request_seconds",
                                 "Time from a request's last byte to its answer",
                                 telemetry::latency_buckets(),
                                 {{"method", std::string(to_string(method_))}, {"route", path_}})) {
}

telemetry::Counter& Route::counter_of(int status) {
  const auto slot = static_cast<std::size_t>(std::clamp(status, 0, 599));
  telemetry::Counter* counter = statuses_[slot].load(std::memory_order_acquire);
  if (counter == nullptr) {
    counter = &metrics_.counter("orderly_http_requests_total", "Requests answered",
                                {{"method", std::string(to_string(method_))},
                                 {"route", path_},
                                 {"status", std::to_string(slot)}});
    statuses_[slot].store(counter, std::memory_order_release);
  }
  return *counter;
}

void Route::count(int status, std::chrono::nanoseconds took) {
  counter_of(status).add();
  latency_.observe(took);
}

Router::Router(telemetry::Metrics& metrics)
    : metrics_(metrics),
      unmatched_(Method::kOther, std::string(kUnmatchedPath), {}, nullptr, metrics) {}

void Router::add(Method method, std::string path, RouteOptions options, Handler handler) {
  ORDERLY_CHECK(path.starts_with('/'), "a route's path starts with /");
  ORDERLY_CHECK(!options.prefixed_only || !options.service.empty(), "a prefix has a name");
  const std::string prefix = options.service.empty() ? "" : "/" + options.service;
  std::vector<std::string> paths;
  if (!options.prefixed_only) paths.push_back(path);
  if (!prefix.empty()) paths.push_back(prefix + path);
  if (options.prefixed_only && path == "/") paths.push_back(prefix);

  const std::string& label = options.prefixed_only ? prefix + path : path;
  routes_.push_back(
      std::make_unique<Route>(method, label, std::move(options), std::move(handler), metrics_));
  for (const auto& full : paths)
    add_path(full, method, *routes_.back());
}

void Router::add(Method method, std::string path, RouteOptions options, PathHandler handler) {
  const std::string prefix = options.service.empty() ? "" : "/" + options.service;
  auto plain = std::make_shared<const PathTemplate>(path);
  auto prefixed = std::make_shared<const PathTemplate>(prefix + path);
  add(method, std::move(path), std::move(options),
      [plain = std::move(plain), prefixed = std::move(prefixed),
       handler = std::move(handler)](const Request& request) {
        auto parameters = plain->match(request.path());
        if (!parameters) parameters = prefixed->match(request.path());
        ORDERLY_CHECK(parameters.has_value(), "a route runs for its own path");
        return handler(request, std::move(*parameters));
      });
}

Router::Methods& Router::methods_at(const std::string& path, bool whole_tree) {
  if (whole_tree) {
    const auto same = std::ranges::find(trees_, path, &decltype(trees_)::value_type::first);
    return same != trees_.end() ? same->second : trees_.emplace_back(path, Methods{}).second;
  }
  if (!is_template(path)) return paths_[path];
  auto made = std::make_unique<PathTemplate>(path);
  const auto same = std::ranges::find_if(
      templates_, [&](const auto& each) { return each.first->shape() == made->shape(); });
  return same != templates_.end() ? same->second
                                  : templates_.emplace_back(std::move(made), Methods{}).second;
}

void Router::add_path(const std::string& path, Method method, Route& route) {
  Methods& methods = methods_at(path, route.options().whole_tree);
  const bool taken =
      std::ranges::find(methods, method, &Methods::value_type::first) != methods.end();
  ORDERLY_CHECK(!taken, "a method and path is added once");
  methods.emplace_back(method, &route);
}

Router::Methods* Router::find(std::string_view sent, std::string_view decoded) {
  if (const auto exact = paths_.find(decoded); exact != paths_.end()) return &exact->second;
  for (auto& [path, methods] : templates_) {
    if (path->match(sent)) return &methods;
  }
  for (auto& [root, methods] : trees_) {
    const bool within =
        decoded.starts_with(root) && (decoded.size() == root.size() || decoded[root.size()] == '/');
    if (within) return &methods;
  }
  return nullptr;
}

Router::Match Router::match(const Request& request, std::optional<std::uint64_t> content_length) {
  const std::string_view sent = request.path();
  std::optional<std::string> decoded;
  if (sent.find('%') != std::string_view::npos) {
    decoded = percent_decode(sent);
    if (!decoded) {
      return {&unmatched_, problem(400, "malformed_target", "The path has a broken escape.")};
    }
  }
  const std::string_view path = decoded ? std::string_view(*decoded) : sent;
  // Handlers make names of its parts, which answers repeat.
  if (!is_valid_utf8(path)) {
    return {&unmatched_, problem(400, "malformed_target", "The path is not valid UTF-8.")};
  }
  const Methods* methods = find(sent, path);
  if (methods == nullptr) {
    return {&unmatched_, problem(404, "not_found", "There is nothing at this path.")};
  }
  const Method wanted = request.method == Method::kHead ? Method::kGet : request.method;
  Route* route = nullptr;
  for (const auto& [method, candidate] : *methods) {
    if (method == request.method || (method == wanted && route == nullptr)) route = candidate;
  }
  if (route == nullptr) return {&unmatched_, method_not_allowed(*methods)};
  return {route, refusal_of(*route, request, content_length)};
}

std::optional<Response> Router::refusal_of(const Route& route, const Request& request,
                                           std::optional<std::uint64_t> content_length) {
  const RouteOptions& options = route.options();
  if (options.loopback_only) {
    if (const auto why = why_not_local(request)) {
      return error_answer(options, 403, "loopback_only", *why);
    }
  }
  if (content_length.value_or(0) > options.max_body_bytes) {
    return error_answer(
        options, 413, "body_too_large",
        "The body must have at most " + std::to_string(options.max_body_bytes) + " bytes.");
  }
  const bool has_body =
      content_length ? *content_length > 0 : request.header("Transfer-Encoding").has_value();
  if (has_body && options.requires_json && route.method_ != Method::kGet &&
      !is_json(request.header("Content-Type").value_or(""))) {
    return error_answer(options, 415, "unsupported_media_type",
                        "The body must be application/json.");
  }
  if (has_body &&
      !equals_ignoring_case(request.header("Content-Encoding").value_or("identity"), "identity")) {
    return error_answer(options, 415, "unsupported_media_type",
                        "The body must come without Content-Encoding.");
  }
  return std::nullopt;
}

runtime::Task<Response> Router::run(Route& route, const Request& request) {
  try {
    co_return co_await route.handler_(request);
  } catch (const Unavailable& unavailable) {
    log_failure(log::Level::kWarning, "request refused: unavailable", request, unavailable.what());
    co_return error_answer(route.options(), unavailable);
  } catch (const std::exception& error) {
    if (runtime::is_stopped(std::current_exception())) throw;
    log_failure(log::Level::kError, "request failed unexpectedly", request, error.what());
    co_return error_answer(route.options(), 500, "internal",
                           "Something went wrong here. It has been logged.");
  }
}

void Router::log_failure(log::Level level, std::string_view message, const Request& request,
                         std::string_view error) {
  const auto held_back = failures_.pass(request.received);
  if (!held_back) return;
  log::write(level, message,
             {{"method", to_string(request.method)},
              {"path", request.path()},
              {"error", error},
              {"trace", request.trace},
              {"held_back", *held_back}});
}

runtime::Task<Response> Router::dispatch(const Request& request) {
  Match matched = match(request, request.body.size());
  if (matched.refusal) co_return std::move(*matched.refusal);
  co_return co_await run(*matched.route, request);
}

}  // namespace orderly::http
