#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "events/feed.hpp"
#include "events/feed_json.hpp"
#include "http/router.hpp"
#include "runtime/event_loop.hpp"

namespace orderly::events {

inline constexpr std::size_t kDefaultFeedPage = 100;
/// Readers of one feed that may wait for events at once; one more gets a 503.
inline constexpr std::size_t kMaxFeedWaiters = 256;

struct FeedRequest {
  Cursor after;
  std::size_t limit = kDefaultFeedPage;
  std::chrono::milliseconds wait{0};
};

/// ?epoch=UUID&after=POSITION&event_id=UUID&limit=1…1000&wait=SECONDS (0…30, decimals allowed); all
/// optional, an empty one is as none. kInvalid naming the parameter.
Result<FeedRequest> parse_feed_request(const http::Request& request);

/// What a reader of another history is told beside the error.
struct HistoryNow {
  Uuid epoch;
  Position head = 0;
  std::optional<Position> fork;  ///< EventLog::fork_of the reader's epoch
};
/// The problem with the members `epoch`, `head` and, where it is known, `fork`.
http::Response conflict_problem(const Error& error, const HistoryNow& now);

/// Counts the readers that wait; the loop's thread.
class FeedWaiters {
 public:
  class Place {
   public:
    /// Throws Unavailable where kMaxFeedWaiters wait already.
    explicit Place(FeedWaiters& waiters);
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place() { --waiters_.count_; }

   private:
    FeedWaiters& waiters_;
  };

 private:
  std::size_t count_ = 0;
};

/// Answers one request for a page.
template <class Event>
runtime::Task<http::Response> serve_page(runtime::EventLoop& loop, const EventLog<Event>& log,
                                         FeedWaiters& waiters, const http::Request& request);

/// Serves `log` at GET `path`, also under the prefix `service`. `loop` is the server's; all outlive
/// the router.
template <class Event>
void add_feed_route(http::Router& router, runtime::EventLoop& loop, const EventLog<Event>& log,
                    std::string path, std::string service) {
  http::RouteOptions options;
  options.service = std::move(service);
  options.may_wait = true;
  options.stop_when_abandoned = true;
  auto waiters = std::make_shared<FeedWaiters>();
  router.get(std::move(path), std::move(options),
             [&loop, &log, waiters = std::move(waiters)](const http::Request& request) {
               return serve_page(loop, log, *waiters, request);
             });
}

extern template runtime::Task<http::Response> serve_page(runtime::EventLoop&,
                                                         const EventLog<OrderPlaced>&, FeedWaiters&,
                                                         const http::Request&);
extern template runtime::Task<http::Response> serve_page(runtime::EventLoop&,
                                                         const EventLog<ProductPut>&, FeedWaiters&,
                                                         const http::Request&);
extern template runtime::Task<http::Response> serve_page(runtime::EventLoop&,
                                                         const EventLog<OrderInfoPut>&,
                                                         FeedWaiters&, const http::Request&);

}  // namespace orderly::events
