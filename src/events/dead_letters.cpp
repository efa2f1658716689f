#include "events/dead_letters.hpp"

#include <limits>

#include "base/dates.hpp"
#include "events/define_event.hpp"

namespace orderly::events {
namespace {

constexpr std::int64_t kMaxInteger = std::numeric_limits<std::int64_t>::max();

std::optional<UtcTime> optional_time(MemberReader& members, std::string_view name) {
  if (!members.optional_text(name)) return std::nullopt;
  return members.time(name);
}

}  // namespace

void append_json(std::string& out, const DeadLetterPut& event) {
  json::Writer writer(out);
  writer.begin_object()
      .member("number", event.number)
      .member("kept_at", format_rfc3339(event.kept_at));
  if (!event.order_id.empty()) writer.member("order_id", event.order_id);
  writer.member("code", event.code)
      .member("reason", event.reason)
      .member("message", event.message)
      .member("attempts", event.attempts)
      .member("attempted_at", format_rfc3339(event.attempted_at));
  if (event.redriven_at) writer.member("redriven_at", format_rfc3339(*event.redriven_at));
  if (event.dropped_at) writer.member("dropped_at", format_rfc3339(*event.dropped_at));
  writer.end_object();
}

template <>
Result<DeadLetterPut> read_event(const json::Value& data) {
  MemberReader members(data);
  DeadLetterPut event;
  event.number = members.integer("number", 1, kMaxInteger);
  event.kept_at = members.time("kept_at");
  event.order_id = members.optional_text("order_id").value_or("");
  event.code = members.optional_text("code").value_or("");
  event.reason = members.optional_text("reason").value_or("");
  event.message = members.optional_text("message").value_or("");
  event.attempts = members.integer("attempts", 1, kMaxInteger);
  event.attempted_at = members.time("attempted_at");
  event.redriven_at = optional_time(members, "redriven_at");
  event.dropped_at = optional_time(members, "dropped_at");
  if (auto read = members.finish(); !read) return std::unexpected(std::move(read.error()));
  return event;
}

template std::string encode_page(const FeedPage<DeadLetterPut>&);
template Result<FeedPage<DeadLetterPut>> parse_page(std::string_view);
template runtime::Task<http::Response> serve_page(runtime::EventLoop&,
                                                  const EventLog<DeadLetterPut>&, FeedWaiters&,
                                                  const http::Request&);

}  // namespace orderly::events
