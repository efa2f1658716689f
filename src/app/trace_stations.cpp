#include "app/trace_stations.hpp"

#include <algorithm>
#include <utility>

#include "app/recording_endpoint.hpp"
#include "runtime/on_loop.hpp"

namespace orderly::app {
namespace {

using State = TraceEntry::State;

constexpr std::size_t kMaxDeliveries = 50;  ///< of a subscription

std::string trace_id_of(const TraceContext& trace) {
  constexpr std::size_t kTraceIdAt = 3;
  constexpr std::size_t kTraceIdBytes = 32;
  return trace.empty() ? std::string() : trace.to_string().substr(kTraceIdAt, kTraceIdBytes);
}

void take_identity(OrderTrace& trace, const events::Recorded<events::OrderPlaced>& order) {
  if (trace.customer_id.empty()) trace.customer_id = order.data.customer_id.value;
  if (trace.trace_id.empty()) trace.trace_id = trace_id_of(order.trace);
}

void add_command(const TraceStations& stations, OrderTrace& trace) {
  if (stations.orders == nullptr) return;
  const auto order = stations.orders->find(OrderId{trace.order_id});
  if (!order) return;
  take_identity(trace, *order);
  trace.epoch = stations.order_epoch();
  trace.position = order->position;
  trace.timeline.push_back({.station = Station::kCommand,
                            .event = "accepted",
                            .at = order->accepted_at,
                            .position = order->position});
}

void add_relay(const TraceStations& stations, OrderTrace& trace) {
  if (stations.relay == nullptr || trace.position == 0) return;
  TraceEntry entry{.station = Station::kRelay, .event = "published", .position = trace.position};
  const auto passages =
      stations.passages.find(relay_hop(stations.relay->topic()), trace.epoch, trace.position);
  if (!passages.empty()) {
    entry.at = passages.front().ended;
  } else if (stations.relay->status().published >= trace.position) {
    entry.note = "Published; when is not recorded any more.";
  } else {
    entry.event = "waiting";
    entry.state = State::kWaiting;
  }
  trace.timeline.push_back(std::move(entry));
}

runtime::Task<std::vector<broker::MessageStanding>> standings(broker::EmbeddedBroker& broker,
                                                              std::string topic,
                                                              Position position) {
  co_return broker.standing_of(topic, position);
}

TraceEntry passed(const std::string& subscription, const Passage& passage) {
  TraceEntry entry{.station = Station::kDelivery,
                   .event = passage.error.empty() ? "delivered" : "rejected",
                   .state = passage.error.empty() ? State::kDone : State::kFailed,
                   .at = passage.ended};
  entry.subscription = subscription;
  entry.attempt = passage.attempt;
  entry.error = passage.error;
  return entry;
}

/// How it stands now, where no record of a delivery says it.
std::optional<TraceEntry> standing_entry(const broker::MessageStanding& standing, bool recorded) {
  TraceEntry entry{.station = Station::kDelivery, .event = "waiting", .state = State::kWaiting};
  entry.subscription = standing.subscription;
  switch (standing.kind) {
    case broker::MessageStanding::Kind::kAcknowledged:
      if (recorded) return std::nullopt;
      entry.event = "delivered";
      entry.state = State::kDone;
      entry.note = "Acknowledged; when is not recorded any more.";
      break;
    case broker::MessageStanding::Kind::kDeadLetter:
      entry.event = "dead_lettered";
      entry.state = State::kFailed;
      entry.attempt = standing.rejections;
      entry.error = standing.error;
      entry.note = "It can be redriven or dropped.";
      break;
    case broker::MessageStanding::Kind::kHeld:
      entry.attempt = standing.rejections;
      entry.error = standing.error;
      entry.note = standing.in_flight ? "It is being delivered." : "It will be delivered again.";
      break;
    case broker::MessageStanding::Kind::kUnread:
      break;
  }
  return entry;
}

runtime::Task<void> add_deliveries(const TraceStations& stations, OrderTrace& trace) {
  if (stations.broker == nullptr || trace.position == 0) co_return;
  if (stations.relay->status().published < trace.position) co_return;
  const auto found = co_await runtime::on_loop(
      *stations.broker_loop, standings(*stations.broker, stations.relay->topic(), trace.position));
  for (const auto& standing : found) {
    auto passages =
        stations.passages.find(delivery_hop(standing.subscription), trace.epoch, trace.position);
    if (passages.size() > kMaxDeliveries) {
      passages.erase(passages.begin(), passages.end() - kMaxDeliveries);
    }
    for (const Passage& passage : passages)
      trace.timeline.push_back(passed(standing.subscription, passage));
    const bool delivered = !passages.empty() && passages.back().error.empty();
    if (auto entry = standing_entry(standing, delivered)) {
      trace.timeline.push_back(std::move(*entry));
    }
  }
}

void add_letters(const orderinfo::OrderStations& known, OrderTrace& trace) {
  const auto add = [&](std::string event, State state, UtcTime at, const auto& kept) {
    TraceEntry entry{.station = Station::kProjection, .event = std::move(event), .state = state};
    entry.at = at;
    entry.note = "Dead letter " + std::to_string(kept.number) + ".";
    entry.attempt = kept.attempts;
    entry.error = kept.letter.reason;
    trace.timeline.push_back(std::move(entry));
  };
  for (const auto& kept : known.dead_letters) {
    const bool stands = !kept.redriven_at && !kept.dropped_at;
    add("dead_lettered", stands ? State::kFailed : State::kDone, kept.kept_at, kept);
    if (kept.redriven_at) add("redriven", State::kDone, *kept.redriven_at, kept);
    if (kept.dropped_at) add("dropped", State::kDone, *kept.dropped_at, kept);
  }
}

void add_projection(const TraceStations& stations, OrderTrace& trace) {
  if (stations.read_model == nullptr) return;
  const auto known = stations.read_model->stations(OrderId{trace.order_id});
  if (known.order) take_identity(trace, *known.order);
  trace.change = known.change;
  if (trace.position == 0 && known.order && known.order->position > 0) {
    trace.epoch = stations.read_model->progress().orders.epoch;
    trace.position = known.order->position;
  }
  const auto add = [&](std::string event, State state, std::optional<UtcTime> at) {
    trace.timeline.push_back(
        {.station = Station::kProjection, .event = std::move(event), .state = state, .at = at});
  };
  if (known.foreign && known.order) {
    TraceEntry entry{.station = Station::kCommand, .event = "accepted"};
    entry.at = known.order->accepted_at;
    entry.note = "Accepted elsewhere: it came by a push and is in no feed.";
    trace.timeline.push_back(std::move(entry));
  }
  if (known.parked_at)
    add("parked", known.parked ? State::kWaiting : State::kDone, known.parked_at);
  if (known.projected_at) {
    const auto first = known.first_projected_at.value_or(*known.projected_at);
    if (known.parked_at) add("released", State::kDone, first);
    add("projected", State::kDone, first);
    if (known.first_projected_at) add("replaced", State::kDone, known.projected_at);
    trace.timeline.back().position = known.change;
  }
  add_letters(known, trace);
  if (!trace.has(Station::kProjection) && trace.position > 0) add("waiting", State::kWaiting, {});
}

void add_warehouse(const TraceStations& stations, OrderTrace& trace) {
  if (stations.loads == nullptr || trace.change == 0) return;
  const auto loaded = stations.loads->loaded();
  TraceEntry entry{.station = Station::kWarehouse, .event = "loaded", .position = trace.change};
  if (!loaded) {
    entry.event = "unknown";
    entry.state = State::kUnknown;
    entry.note = "The warehouse has not said yet how far it has loaded.";
  } else if (loaded->position < trace.change) {
    entry.event = "waiting";
    entry.state = State::kWaiting;
  } else {
    const auto passages = stations.passages.find(kLoadHop, loaded->epoch, trace.change);
    if (!passages.empty()) entry.at = passages.front().ended;
    if (!entry.at) entry.note = "Loaded; since when is not recorded any more.";
  }
  trace.timeline.push_back(std::move(entry));
}

}  // namespace

std::string relay_hop(std::string_view topic) { return "relay:" + std::string(topic); }

runtime::Task<void> add_stations(const TraceStations& stations, OrderTrace& trace) {
  add_command(stations, trace);
  add_projection(stations, trace);
  add_relay(stations, trace);
  co_await add_deliveries(stations, trace);
  add_warehouse(stations, trace);
}

}  // namespace orderly::app
