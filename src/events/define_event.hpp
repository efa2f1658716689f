#pragma once

#include <fmt/format.h>

#include <limits>
#include <string>
#include <utility>

#include "events/feed_json.hpp"
#include "events/feed_route.hpp"
#include "events/member_reader.hpp"
#include "events/message.hpp"
#include "http/problem.hpp"
#include "json/writer.hpp"

/// What makes a type an event: its definitions, for the one source file of each event type. The
/// type brings
///
///     struct OrderCancelled {
///       static constexpr std::string_view kType = "order_cancel";    // attribute event_type
///       static constexpr std::string_view kTopic = "…";              // where its relay publishes
///       …
///     };
///     void append_json(std::string& out, const OrderCancelled& event);                  // beside
///     it Message to_message(const Uuid& epoch, const Recorded<OrderCancelled>& event);
///
/// and, in namespace orderly::events, `template <> Result<OrderCancelled> read_event(const
/// json::Value& data)`; then its source file says once
///
///     template std::string encode_page(const FeedPage<OrderCancelled>&);
///     template Result<FeedPage<OrderCancelled>> parse_page(std::string_view);
///     template runtime::Task<http::Response> serve_page(runtime::EventLoop&,
///         const EventLog<OrderCancelled>&, FeedWaiters&, const http::Request&);
///
/// and has everything that our own events have: a feed over HTTP with checked positions, a reader
/// for it, and messages. docs/extending.md walks through it.
namespace orderly::events {

namespace detail {

inline constexpr std::int64_t kMaxPosition = std::numeric_limits<Position>::max();
/// Room for one event in the JSON of a page, so that it grows seldom.
inline constexpr std::size_t kTypicalEventBytes = 384;

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

/// What a reader may have seen elsewhere is not to be missed in its page; a moment, at most this.
inline constexpr std::chrono::milliseconds kLongestUntold{1'000};

template <class Event>
runtime::Task<void> await_untold(runtime::EventLoop& loop, const EventLog<Event>& log,
                                 Position head) {
  const SteadyTime deadline = loop.steady_now() + kLongestUntold;
  for (;;) {
    const auto ticket = log.appended().ticket();
    if (log.tells_of(head)) co_return;
    if (!co_await log.appended().wait(loop, ticket, deadline)) co_return;
  }
}

}  // namespace detail

template <class Event>
std::string encode_page(const FeedPage<Event>& page) {
  std::string out;
  out.reserve(128 + page.events.size() * detail::kTypicalEventBytes);
  std::string data;
  json::Writer writer(out);
  writer.begin_object().member("epoch", page.epoch.to_string()).member("head", page.head);
  writer.key("events").begin_array();
  for (const auto& event : page.events)
    detail::write_event(writer, data, event);
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
  page.head = members.integer("head", 0, detail::kMaxPosition);
  const auto events = members.member("events");
  if (events && !events->is_array()) {
    members.fail("events", "wrong_type", "events must be an array.");
  }
  if (auto read = members.finish(); !read) return std::unexpected(std::move(read.error()));
  page.events.reserve(events->size());
  Position last = 0;
  for (std::size_t i = 0; i < events->size(); ++i) {
    auto event = detail::read_recorded<Event>(events->at(i));
    if (!event) return std::unexpected(std::move(event.error()));
    if (event->position <= last || event->position > page.head) {
      return invalid("position", "Positions must ascend and end at the head.");
    }
    last = event->position;
    page.events.push_back(std::move(*event));
  }
  return page;
}

/// A conflict says which history there is, and from where on the reader's is another one.
template <class Event>
http::Response refuse_reader(const EventLog<Event>& log, const Cursor& reader, const Error& error) {
  if (error.kind != ErrorKind::kConflict) return http::problem(error);
  const auto now = log.read_events({}, 1);
  if (!now) return http::problem(error);
  return conflict_problem(error, {now->epoch, now->head, log.fork_of(reader.epoch)});
}

template <class Event>
runtime::Task<http::Response> serve_page(runtime::EventLoop& loop, const EventLog<Event>& log,
                                         FeedWaiters& waiters, const http::Request& request) {
  const auto asked = parse_feed_request(request);
  if (!asked) co_return http::problem(asked.error());
  auto page = log.read_events(asked->after, asked->limit);
  if (page && page->events.size() < asked->limit && !log.tells_of(page->head)) {
    co_await detail::await_untold(loop, log, page->head);
    page = log.read_events(asked->after, asked->limit);
  }
  if (page && page->events.empty() && asked->wait.count() > 0) {
    const FeedWaiters::Place place(waiters);
    LocalFeed<Event> feed(loop, log);
    page = co_await feed.read(asked->after, asked->limit, asked->wait);
  }
  if (!page) co_return refuse_reader(log, asked->after, page.error());
  co_return http::Response::json(encode_page(*page));
}

/// The message of an event, with `key` as its ordering key.
template <class Event>
Message make_message(const Uuid& epoch, const Recorded<Event>& event, const std::string& key) {
  Message message;
  append_json(message.data, event.data);
  auto& attributes = message.attributes;
  attributes.set(kEventIdAttribute, event.event_id.to_string());
  attributes.set(kEventTypeAttribute, std::string(Event::kType));
  attributes.set(kEpochAttribute, epoch.to_string());
  attributes.set(kPositionAttribute, std::to_string(event.position));
  attributes.set(kAcceptedAtAttribute, format_rfc3339(event.accepted_at));
  if (!event.trace.empty()) attributes.set(kTraceparentAttribute, event.trace.to_string());
  message.ordering_key = key;
  message.publish_time = event.accepted_at;
  return message;
}

}  // namespace orderly::events
