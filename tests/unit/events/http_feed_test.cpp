#include "events/http_feed.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "events/feed_cursor.hpp"
#include "events/feed_route.hpp"
#include "unit/events/memory_log.hpp"
#include "unit/http/served.hpp"

namespace orderly::events {
namespace {

using namespace std::chrono_literals;
using orderly::testing::MemoryLog;
using orderly::testing::Served;

constexpr const char* kPath = "/api/v1/product/events";

/// A log behind a real server, and answers of a server that is none of ours.
class HttpFeedTest : public ::testing::Test {
 protected:
  using Page = Result<FeedPage<ProductPut>>;

  /// The feed at `path`, read on the server's loop.
  Page read(const std::string& path, Cursor after, std::chrono::milliseconds wait = 0ms) {
    return served_.run(read_there(served_, path, after, wait));
  }
  static runtime::Task<Page> read_there(Served& served, std::string path, Cursor after,
                                        std::chrono::milliseconds wait) {
    auto client =
        http::Client::open(served.loop, "http://127.0.0.1:" + std::to_string(served.port)).value();
    HttpFeed<ProductPut> feed(client, path);
    co_return co_await feed.read(after, 10, wait);
  }
  static runtime::Task<Page> read_while_appending(Served& served, MemoryLog& log) {
    boost::asio::co_spawn(served.loop.executor(), append_later(served, log),
                          boost::asio::use_future);
    co_return co_await read_there(served, kPath, {}, 20s);
  }
  static runtime::Task<void> append_later(Served& served, MemoryLog& log) {
    co_await served.loop.sleep_for(50ms);
    log.append("late");
  }

  static runtime::Task<http::Response> answer(int status, std::string body) {
    co_return http::Response::json(std::move(body), status);
  }

  MemoryLog log_;
  Served served_{[this](http::Router& router, runtime::EventLoop& loop) {
    add_feed_route(router, loop, log_, kPath, "product-service-cqrs");
    router.get("/500", {}, [](const http::Request&) { return answer(500, "{}"); });
    router.get("/html", {}, [](const http::Request&) { return answer(200, "<html>"); });
    router.get("/conflict", {}, [](const http::Request&) { return answer(409, "?"); });
    router.get("/again", {}, [this](const http::Request&) {
      return answer(200, encode_page(log_.read_events({}, 10).value()));
    });
  }};
};

TEST_F(HttpFeedTest, ReadsWhatTheLogHas) {
  log_.append("a");
  log_.append("b");
  const auto page = read(kPath, {});
  ASSERT_TRUE(page);
  EXPECT_EQ(page->events, log_.events);
  EXPECT_EQ(page->head, 2);
  const auto rest = read(kPath, cursor_after(*page));
  ASSERT_TRUE(rest);
  EXPECT_TRUE(rest->events.empty());
}

TEST_F(HttpFeedTest, ALongPollEndsWithTheNextEvent) {
  const auto page = served_.run(read_while_appending(served_, log_));
  ASSERT_TRUE(page);
  EXPECT_EQ(page->events.size(), 1U);
}

TEST_F(HttpFeedTest, AConflictIsAValue) {
  const auto beyond = read(kPath, {.epoch = {}, .position = 7, .event_id = {}});
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().kind, ErrorKind::kConflict);
  EXPECT_EQ(beyond.error().code, kPositionConflict);
  EXPECT_NE(beyond.error().message.find("beyond"), std::string::npos);
  const auto odd = read("/conflict", {});
  ASSERT_FALSE(odd);
  EXPECT_EQ(odd.error().code, kPositionConflict);
}

TEST_F(HttpFeedTest, AnyOtherAnswerIsUnavailable) {
  EXPECT_THROW(std::ignore = read("/500", {}), Unavailable);
  EXPECT_THROW(std::ignore = read("/html", {}), Unavailable);
  EXPECT_THROW(std::ignore = read("/nothing-here", {}), Unavailable);
  log_.append("a");
  EXPECT_THROW(std::ignore = read("/again", {.epoch = {}, .position = 1, .event_id = {}}),
               Unavailable)
      << "events that were asked for no more";
}

}  // namespace
}  // namespace orderly::events
