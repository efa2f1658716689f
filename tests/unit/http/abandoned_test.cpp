#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "http/server.hpp"
#include "runtime/on_loop.hpp"
#include "runtime/signal.hpp"
#include "runtime/task_group.hpp"
#include "served.hpp"

namespace orderly::http {
namespace {

using namespace std::chrono_literals;
using orderly::testing::get;
using orderly::testing::RawSocket;
using orderly::testing::Served;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ServerAbandonedTest : public ::testing::Test {
 protected:
  ServerAbandonedTest() {
    ServerLimits limits;
    limits.sweep_interval = 10ms;
    served_.emplace([this](Router& router, runtime::EventLoop& loop) { add_routes(router, loop); },
                    limits);
    elsewhere_thread_ = std::thread([this] { elsewhere_.run(); });
  }
  ~ServerAbandonedTest() override {
    served_.reset();
    elsewhere_.stop();
    elsewhere_thread_.join();
  }

  template <class Condition>
  static void wait_until(Condition condition, const char* what) {
    const auto deadline = std::chrono::steady_clock::now() + RawSocket::kPatience;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << what;
      std::this_thread::sleep_for(1ms);
    }
  }
  void await_started(int count) {
    wait_until([&] { return started_ == count; }, "the handlers run");
  }
  /// Every connection is closed, and every handler ended.
  void await_nobody() {
    wait_until([this] { return served_->run(connections_of(*served_->server)) == 0; },
               "the connections end");
    EXPECT_EQ(served_->run(in_flight_of(*served_->server)), 0U);
  }
  /// A whole pass of the sweeper: another client leaves, and is noticed.
  void await_sweep() {
    const auto before = counted();
    {
      RawSocket leaver(served_->port);
      leaver.send(get("/sleep"));
      wait_until([this] { return sleeping_ > 0; }, "the other request is being handled");
    }
    wait_until([&] { return counted() > before; }, "the other client is noticed");
    ++leavers_;
  }
  void release() {
    released_ = true;
    release_.notify();
  }
  /// Without those of await_sweep().
  std::uint64_t abandoned() { return counted() - leavers_; }

  runtime::Signal release_;
  std::atomic<bool> released_{false};
  std::atomic<int> started_{0};
  std::atomic<int> stopped_{0};
  std::atomic<int> finished_{0};
  std::atomic<int> sleeping_{0};
  std::uint64_t leavers_ = 0;
  SystemClock clock_;
  runtime::AsioEventLoop elsewhere_{clock_};
  std::optional<Served> served_;

 private:
  std::uint64_t counted() {
    return served_->metrics.counter("orderly_http_abandoned_total", "").value();
  }
  static runtime::Task<std::size_t> connections_of(const Server& server) {
    co_return server.connections();
  }
  static runtime::Task<std::size_t> in_flight_of(const Server& server) {
    co_return server.in_flight();
  }
  runtime::Task<Response> blocked(runtime::EventLoop& loop) {
    ++started_;
    try {
      for (;;) {
        const auto ticket = release_.ticket();
        if (released_) break;
        if (!co_await release_.wait(loop, ticket, loop.steady_now() + 20s)) break;
      }
    } catch (...) {
      if (runtime::is_stopped(std::current_exception())) ++stopped_;
      throw;
    }
    ++finished_;
    co_return Response::text("released");
  }
  runtime::Task<Response> sleeping(runtime::EventLoop& loop) {
    struct Counted {
      std::atomic<int>& count;
      explicit Counted(std::atomic<int>& counter) : count(counter) { ++count; }
      ~Counted() { --count; }
    } const counted(sleeping_);
    co_await loop.sleep_for(20s);
    co_return Response::text("slept");
  }
  void add_routes(Router& router, runtime::EventLoop& loop) {
    const RouteOptions query{.stop_when_abandoned = true};
    router.get("/query", query, [this, &loop](const Request&) { return blocked(loop); });
    router.get("/elsewhere", query, [this](const Request&) {
      return runtime::on_loop(elsewhere_, blocked(elsewhere_));
    });
    router.get("/sleep", query, [this, &loop](const Request&) { return sleeping(loop); });
    router.get("/command", {}, [this, &loop](const Request&) { return blocked(loop); });
  }

