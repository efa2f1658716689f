#include "events/feed_route.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "conformance/store_world.hpp"
#include "json/value.hpp"
#include "support/sim_loop.hpp"
#include "unit/events/memory_log.hpp"

namespace orderly::events {
namespace {

using namespace std::chrono_literals;
using orderly::testing::Ended;
using orderly::testing::MemoryLog;
using orderly::testing::SimClock;
using orderly::testing::SimLoop;

class FeedRouteTest : public ::testing::Test {
 protected:
  FeedRouteTest() {
    add_feed_route(router_, loop_, log_, "/api/v1/product/events", "product-service-cqrs");
  }

  std::shared_ptr<Ended<http::Response>> begin(const std::string& query) {
    requests_.push_back(std::make_unique<http::Request>());
    requests_.back()->target = "/api/v1/product/events" + query;
    return orderly::testing::start(loop_, router_.dispatch(*requests_.back()));
  }
  bool run_for(std::chrono::milliseconds time, const Ended<http::Response>& ended) {
    return loop_.run_until([&] { return ended.value || ended.error; }, loop_.steady_now() + time);
  }
  http::Response get(const std::string& query) {
    const auto ended = begin(query);
    EXPECT_TRUE(run_for(1min, *ended));
    return ended->get();
  }
  void append_one_told_and_one_visible() {
    log_.append("told");
    log_.tells_at_once = false;
    log_.append("visible");
  }
  static FeedPage<ProductPut> page_of(const http::Response& response) {
    EXPECT_EQ(response.status, 200) << response.body;
    return parse_page<ProductPut>(response.body).value();
  }

  SimClock clock_{UtcTime(std::chrono::days(18'645))};
  MemoryLog log_;
  telemetry::Metrics metrics_;
  http::Router router_{metrics_};
  SimLoop loop_{clock_};
  std::vector<std::unique_ptr<http::Request>> requests_;
};

TEST_F(FeedRouteTest, ServesPages) {
  for (const auto* id : {"a", "b", "c"})
    log_.append(id);
  EXPECT_EQ(page_of(get("")).events, log_.events);
  const auto page = page_of(get("?after=1&limit=1"));
  EXPECT_EQ(page.head, 3);
  EXPECT_EQ(page.epoch, log_.epoch);
  ASSERT_EQ(page.events.size(), 1U);
  EXPECT_EQ(page.events[0], log_.events[1]);
}

TEST_F(FeedRouteTest, AnEmptyParameterIsAsNone) {
  log_.append("a");
  EXPECT_EQ(page_of(get("?epoch=&after=&event_id=&limit=&wait=")).events, log_.events);
}

TEST_F(FeedRouteTest, NamesTheParameterThatIsWrong) {
  const std::pair<const char*, const char*> table[] = {
      {"?after=-1", "after"},       {"?after=1.5", "after"},
      {"?after=x", "after"},        {"?after=99999999999999999999", "after"},
      {"?limit=0", "limit"},        {"?limit=1001", "limit"},
      {"?wait=31", "wait"},         {"?wait=30.001", "wait"},
      {"?wait=-1", "wait"},         {"?wait=1s", "wait"},
      {"?wait=.", "wait"},          {"?wait=1.", "wait"},
      {"?wait=1.-5", "wait"},       {"?wait=0.0001", "wait"},
      {"?epoch=1", "epoch"},        {"?event_id=zz", "event_id"},
      {"?limit=1&limit=2", "limit"}};
  for (const auto& [query, field] : table) {
    SCOPED_TRACE(query);
    const auto response = get(query);
    EXPECT_EQ(response.status, 400);
    const auto problem = json::Value::parse(response.body);
    ASSERT_TRUE(problem);
    EXPECT_EQ(problem->string_at("field"), field);
  }
}

TEST_F(FeedRouteTest, AnotherHistoryIsAConflict) {
  log_.append("a");
  for (const std::string query :
       {"?after=2", "?after=1&event_id=01010101-0101-0101-0101-010101010102",
        "?epoch=01010101-0101-0101-0101-010101010101"}) {
    const auto response = get(query);
    EXPECT_EQ(response.status, 409);
    EXPECT_EQ(json::Value::parse(response.body)->string_at("code"), "position_conflict");
  }
  EXPECT_EQ(page_of(get("?after=1&event_id=" + log_.events[0].event_id.to_string() +
                        "&epoch=" + log_.epoch.to_string()))
                .head,
            1);
}

TEST_F(FeedRouteTest, APageDoesNotLackWhatCanBeSeenAlready) {
  append_one_told_and_one_visible();
  const auto page = begin("");
  EXPECT_FALSE(run_for(500ms, *page));
  log_.append("later");
  log_.tell();
  EXPECT_TRUE(run_for(10ms, *page));
  EXPECT_EQ(page_of(page->get()).events.size(), 3U);
}

TEST_F(FeedRouteTest, APageThatIsFullWaitsForNothing) {
  append_one_told_and_one_visible();
  const auto page = begin("?limit=1");
  EXPECT_TRUE(run_for(1ms, *page));
  EXPECT_EQ(page_of(page->get()).events.size(), 1U);
}

TEST_F(FeedRouteTest, WhatIsNeverToldOfIsWaitedForAMoment) {
  append_one_told_and_one_visible();
  const auto page = begin("");
  EXPECT_FALSE(run_for(900ms, *page));
  EXPECT_TRUE(run_for(200ms, *page));
  EXPECT_EQ(page_of(page->get()).events.size(), 1U);
}

TEST_F(FeedRouteTest, WaitsForTheNextEvent) {
  const auto waiting = begin("?wait=10");
  EXPECT_FALSE(run_for(9s, *waiting));
  log_.append("a");
  EXPECT_TRUE(run_for(1ms, *waiting));
  EXPECT_EQ(page_of(waiting->get()).events, log_.events);
}

TEST_F(FeedRouteTest, AnswersEmptyWhenTheWaitIsOver) {
  const auto waiting = begin("?wait=0.250");
  EXPECT_FALSE(run_for(249ms, *waiting));
  EXPECT_TRUE(run_for(1ms, *waiting));
  EXPECT_TRUE(page_of(waiting->get()).events.empty());
}

TEST_F(FeedRouteTest, TheNumberOfWaitersIsBounded) {
  std::vector<std::shared_ptr<Ended<http::Response>>> waiting;
  for (std::size_t i = 0; i < kMaxFeedWaiters; ++i)
    waiting.push_back(begin("?wait=30"));
  const auto refused = get("?wait=30");
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(refused.headers.find("Retry-After"));
  EXPECT_EQ(get("").status, 200) << "who does not wait is served";
  log_.append("a");
  EXPECT_TRUE(run_for(1s, *waiting.back()));
  for (const auto& one : waiting)
    EXPECT_EQ(one->get().status, 200);
  const auto again = begin("?wait=1&after=1");
  EXPECT_TRUE(run_for(2s, *again));
  EXPECT_EQ(again->get().status, 200) << "their places are free again";
}

TEST_F(FeedRouteTest, ALogThatIsAwayIs503) {
  log_.unavailable = true;
  EXPECT_EQ(get("").status, 503);
}

}  // namespace
}  // namespace orderly::events
