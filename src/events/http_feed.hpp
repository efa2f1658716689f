#pragma once

#include <string>
#include <utility>

#include "events/feed.hpp"
#include "events/feed_json.hpp"
#include "http/client.hpp"

namespace orderly::events {

/// What HttpFeed does that does not depend on the event: GETs the body of a page. kConflict for a
/// 409; throws Unavailable for any other answer but 200.
runtime::Task<Result<std::string>> get_page(http::Client& client, std::string path, Cursor after,
                                            std::size_t limit, std::chrono::milliseconds wait);
/// Throws Unavailable: `client`'s peer answered with something that is no page.
[[noreturn]] void refuse_page(const http::Client& client, const std::string& path,
                              const Error& why);

/// Reads the feed of another process by long polls. Used on the client's loop.
template <class Event>
class HttpFeed final : public Feed<Event> {
 public:
  /// `path`: e.g. /api/v1/order/events, put behind the client's base URL. `client` outlives this.
  HttpFeed(http::Client& client, std::string path) : client_(client), path_(std::move(path)) {}

  runtime::Task<Result<FeedPage<Event>>> read(Cursor after, std::size_t limit,
                                              std::chrono::milliseconds wait) override {
    auto body = co_await get_page(client_, path_, after, limit, wait);
    if (!body) co_return std::unexpected(std::move(body.error()));
    auto page = parse_page<Event>(*body);
    if (page && !page->events.empty() && page->events.front().position <= after.position) {
      page = invalid("position", "It is not after the one asked for.");
    }
    if (!page) refuse_page(client_, path_, page.error());
    co_return page;
  }

 private:
  http::Client& client_;
  std::string path_;
};

}  // namespace orderly::events
