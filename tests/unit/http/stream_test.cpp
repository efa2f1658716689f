#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "http/server.hpp"
#include "runtime/signal.hpp"
#include "served.hpp"

namespace orderly::http {
namespace {

using namespace std::chrono_literals;
using orderly::testing::RawSocket;
using orderly::testing::Served;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string get(const std::string& path, const std::string& version = "1.1",
                const std::string& method = "GET") {
  return method + " " + path + " HTTP/" + version + "\r\nHost: localhost\r\n\r\n";
}

/// Gives pieces as a test lets it.
class Pieces final : public BodyStream {
 public:
  Pieces(runtime::EventLoop& loop, int count, std::size_t size, std::atomic<int>& ended)
      : loop_(loop), left_(count), size_(size), ended_(ended) {}
  ~Pieces() override { ++ended_; }

  runtime::Task<std::optional<std::string>> next() override {
    if (left_ == 0) co_return std::nullopt;
    if (left_ > 0) {
      --left_;
      co_return std::string(size_, static_cast<char>('a' + left_ % 26));
    }
    while (!over_) {  // waits for ever
      const auto ticket = changed_.ticket();
      (void)co_await changed_.wait(loop_, ticket, loop_.steady_now() + 20s);
    }
    co_return std::nullopt;
  }
  void end() override {
    over_ = true;
    changed_.notify();
  }

 private:
  runtime::EventLoop& loop_;
  int left_;
  std::size_t size_;
  bool over_ = false;
  runtime::Signal changed_;
  std::atomic<int>& ended_;
};

class BreaksOff final : public BodyStream {
 public:
  runtime::Task<std::optional<std::string>> next() override {
    if (std::exchange(begun_, true)) throw Unavailable("the disk is gone");
    co_return "begun";
  }
  void end() override {}

 private:
  bool begun_ = false;
};

class StreamTest : public ::testing::Test {
 protected:
  void serve(ServerLimits limits = {}) {
    limits.sweep_interval = 10ms;
    served_.emplace([this](Router& router, runtime::EventLoop& loop) { add_routes(router, loop); },
                    limits);
  }
  RawSocket connect() { return RawSocket(served_->port); }
  void await_streams(std::size_t count) {
    const auto deadline = std::chrono::steady_clock::now() + RawSocket::kPatience;
    while (served_->server->streams() != count) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "still not " << count;
      std::this_thread::sleep_for(1ms);
    }
  }

  std::atomic<int> ended_{0};
  std::optional<Served> served_;

