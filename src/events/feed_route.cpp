#include "events/define_event.hpp"

#include <limits>
#include <optional>

#include "base/text.hpp"

namespace orderly::events {
namespace {

/// An empty parameter is as none: `?epoch=&after=0`.
std::optional<std::string_view> find_filled(const http::Query& query, std::string_view name) {
  const auto text = query.find(name);
  return text && !text->empty() ? text : std::nullopt;
}

Result<std::int64_t> read_int(const http::Query& query, std::string_view name, std::int64_t min,
                              std::int64_t max, std::int64_t otherwise) {
  const auto text = find_filled(query, name);
  if (!text) return otherwise;
  const auto number = parse_int64(*text);
  if (!number || *number < min || *number > max) {
    return invalid(name, std::string(name) + " must be a whole number from " + std::to_string(min) +
                             " to " + std::to_string(max) + ".");
  }
  return *number;
}

Result<Uuid> read_uuid(const http::Query& query, std::string_view name) {
  const auto text = find_filled(query, name);
  if (!text) return Uuid{};
  const auto id = Uuid::parse(*text);
  if (!id) return invalid(name, std::string(name) + " must be a UUID.");
  return *id;
}

/// Seconds with up to three decimals.
std::optional<std::chrono::milliseconds> parse_seconds(std::string_view text) {
  const auto point = text.find('.');
  std::string fraction(point == text.npos ? "" : text.substr(point + 1));
  if (fraction.size() > 3 || (point != text.npos && fraction.empty())) return std::nullopt;
  fraction.resize(3, '0');
  const auto seconds = parse_int64(text.substr(0, point));
  const auto millis = parse_int64(fraction);
  if (!seconds || !millis || text.starts_with('-') || *millis < 0) return std::nullopt;
  if (*seconds > kMaxFeedWait / std::chrono::seconds(1)) return std::nullopt;
  return std::chrono::seconds(*seconds) + std::chrono::milliseconds(*millis);
}

Result<std::chrono::milliseconds> read_wait(const http::Query& query) {
  const auto text = find_filled(query, "wait");
  if (!text) return std::chrono::milliseconds(0);
  const auto wait = parse_seconds(*text);
  if (!wait || *wait > kMaxFeedWait) return invalid("wait", "wait must be from 0 to 30 seconds.");
  return *wait;
}

}  // namespace

Result<FeedRequest> parse_feed_request(const http::Request& request) {
  const auto query = request.query();
  if (!query) return std::unexpected(query.error());
  const auto epoch = read_uuid(*query, "epoch");
  if (!epoch) return std::unexpected(epoch.error());
  const auto after = read_int(*query, "after", 0, std::numeric_limits<Position>::max(), 0);
  if (!after) return std::unexpected(after.error());
  const auto event_id = read_uuid(*query, "event_id");
  if (!event_id) return std::unexpected(event_id.error());
  const auto limit = read_int(*query, "limit", 1, kMaxFeedPage, kDefaultFeedPage);
  if (!limit) return std::unexpected(limit.error());
  const auto wait = read_wait(*query);
  if (!wait) return std::unexpected(wait.error());
  return FeedRequest{.after = {.epoch = *epoch, .position = *after, .event_id = *event_id},
                     .limit = static_cast<std::size_t>(*limit),
                     .wait = *wait};
}

http::Response conflict_problem(const Error& error, const HistoryNow& now) {
  http::Response response = http::problem(error);
  response.body.pop_back();  // goes on inside the object
  response.body += fmt::format(R"(,"epoch":"{}","head":{})", now.epoch.to_string(), now.head);
  if (now.fork) response.body += fmt::format(R"(,"fork":{})", *now.fork);
  response.body += '}';
  return response;
}

FeedWaiters::Place::Place(FeedWaiters& waiters) : waiters_(waiters) {
  if (waiters.count_ >= kMaxFeedWaiters) throw Unavailable("too many readers wait for this feed");
  ++waiters.count_;
}

template runtime::Task<http::Response> serve_page(runtime::EventLoop&, const EventLog<OrderPlaced>&,
                                                  FeedWaiters&, const http::Request&);
template runtime::Task<http::Response> serve_page(runtime::EventLoop&, const EventLog<ProductPut>&,
                                                  FeedWaiters&, const http::Request&);
template runtime::Task<http::Response> serve_page(runtime::EventLoop&,
                                                  const EventLog<OrderInfoPut>&, FeedWaiters&,
                                                  const http::Request&);

}  // namespace orderly::events
