#include "events/feed_json.hpp"

#include <fmt/format.h>

#include <limits>

#include "events/member_reader.hpp"
#include "json/writer.hpp"

namespace orderly::events {
namespace {

constexpr std::int64_t kMaxPosition = std::numeric_limits<Position>::max();
/// Room for one event in the JSON of a page, so that it grows seldom.
constexpr std::size_t kTypicalEventBytes = 384;

template <class Event>
void write_event(json::Writer& writer, std::string& data, const Recorded<Event>& event) {
  data.clear();
  append_json(data, event.data);
  writer.begin_object()
      .member("position", event.position)
      .member("event_id", event.event_id.to_string())
      .member("accepted_at", format_rfc3339(event.accepted_at))
      .member("type", Event::kType);
  if (!event.trace.empty()) writer.member("traceparent", event.trace.to_string());
  writer.key("data").raw(data).end_object();
}

template <class Event>
Result<Recorded<Event>> read_recorded(const json::Value& value) {
  MemberReader members(value);
  Recorded<Event> event;
  event.position = members.integer("position", 1, kMaxPosition);
  event.event_id = members.uuid("event_id");
  event.accepted_at = members.time("accepted_at");
  const auto type = members.optional_text("type");
  if (type != Event::kType) {
    members.fail("type", "unknown_event_type", fmt::format("type must be {}.", Event::kType));
  }
  if (const auto trace = members.optional_text("traceparent")) {
    event.trace = TraceContext::parse(*trace).value_or(TraceContext{});
  }
  const auto data = members.member("data");
  if (auto read = members.finish(); !read) return std::unexpected(std::move(read.error()));
  auto parsed = read_event<Event>(*data);
  if (!parsed) return std::unexpected(std::move(parsed.error()));
  event.data = std::move(*parsed);
  return event;
}

}  // namespace

template <class Event>
std::string encode_page(const FeedPage<Event>& page) {
  std::string out;
  out.reserve(128 + page.events.size() * kTypicalEventBytes);
  std::string data;
  json::Writer writer(out);
  writer.begin_object().member("epoch", page.epoch.to_string()).member("head", page.head);
  writer.key("events").begin_array();
  for (const auto& event : page.events)
    write_event(writer, data, event);
  writer.end_array().end_object();
  return out;
}

template <class Event>
Result<FeedPage<Event>> parse_page(std::string_view json) {
  const auto value = json::Value::parse(json);
  if (!value) return std::unexpected(value.error());
  MemberReader members(*value);
  FeedPage<Event> page;
  page.epoch = members.uuid("epoch");
  page.head = members.integer("head", 0, kMaxPosition);
  const auto events = members.member("events");
  if (events && !events->is_array()) {
    members.fail("events", "wrong_type", "events must be an array.");
  }
  if (auto read = members.finish(); !read) return std::unexpected(std::move(read.error()));
  page.events.reserve(events->size());
  Position last = 0;
  for (std::size_t i = 0; i < events->size(); ++i) {
    auto event = read_recorded<Event>(events->at(i));
    if (!event) return std::unexpected(std::move(event.error()));
    if (event->position <= last || event->position > page.head) {
      return invalid("position", "Positions must ascend and end at the head.");
    }
    last = event->position;
    page.events.push_back(std::move(*event));
  }
  return page;
}

template std::string encode_page(const FeedPage<OrderPlaced>&);
template std::string encode_page(const FeedPage<ProductPut>&);
template std::string encode_page(const FeedPage<OrderInfoPut>&);
template Result<FeedPage<OrderPlaced>> parse_page(std::string_view);
template Result<FeedPage<ProductPut>> parse_page(std::string_view);
template Result<FeedPage<OrderInfoPut>> parse_page(std::string_view);

}  // namespace orderly::events