 private:
  static runtime::Task<Response> give(std::shared_ptr<BodyStream> stream) {
    Response response = Response::text("");
    response.stream = std::move(stream);
    co_return response;
  }
  void add_routes(Router& router, runtime::EventLoop& loop) {
    const auto add = [&](const std::string& path, int count, std::size_t size) {
      router.get(path, {}, [this, &loop, count, size](const Request&) {
        return give(std::make_shared<Pieces>(loop, count, size, ended_));
      });
    };
    add("/three", 3, 5);
    add("/waits", -1, 0);
    add("/much", 1000, 100'000);
    router.get("/breaks", {}, [](const Request&) { return give(std::make_shared<BreaksOff>()); });
    router.get("/plain", {}, [](const Request&) -> runtime::Task<Response> {
      co_return Response::text("plain");
    });
    router.get("/fixed", {}, [](const Request&) -> runtime::Task<Response> {
      Response response = Response::text("");
      response.fixed_body = "shared by every answer";
      co_return response;
    });
  }
};

TEST_F(StreamTest, IsChunkedAndTheConnectionGoesOn) {
  serve();
  RawSocket socket = connect();
  socket.send(get("/three") + get("/plain"));
  socket.finish_sending();
  const std::string text = socket.read_all();
  EXPECT_THAT(text, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(text, HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_THAT(text,
              HasSubstr("\r\n\r\n5\r\nccccc\r\n5\r\nbbbbb\r\n5\r\naaaaa\r\n0\r\n\r\nHTTP/1.1 "));
  EXPECT_THAT(text, EndsWith("\r\nContent-Length: 5\r\n\r\nplain"));
  EXPECT_THAT(text, Not(HasSubstr("Content-Length: 0")));
  EXPECT_EQ(ended_, 1);
}

TEST_F(StreamTest, LastsUntilTheCloseWithHttp10) {
  serve();
  RawSocket socket = connect();
  socket.send(get("/three", "1.0"));
  const std::string text = socket.read_all();
  EXPECT_THAT(text, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(text, Not(HasSubstr("Transfer-Encoding")));
  EXPECT_THAT(text, EndsWith("\r\n\r\ncccccbbbbbaaaaa"));
}

TEST_F(StreamTest, HeadHasTheHeaderAlone) {
  serve({.max_streams = 0});
  RawSocket socket = connect();
  socket.send(get("/waits", "1.1", "HEAD"));
  const std::string head = socket.read_response(true);
  EXPECT_THAT(head, HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
  socket.send(get("/plain"));
  EXPECT_THAT(socket.read_response(), EndsWith("plain"));
  EXPECT_EQ(ended_, 1);
}

TEST_F(StreamTest, EndsWhenItsReaderGoes) {
  serve();
  {
    RawSocket socket = connect();
    socket.send(get("/waits"));
    await_streams(1);
  }
  await_streams(0);
  EXPECT_EQ(ended_, 1);
}

TEST_F(StreamTest, TakesNoPlaceOfCommands) {
  serve({.max_in_flight = 1});
  RawSocket first = connect();
  first.send(get("/waits"));
  RawSocket second = connect();
  second.send(get("/waits"));
  await_streams(2);
  RawSocket command = connect();
  command.send(get("/plain"));
  EXPECT_THAT(command.read_response(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(StreamTest, TooManyAreRefusedAndMayComeBack) {
  serve({.max_streams = 2});
  std::optional<RawSocket> first(std::in_place, served_->port);
  first->send(get("/waits"));
  RawSocket second = connect();
  second.send(get("/waits"));
  await_streams(2);
  RawSocket third = connect();
  third.send(get("/waits"));
  const std::string refused = third.read_response();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(refused, HasSubstr("Retry-After: 5\r\n"));
  EXPECT_THAT(refused, HasSubstr("too_many_streams"));
  first.reset();
  await_streams(1);
  third.send(get("/waits"));
  await_streams(2);
}

TEST_F(StreamTest, OnePeerCannotHaveThemAll) {
  serve({.max_streams_per_peer = 1});
  RawSocket first = connect();
  first.send(get("/waits"));
  await_streams(1);
  RawSocket second = connect();
  second.send(get("/waits"));
  EXPECT_THAT(second.read_response(), HasSubstr("to this address"));
}

TEST_F(StreamTest, ASlowReaderIsCutOff) {
  serve({.write_timeout = 50ms});
  RawSocket socket = connect();
  socket.send(get("/much"));
  await_streams(1);
  await_streams(0);  // nothing is read, so it waits for room, in vain
  EXPECT_THAT(socket.read_all(), Not(EndsWith("0\r\n\r\n")));
}

TEST_F(StreamTest, MuchComesWholeToWhoReads) {
  serve();
  RawSocket socket = connect();
  socket.send(get("/much", "1.0"));
  const std::string text = socket.read_all();
  EXPECT_EQ(text.size() - text.find("\r\n\r\n") - 4, 100'000'000U);
}

TEST_F(StreamTest, ABrokenOneIsNotWhole) {
  serve();
  RawSocket socket = connect();
  socket.send(get("/breaks"));
  EXPECT_THAT(socket.read_all(), EndsWith("\r\n\r\n5\r\nbegun\r\n"));
}

TEST_F(StreamTest, StopEndsThemPolitely) {
  serve();
  RawSocket socket = connect();
  socket.send(get("/waits"));
  await_streams(1);
  const auto start = std::chrono::steady_clock::now();
  served_->stop(15s);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
  EXPECT_THAT(socket.read_all(), EndsWith("\r\n\r\n0\r\n\r\n"));
}

TEST_F(StreamTest, StopDoesNotWaitForASlowReader) {
  serve();
  RawSocket socket = connect();
  socket.send(get("/much"));
  await_streams(1);
  const auto start = std::chrono::steady_clock::now();
  served_->stop(15s);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
  EXPECT_EQ(ended_, 1);
}

TEST_F(StreamTest, ASharedBodyIsSentAsItIs) {
  serve();
  RawSocket socket = connect();
  socket.send(get("/fixed"));
  EXPECT_THAT(socket.read_response(), EndsWith("Content-Length: 22\r\n\r\nshared by every answer"));
}

}  // namespace
}  // namespace orderly::http
