#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>
#include <thread>

#include "http/server.hpp"
#include "served.hpp"

/// How connections come to be served through io_uring, and back.
namespace orderly::http {
namespace {

using namespace std::chrono_literals;
using orderly::testing::get;
using orderly::testing::RawSocket;
using orderly::testing::Served;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr std::size_t kMedium = 12'000;  ///< still sent as one piece
constexpr std::size_t kLarge = 3'000'000;

class ServerRingTest : public ::testing::Test {
 protected:
  void serve(std::size_t ring_from) {
    ServerLimits limits;
    limits.sweep_interval = 20ms;
    limits.ring_from = ring_from;
    served_.emplace(
        [](Router& router, runtime::EventLoop&) {
          router.get("/small", {}, [](const Request&) -> runtime::Task<Response> {
            co_return Response::text("small");
          });
          router.get("/medium", {}, [](const Request& request) -> runtime::Task<Response> {
            co_return Response::text(std::string(kMedium, request.header("Letter")->front()));
          });
          router.get("/large", {}, [](const Request&) -> runtime::Task<Response> {
            co_return Response::text(std::string(kLarge, 'x'));
          });
        },
        limits);
  }
  bool uses_ring() {
    const std::string measures = served_->metrics.expose();
    if (measures.contains("orderly_http_io_uring 1\n")) return true;
    EXPECT_THAT(measures, HasSubstr("orderly_http_io_uring 0\n"));
    return false;
  }
  static void ask(RawSocket& socket) {
    socket.send(get("/small"));
    ASSERT_THAT(socket.read_response(), EndsWith("\r\n\r\nsmall"));
  }
  static void ask_for_much(RawSocket& socket) {
    socket.send(get("/large"));
    const std::string answer = socket.read_response();
    ASSERT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, kLarge);
  }
  /// Until the server has been or not been using the ring, with or without requests.
  template <class Meanwhile>
  void await_ring(bool used, Meanwhile meanwhile) {
    const auto deadline = std::chrono::steady_clock::now() + RawSocket::kPatience;
    while (uses_ring() != used) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "still not " << used;
      meanwhile();
    }
  }
  /// By the test that is run again without it, or by the machine.
  static bool is_denied() {
    return std::getenv("ORDERLY_TEST_WITHOUT_IO_URING") != nullptr ||
           !orderly::testing::kernel_offers_io_uring();
  }

  std::optional<Served> served_;
};

TEST_F(ServerRingTest, ComesWithManyRequestsAndGoesWithThem) {
  if (is_denied()) GTEST_SKIP() << "there is no io_uring here";
  serve(200);
  RawSocket busy(served_->port);
  RawSocket seldom(served_->port);
  for (int round = 0; round < 3; ++round) {
    EXPECT_FALSE(uses_ring());
    ask(seldom);
    await_ring(true, [&] { ask(busy); });
    ask(seldom);  // its next receive is on the ring
    await_ring(false, [] { std::this_thread::sleep_for(5ms); });
    ask(busy);
    ask(seldom);
  }
}

TEST_F(ServerRingTest, WhatDoesNotFitAtOnceArrivesWhole) {
  serve(0);
  RawSocket socket(served_->port);
  for (int i = 0; i < 3; ++i) {
    ask(socket);
    ask_for_much(socket);
  }
  EXPECT_EQ(uses_ring(), !is_denied());
}

TEST_F(ServerRingTest, WhatIsAskedWithoutWaitingIsAnsweredInOrder) {
  serve(0);
  RawSocket socket(served_->port);
  std::string bytes;
  for (int i = 0; i < 100; ++i)
    bytes += get(i % 10 == 9 ? "/large" : "/small");
  socket.send(bytes);
  for (int i = 0; i < 100; ++i) {
    const std::string answer = socket.read_response();
    ASSERT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, i % 10 == 9 ? kLarge : 5U) << i;
  }
}

// Until nothing fits any more, in the middle of one.
TEST_F(ServerRingTest, AnswersThatNobodyReadsYetArriveWhole) {
  serve(0);
  RawSocket socket(served_->port);
  constexpr int kRequests = 1'500;
  const auto letter = [](int i) { return static_cast<char>('a' + i % 26); };
  std::string bytes;
  for (int i = 0; i < kRequests; ++i) {
    bytes += get("/medium", std::string("Letter: ") + letter(i) + "\r\n");
  }
  socket.send(bytes);
  std::this_thread::sleep_for(100ms);
  for (int i = 0; i < kRequests; ++i) {
    const std::string answer = socket.read_response();
    ASSERT_EQ(answer.substr(answer.find("\r\n\r\n") + 4), std::string(kMedium, letter(i))) << i;
  }
}

TEST_F(ServerRingTest, IsNotUsedWhereFewAsk) {
  serve(1'000'000'000);
  RawSocket socket(served_->port);
  for (int i = 0; i < 200; ++i) {
    ask(socket);
    ASSERT_FALSE(uses_ring());
  }
}

}  // namespace
}  // namespace orderly::http
