#include "app/trace_routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "http/own_machine.hpp"
#include "http/problem.hpp"
#include "http/query.hpp"
#include "telemetry/log.hpp"

namespace orderly::app {
namespace {

using http::Request;
using http::Response;
using runtime::Task;

/// A peer that is away must not keep the others' stations from whoever asks.
constexpr std::chrono::milliseconds kPeerTimeout{3'000};

struct Shared {
  TraceStations stations;
  std::vector<TracePeer> peers;
};

/// What a request asks for.
struct Asked {
  OrderTrace trace;  ///< with what it says of the order
  std::optional<CustomerId> customer;
};

Result<Asked> parse(const Request& request) {
  auto query = request.query();
  if (!query) return std::unexpected(std::move(query.error()));
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  const auto order = query->required_string("order_id");
  const auto position = query->optional_int("position", 0, kMax);
  const auto change = query->optional_int("change", 0, kMax);
  if (auto read = query->finish(); !read) return std::unexpected(std::move(read.error()));
  const auto id = parse_id<OrderId>("order_id", order);
  if (!id) return std::unexpected(id.error());
  Asked asked{.trace = {.order_id = id->value}, .customer = {}};
  asked.trace.position = position.value_or(0);
  asked.trace.change = change.value_or(0);
  if (const auto text = query->find("epoch"); text && !text->empty()) {
    const auto epoch = Uuid::parse(*text);
    if (!epoch) return invalid("epoch", "epoch must be a UUID.");
    asked.trace.epoch = *epoch;
  }
  if (const auto customer = query->find("customer_id")) {
    auto parsed = parse_id<CustomerId>("customer_id", *customer);
    if (!parsed) return std::unexpected(std::move(parsed.error()));
    asked.customer = std::move(*parsed);
  }
  return asked;
}

std::string target_of(const OrderTrace& trace) {
  std::string target = "/api/v1/order/stations?order_id=" + http::percent_encode(trace.order_id);
  if (trace.position > 0) {
    target += fmt::format("&epoch={}&position={}", trace.epoch.to_string(), trace.position);
  }
  if (trace.change > 0) target += fmt::format("&change={}", trace.change);
  return target;
}

void add_unknown(OrderTrace& trace, const TracePeer& peer, const std::string& why) {
  for (const Station station : peer.stations) {
    TraceEntry entry{.station = station, .event = "unknown", .state = TraceEntry::State::kUnknown};
    entry.note = why;
    trace.timeline.push_back(std::move(entry));
  }
}

/// False: it could not be asked.
Task<bool> ask(const TracePeer& peer, OrderTrace& trace) {
  std::string why;
  try {
    http::ClientRequest request{.target = target_of(trace), .timeout = kPeerTimeout};
    const auto response = co_await peer.client->send(std::move(request));
    auto told = parse_order_trace(response.body);
    if (response.status == 200 && told) {
      merge(trace, std::move(*told));
      co_return true;
    }
    why = fmt::format("The {} answered {}.", peer.service, response.status);
  } catch (const Unavailable& unavailable) {
    log::warning("a service could not be asked for an order's stations",
                 {{"service", peer.service}, {"error", unavailable.what()}});
    why = fmt::format("The {} could not be asked.", peer.service);
  }
  add_unknown(trace, peer, why);
  co_return false;
}

/// Of stations that nobody said anything of.
void add_missing(OrderTrace& trace) {
  for (std::size_t i = 0; i < kStations; ++i) {
    const auto station = static_cast<Station>(i);
    if (trace.has(station)) continue;
    TraceEntry entry{.station = station, .event = "unknown", .state = TraceEntry::State::kUnknown};
    entry.note = "Nothing is known of it.";
    trace.timeline.push_back(std::move(entry));
  }
}

/// Everything that can be known. Whether all could be asked.
Task<bool> collect(std::shared_ptr<const Shared> shared, OrderTrace& trace) {
  co_await add_stations(shared->stations, trace);
  bool all = true;
  for (const TracePeer& peer : shared->peers) {
    if (!peer.client) {
      add_unknown(
          trace, peer,
          fmt::format("This process does not know where the {} is ({}).", peer.service, peer.flag));
      continue;
    }
    const bool asked = co_await ask(peer, trace);
    all = all && asked;
  }
  // What is hosted here may have needed what the others know.
  if (!shared->peers.empty()) {
    OrderTrace again{.order_id = trace.order_id,
                     .epoch = trace.epoch,
                     .position = trace.position,
                     .change = trace.change};
    co_await add_stations(shared->stations, again);
    for (TraceEntry& entry : again.timeline) {
      const bool is_new = !trace.has(entry.station);
      const bool known = std::ranges::find(trace.timeline, entry) != trace.timeline.end();
      if (is_new || !known) trace.timeline.push_back(std::move(entry));
    }
  }
  co_return all;
}

Response not_found() {
  return http::problem(404, "order_not_found", "The order does not exist.", "order_id");
}

Task<Response> tell(std::shared_ptr<const Shared> shared, const Request& request) {
  auto asked = parse(request);
  if (!asked) co_return http::problem(asked.error());
  if (!asked->customer) {
    if (const auto why = http::why_not_local(request)) {
      co_return http::problem(403, "loopback_only", *why);
    }
  }
  OrderTrace trace{.order_id = std::move(asked->trace.order_id)};
  const bool all = co_await collect(shared, trace);
  if (!trace.is_known()) {
    if (!all) throw Unavailable("a service could not be asked for an order's stations");
    co_return not_found();
  }
  if (asked->customer && asked->customer->value != trace.customer_id) co_return not_found();
  add_missing(trace);
  sort(trace);
  if (asked->customer) reduce_for_customer(trace);
  co_return Response::json(to_json(trace));
}

Task<Response> tell_own(std::shared_ptr<const Shared> shared, const Request& request) {
  auto asked = parse(request);
  if (!asked) co_return http::problem(asked.error());
  OrderTrace trace = std::move(asked->trace);
  co_await add_stations(shared->stations, trace);
  co_return Response::json(to_json(trace));
}

}  // namespace

void add_trace_routes(http::Router& router, TraceStations stations, std::vector<TracePeer> peers) {
  const auto shared = std::make_shared<const Shared>(std::move(stations), std::move(peers));
  router.get("/api/v1/order/trace", {.stop_when_abandoned = true},
             [shared](const Request& request) { return tell(shared, request); });
  router.get("/api/v1/order/stations", {},
             [shared](const Request& request) { return tell_own(shared, request); });
}

}  // namespace orderly::app
