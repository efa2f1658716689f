#include "app/order_trace.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "base/dates.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace orderly::app {
namespace {

constexpr std::array<std::string_view, kStations> kStationNames{"command", "relay", "delivery",
                                                                "projection", "warehouse"};
constexpr std::array<std::string_view, 4> kStateNames{"done", "waiting", "failed", "unknown"};

template <std::size_t N>
std::optional<std::size_t> index_of(const std::array<std::string_view, N>& names,
                                    std::optional<std::string_view> name) {
  const auto found = std::ranges::find(names, name.value_or(""));
  if (found == names.end()) return std::nullopt;
  return static_cast<std::size_t>(found - names.begin());
}

void write_entry(json::Writer& writer, const TraceEntry& entry) {
  writer.begin_object()
      .member("station", to_string(entry.station))
      .member("event", entry.event)
      .member("state", to_string(entry.state))
      .key("at");
  entry.at ? writer.string(format_rfc3339(*entry.at)) : writer.null();
  if (!entry.note.empty()) writer.member("note", entry.note);
  if (!entry.subscription.empty()) writer.member("subscription", entry.subscription);
  if (entry.attempt) writer.member("attempt", *entry.attempt);
  if (entry.position) writer.member("position", *entry.position);
  if (!entry.error.empty()) writer.member("error", entry.error);
  writer.end_object();
}

std::string text_at(const json::Value& object, std::string_view name) {
  return std::string(object.string_at(name).value_or(""));
}

std::optional<TraceEntry> read_entry(const json::Value& value) {
  const auto station = index_of(kStationNames, value.string_at("station"));
  const auto state = index_of(kStateNames, value.string_at("state"));
  if (!station || !state) return std::nullopt;
  TraceEntry entry{.station = static_cast<Station>(*station),
                   .event = text_at(value, "event"),
                   .state = static_cast<TraceEntry::State>(*state)};
  if (const auto at = value.string_at("at")) entry.at = parse_rfc3339(*at);
  entry.note = text_at(value, "note");
  entry.subscription = text_at(value, "subscription");
  entry.attempt = value.int_at("attempt");
  entry.position = value.int_at("position");
  entry.error = text_at(value, "error");
  return entry;
}

bool has_event(const OrderTrace& trace, std::string_view event) {
  return std::ranges::any_of(trace.timeline, [event](const TraceEntry& entry) {
    return entry.event == event && entry.state == TraceEntry::State::kDone;
  });
}

bool is_at(const OrderTrace& trace, std::string_view event, TraceEntry::State state) {
  return std::ranges::any_of(trace.timeline, [&](const TraceEntry& entry) {
    return entry.event == event && entry.state == state;
  });
}

}  // namespace

std::string_view to_string(Station station) {
  return kStationNames.at(static_cast<std::size_t>(station));
}

std::string_view to_string(TraceEntry::State state) {
  return kStateNames.at(static_cast<std::size_t>(state));
}

bool OrderTrace::has(Station station) const {
  return std::ranges::find(timeline, station, &TraceEntry::station) != timeline.end();
}

bool OrderTrace::is_known() const {
  return std::ranges::any_of(
      timeline, [](const TraceEntry& entry) { return entry.state != TraceEntry::State::kUnknown; });
}

void merge(OrderTrace& trace, OrderTrace other) {
  if (trace.customer_id.empty()) trace.customer_id = std::move(other.customer_id);
  if (trace.trace_id.empty()) trace.trace_id = std::move(other.trace_id);
  if (trace.position == 0) {
    trace.epoch = other.epoch;
    trace.position = other.position;
  }
  if (trace.change == 0) trace.change = other.change;
  std::ranges::move(other.timeline, std::back_inserter(trace.timeline));
}

/// Entries of one station and time keep their order. They are few, so that each goes to its place.
void sort(OrderTrace& trace) {
  const auto place = [](const TraceEntry& entry) {
    return std::pair(entry.station, entry.at.value_or(UtcTime::max()));
  };
  auto& timeline = trace.timeline;
  for (auto entry = timeline.begin(); entry != timeline.end(); ++entry) {
    const auto to = std::ranges::upper_bound(timeline.begin(), entry, place(*entry), {}, place);
    std::rotate(to, entry, entry + 1);
  }
}

void reduce_for_customer(OrderTrace& trace) {
  std::erase_if(trace.timeline,
                [](const TraceEntry& entry) { return entry.station == Station::kDelivery; });
  for (TraceEntry& entry : trace.timeline) {
    entry.error.clear();
    entry.note.clear();
  }
}

std::string_view state_of(const OrderTrace& trace) {
  if (has_event(trace, "loaded")) return "loaded";
  if (has_event(trace, "projected") || has_event(trace, "replaced")) return "visible";
  if (is_at(trace, "parked", TraceEntry::State::kWaiting)) return "parked";
  if (is_at(trace, "dead_lettered", TraceEntry::State::kFailed)) return "dead_lettered";
  if (has_event(trace, "published")) return "published";
  return has_event(trace, "accepted") ? "accepted" : "unknown";
}

std::string to_json(const OrderTrace& trace) {
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("order_id", trace.order_id);
  if (!trace.customer_id.empty()) writer.member("customer_id", trace.customer_id);
  if (!trace.trace_id.empty()) writer.member("trace_id", trace.trace_id);
  if (trace.position > 0) {
    writer.member("epoch", trace.epoch.to_string()).member("position", trace.position);
  }
  if (trace.change > 0) writer.member("change", trace.change);
  writer.member("state", state_of(trace)).key("timeline").begin_array();
  for (const TraceEntry& entry : trace.timeline)
    write_entry(writer, entry);
  writer.end_array().end_object();
  return body;
}

Result<OrderTrace> parse_order_trace(std::string_view text) {
  const auto value = json::Value::parse(text);
  if (!value) return std::unexpected(value.error());
  const auto timeline = value->find("timeline");
  if (!timeline || !timeline->is_array()) return invalid("timeline", "There is no timeline.");
  OrderTrace trace{.order_id = text_at(*value, "order_id"),
                   .customer_id = text_at(*value, "customer_id"),
                   .trace_id = text_at(*value, "trace_id")};
  trace.epoch = Uuid::parse(text_at(*value, "epoch")).value_or(Uuid{});
  trace.position = value->int_at("position").value_or(0);
  trace.change = value->int_at("change").value_or(0);
  for (std::size_t i = 0; i < timeline->size(); ++i) {
    auto entry = read_entry(timeline->at(i));
    if (!entry) return invalid("timeline", "The timeline has an entry that cannot be read.");
    trace.timeline.push_back(std::move(*entry));
  }
  return trace;
}

}  // namespace orderly::app