  std::thread elsewhere_thread_;
};

TEST_F(ServerAbandonedTest, TheHandlerIsStoppedOnceTheClientHasGone) {
  {
    RawSocket socket(served_->port);
    socket.send(get("/query"));
    await_started(1);
  }
  await_nobody();
  EXPECT_EQ(stopped_, 1);
  EXPECT_EQ(finished_, 0);
  EXPECT_EQ(abandoned(), 1U);
  EXPECT_EQ(served_->metrics
                .counter("orderly_http_requests_total", "",
                         {{"method", "GET"}, {"route", "/query"}, {"status", "499"}})
                .value(),
            1U);
}

TEST_F(ServerAbandonedTest, AResetStopsItToo) {
  {
    RawSocket socket(served_->port);
    socket.reset_when_closed();
    socket.send(get("/query"));
    await_started(1);
  }
  await_nobody();
  EXPECT_EQ(stopped_, 1);
  EXPECT_EQ(abandoned(), 1U);
}

TEST_F(ServerAbandonedTest, WhatItDoesOnAnotherLoopIsStopped) {
  {
    RawSocket socket(served_->port);
    socket.send(get("/elsewhere"));
    await_started(1);
  }
  await_nobody();
  EXPECT_EQ(stopped_, 1);
  EXPECT_EQ(abandoned(), 1U);
}

// On the wire a client that only closes its side cannot be told from one that has gone, but it can
// be told why it gets nothing.
TEST_F(ServerAbandonedTest, AHalfClosedConnectionIsAnswered499) {
  RawSocket socket(served_->port);
  socket.send(get("/query"));
  await_started(1);
  socket.finish_sending();
  const std::string answer = socket.read_all();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 499 Client Closed Request\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, HasSubstr(R"("code":"abandoned")"));
  EXPECT_EQ(stopped_, 1);
}

TEST_F(ServerAbandonedTest, WithoutTheOptionTheHandlerFinishes) {
  {
    RawSocket socket(served_->port);
    socket.send(get("/command"));
    await_started(1);
  }
  await_sweep();
  release();
  await_nobody();
  EXPECT_EQ(finished_, 1);
  EXPECT_EQ(stopped_, 0);
  EXPECT_EQ(abandoned(), 0U);
}

TEST_F(ServerAbandonedTest, WithoutTheOptionAHalfClosedConnectionGetsItsAnswer) {
  RawSocket socket(served_->port);
  socket.send(get("/command"));
  await_started(1);
  socket.finish_sending();
  await_sweep();
  release();
  EXPECT_THAT(socket.read_all(), EndsWith("released"));
}

TEST_F(ServerAbandonedTest, APipelinedRequestIsNoGoodbye) {
  RawSocket socket(served_->port);
  socket.send(get("/query"));
  await_started(1);
  socket.send(get("/query?next"));  // behind the first, unread
  await_sweep();
  EXPECT_EQ(stopped_, 0);
  release();
  EXPECT_THAT(socket.read_response(), EndsWith("released"));
  EXPECT_THAT(socket.read_response(), EndsWith("released"));
  EXPECT_EQ(abandoned(), 0U);
}

TEST_F(ServerAbandonedTest, RequestsReadTogetherAreAllAnsweredAfterAHalfClose) {
  RawSocket socket(served_->port);
  socket.send(get("/query") + get("/command"));
  socket.finish_sending();
  await_started(1);
  await_sweep();
  EXPECT_EQ(stopped_, 0);
  release();
  EXPECT_THAT(socket.read_response(), EndsWith("released"));
  EXPECT_THAT(socket.read_response(), EndsWith("released"));
  EXPECT_TRUE(socket.is_closed());
}

TEST_F(ServerAbandonedTest, AWaitingClientIsLeftAlone) {
  RawSocket socket(served_->port);
  for (int i = 1; i <= 3; ++i) {
    released_ = false;
    socket.send(get("/query"));
    await_started(i);
    await_sweep();
    release();
    EXPECT_THAT(socket.read_response(), EndsWith("released"));
  }
  EXPECT_EQ(abandoned(), 0U);
}

TEST_F(ServerAbandonedTest, ManyLeaveWithinOneSweep) {
  constexpr int kMany = 200;
  {
    std::vector<std::unique_ptr<RawSocket>> sockets;
    for (int i = 0; i < kMany; ++i) {
      sockets.push_back(std::make_unique<RawSocket>(served_->port));
      sockets.back()->send(get(i % 2 == 0 ? "/query" : "/elsewhere"));
    }
    await_started(kMany);
  }
  await_nobody();
  EXPECT_EQ(stopped_, kMany);
  EXPECT_EQ(abandoned(), static_cast<std::uint64_t>(kMany));
}

TEST_F(ServerAbandonedTest, AStoppingServerStillEndsItWith503) {
  RawSocket socket(served_->port);
  socket.send(get("/query"));
  await_started(1);
  served_->stop(50ms);
  EXPECT_THAT(socket.read_all(), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(stopped_, 1);
  EXPECT_EQ(abandoned(), 0U);
}

}  // namespace
}  // namespace orderly::http
