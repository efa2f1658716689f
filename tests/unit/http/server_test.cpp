#include "http/server.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http/standard_routes.hpp"
#include "runtime/signal.hpp"
#include "served.hpp"

namespace orderly::http {
namespace {

using namespace std::chrono_literals;
using orderly::testing::get;
using orderly::testing::RawSocket;
using orderly::testing::Served;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

constexpr std::string_view kHost = "Host: localhost\r\n";

std::string post(const std::string& path, const std::string& body, const std::string& more = "") {
  return "POST " + path + " HTTP/1.1\r\n" + std::string(kHost) +
         "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + more + "\r\n" + body;
}

runtime::Task<Response> echo(const Request& request) {
  co_return Response::text(std::string(to_string(request.method)) + " " + request.target + " " +
                           request.body);
}

class ServerTest : public ::testing::Test {
 protected:
  void serve(ServerLimits limits = {}) {
    limits.sweep_interval = 10ms;
    served_.emplace([this](Router& router, runtime::EventLoop& loop) { add_routes(router, loop); },
                    limits);
  }
  RawSocket connect() { return RawSocket(served_->port); }
  /// The whole answer to `bytes`, until the server closes.
  std::string answer_to(const std::string& bytes) {
    RawSocket socket(served_->port);
    socket.send(bytes);
    return socket.read_all();
  }

  std::size_t connections() { return served_->run(connections_of(*served_->server)); }
  /// Waits until a handler runs.
  void await_in_flight() {
    const auto deadline = std::chrono::steady_clock::now() + RawSocket::kPatience;
    while (served_->run(in_flight_of(*served_->server)) == 0) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "no request is being handled";
    }
  }

  runtime::Signal release_;
  std::atomic<bool> released_{false};
  std::optional<Served> served_;

 private:
  static runtime::Task<std::size_t> connections_of(const Server& server) {
    co_return server.connections();
  }
  static runtime::Task<std::size_t> in_flight_of(const Server& server) {
    co_return server.in_flight();
  }
  runtime::Task<Response> blocked(runtime::EventLoop& loop) {
    for (;;) {
      const auto ticket = release_.ticket();
      if (released_) break;
      if (!co_await release_.wait(loop, ticket, loop.steady_now() + 20s)) break;
    }
    co_return Response::text("released");
  }
  void add_routes(Router& router, runtime::EventLoop& loop) {
    router.get("/echo", {.service = "order-service-cqrs"}, echo);
    router.post("/echo", {.service = "order-service-cqrs"}, echo);
    router.post("/small", {.max_body_bytes = 10}, echo);
    router.get("/big", {}, [](const Request&) -> runtime::Task<Response> {
      co_return Response::text(std::string(8'000'000, 'x'));
    });
    router.get("/throws", {}, [](const Request&) -> runtime::Task<Response> {
      throw std::logic_error("secret detail");
      co_return Response{};
    });
    router.get("/full", {}, [](const Request&) -> runtime::Task<Response> {
      throw StorageFull("secret detail");
      co_return Response{};
    });
    router.get("/away", {}, [](const Request&) -> runtime::Task<Response> {
      throw Unavailable("secret detail", 2500ms);
      co_return Response{};
    });
    router.get("/blocked", {}, [this, &loop](const Request&) { return blocked(loop); });
    router.get("/poll", {.may_wait = true},
               [this, &loop](const Request&) { return blocked(loop); });
    add_standard_routes(router, {.services = {"order-service-cqrs"},
                                 .readiness = [] { return Unready{{"order", "is opening"}}; },
                                 .openapi = "openapi: 3.1.0\n"});
  }
};

TEST_F(ServerTest, AnswersAndKeepsTheConnection) {
  serve();
  RawSocket socket = connect();
  for (int i = 0; i < 3; ++i) {
    socket.send(get("/echo?x=1"));
    const std::string response = socket.read_response();
    EXPECT_THAT(response, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(response, HasSubstr("\r\nDate: "));
    EXPECT_THAT(response, Not(HasSubstr("Connection: close")));
    EXPECT_THAT(response, EndsWith("\r\n\r\nGET /echo?x=1 "));
  }
}

TEST_F(ServerTest, PipelinedRequestsAreAnsweredInOrder) {
  serve();
  RawSocket socket = connect();
  std::string bytes;
  for (int i = 0; i < 50; ++i)
    bytes += post("/echo?n=" + std::to_string(i), "body" + std::to_string(i));
  socket.send(bytes);
  for (int i = 0; i < 50; ++i) {
    const std::string n = std::to_string(i);
    EXPECT_THAT(socket.read_response(),
                EndsWith(std::string("POST /echo?n=").append(n).append(" body").append(n)));
  }
}

TEST_F(ServerTest, BytesMayComeOneByOne) {
  serve();
  RawSocket socket = connect();
  for (const char c : post("/echo", "{}"))
    socket.send(std::string_view(&c, 1));
  EXPECT_THAT(socket.read_response(), EndsWith("POST /echo {}"));
}

TEST_F(ServerTest, HeadIsGetWithoutABody) {
  serve();
  RawSocket socket = connect();
  socket.send("HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n" + get("/echo"));
  const std::string head = socket.read_response(true);
  EXPECT_THAT(head, HasSubstr("Content-Length: 11\r\n"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n"));
  EXPECT_THAT(socket.read_response(), EndsWith("GET /echo "));
}

TEST_F(ServerTest, Http10ClosesUnlessAskedNotTo) {
  serve();
  EXPECT_THAT(answer_to("GET /echo HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close\r\n"));
  RawSocket socket = connect();
  socket.send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(socket.read_response(), Not(HasSubstr("Connection: close")));
}

TEST_F(ServerTest, ConnectionCloseIsHonoured) {
  serve();
  EXPECT_THAT(answer_to(get("/echo", "Connection: close\r\n")), StartsWith("HTTP/1.1 200 OK"));
}

TEST_F(ServerTest, ChunkedBodiesAreJoinedAndTrailersIgnored) {
  serve();
  RawSocket socket = connect();
  socket.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;ext=1\r\ndefg\r\n0\r\nHost: evil\r\n\r\n" +
      get("/echo"));
  EXPECT_THAT(socket.read_response(), EndsWith("POST /echo abcdefg"));
  EXPECT_THAT(socket.read_response(), EndsWith("GET /echo "));
}

TEST_F(ServerTest, ExpectContinueIsAnsweredBeforeTheBody) {
  serve();
  RawSocket socket = connect();
  socket.send(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Content-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(socket.read_response(), "HTTP/1.1 100 Continue\r\n\r\n");
  socket.send("body");
  EXPECT_THAT(socket.read_response(), EndsWith("POST /echo body"));
}

TEST_F(ServerTest, ExpectContinueOfATooLargeBodyIsRefusedAtOnce) {
  serve();
  RawSocket socket = connect();
  socket.send(
      "POST /small HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
      "Content-Length: 11\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(socket.read_response(), StartsWith("HTTP/1.1 413 "));
}

struct BadRequest {
  std::string name;
  std::string bytes;
  std::string status;
  std::string code;
};

class BadRequestTest : public ServerTest, public ::testing::WithParamInterface<BadRequest> {};

TEST_P(BadRequestTest, IsAnsweredAndTheConnectionClosed) {
  serve({.header_timeout = 200ms, .body_timeout = 200ms});
  const std::string answer = answer_to(GetParam().bytes);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + GetParam().status + " "));
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/problem+json\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, HasSubstr("\"status\":" + GetParam().status));
  EXPECT_THAT(answer, HasSubstr("\"code\":\"" + GetParam().code + "\""));
}

const std::string kPostHead =
    "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";

INSTANTIATE_TEST_SUITE_P(
    Table, BadRequestTest,
    ::testing::Values(
        BadRequest{"Garbage", "\x16\x03\x01 not http\r\n\r\n", "400", "malformed_request"},
        BadRequest{"BadMethod", "G@T /echo HTTP/1.1\r\nHost: x\r\n\r\n", "400",
                   "malformed_request"},
        BadRequest{"BadHeader", "GET /echo HTTP/1.1\r\nHost: x\r\nno colon\r\n\r\n", "400",
                   "malformed_request"},
        BadRequest{"NoHost", "GET /echo HTTP/1.1\r\n\r\n", "400", "malformed_request"},
        BadRequest{"TwoHosts", "GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400",
                   "malformed_request"},
        BadRequest{"Version2", "GET /echo HTTP/2.0\r\nHost: x\r\n\r\n", "505", "http_version"},
        BadRequest{"NoPath", "GET echo HTTP/1.1\r\nHost: x\r\n\r\n", "400", "malformed_target"},
        BadRequest{"LengthNotANumber", kPostHead + "Content-Length: ten\r\n\r\n", "400",
                   "malformed_request"},
        BadRequest{"LengthNegative", kPostHead + "Content-Length: -1\r\n\r\n", "400",
                   "malformed_request"},
        BadRequest{"LengthsDiffer", kPostHead + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x",
                   "400", "malformed_request"},
        BadRequest{"LengthAndChunked",
                   kPostHead + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                   "400", "malformed_request"},
        BadRequest{"ChunkedAndLength",
                   kPostHead + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n",
                   "400", "malformed_request"},
        BadRequest{"UnknownCoding", kPostHead + "Transfer-Encoding: gzip, chunked\r\n\r\n", "501",
                   "transfer_encoding"},
        BadRequest{"BadChunk", kPostHead + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", "400",
                   "malformed_request"},
        BadRequest{"UnknownExpectation", get("/echo", "Expect: magic\r\n"), "417",
                   "expectation_failed"},
        BadRequest{"LongHeader", get("/echo", "X: " + std::string(20'000, 'x') + "\r\n"), "431",
                   "header_too_large"},
        BadRequest{"EndlessHeader", "GET /" + std::string(40'000, 'x'), "431", "header_too_large"},
        BadRequest{"LongBody", kPostHead + "Content-Length: 65537\r\n\r\n", "413",
                   "body_too_large"},
        BadRequest{"HugeLength", kPostHead + "Content-Length: 18446744073709551615\r\n\r\n", "413",
                   "body_too_large"},
        BadRequest{"LongChunkedBody",
                   kPostHead + "Transfer-Encoding: chunked\r\n\r\n10001\r\n" +
                       std::string(0x10001, 'x') + "\r\n0\r\n\r\n",
                   "413", "body_too_large"},
        BadRequest{"SlowHeader", "GET /echo HTTP/1.1\r\nHos", "408", "request_timeout"},
        BadRequest{"BodyShorterThanSaid", kPostHead + "Content-Length: 10\r\n\r\nabc", "408",
                   "request_timeout"}),
    [](const auto& test) { return test.param.name; });

TEST_F(ServerTest, BytesBeyondTheLengthAreTheNextRequest) {
  serve();
  RawSocket socket = connect();
  socket.send(kPostHead + "Content-Length: 2\r\n\r\n{}surplus\r\n\r\n");
  EXPECT_THAT(socket.read_response(), EndsWith("POST /echo {}"));
  EXPECT_THAT(socket.read_all(), StartsWith("HTTP/1.1 400 "));
}

TEST_F(ServerTest, RefusalsKeepTheConnectionWhereTheBodyIsSmall) {
  serve();
  RawSocket socket = connect();
  socket.send(post("/nowhere", "{}"));
  EXPECT_THAT(socket.read_response(), StartsWith("HTTP/1.1 404 "));
  socket.send("PUT /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
  const std::string refused = socket.read_response();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(refused, HasSubstr("\r\nAllow: GET, HEAD, POST\r\n"));
  socket.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}");
  EXPECT_THAT(socket.read_response(), StartsWith("HTTP/1.1 415 "));
  socket.send(get("/echo"));
  EXPECT_THAT(socket.read_response(), EndsWith("GET /echo "));
}

TEST_F(ServerTest, FailuresOfAHandlerTellNothingOfTheInside) {
  serve();
  RawSocket socket = connect();
  const auto ask = [&](const std::string& path) {
    socket.send(get(path));
    std::string answer = socket.read_response();
    EXPECT_THAT(answer, Not(HasSubstr("secret")));
    return answer;
  };
  EXPECT_THAT(ask("/throws"), StartsWith("HTTP/1.1 500 "));
  const std::string full = ask("/full");
  EXPECT_THAT(full, StartsWith("HTTP/1.1 507 "));
  const std::string away = ask("/away");
  EXPECT_THAT(away, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(away, HasSubstr("\r\nRetry-After: 3\r\n"));
}

TEST_F(ServerTest, AbsoluteTargetsAndEmptyLinesBeforeARequest) {
  serve();
  RawSocket socket = connect();
  socket.send("\r\n\r\nGET http://localhost/echo?a=b HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_THAT(socket.read_response(), EndsWith("GET /echo?a=b "));
}

TEST_F(ServerTest, LargeAnswersArriveWhole) {
  serve();
  const std::string answer = answer_to(get("/big", "Connection: close\r\n"));
  EXPECT_EQ(answer.size() - answer.find("\r\n\r\n") - 4, 8'000'000U);
}

TEST_F(ServerTest, APeerThatDoesNotReadIsClosed) {
  serve({.write_timeout = 100ms});
  RawSocket socket = connect();
  std::string bytes;
  for (int i = 0; i < 5; ++i)
    bytes += get("/big");
  socket.send(bytes);
  const auto& timeouts = served_->metrics.counter("orderly_http_timeouts_total", "");
  const auto deadline = std::chrono::steady_clock::now() + RawSocket::kPatience;
  while ((timeouts.value() == 0 || connections() > 0) &&
         std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_EQ(timeouts.value(), 1U);
  EXPECT_EQ(connections(), 0U);
}

TEST_F(ServerTest, IdleConnectionsAreClosedWithoutAWord) {
  serve({.idle_timeout = 50ms});
  RawSocket socket = connect();
  EXPECT_TRUE(socket.is_closed());
}

TEST_F(ServerTest, MoreConnectionsThanTheLimitAreRefused) {
  serve({.max_connections = 2});
  RawSocket first = connect();
  first.send(get("/echo"));
  EXPECT_THAT(first.read_response(), StartsWith("HTTP/1.1 200 "));
  RawSocket second = connect();
  second.send(get("/echo"));
  EXPECT_THAT(second.read_response(), StartsWith("HTTP/1.1 200 "));
  RawSocket third = connect();
  const std::string refused = third.read_all();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(refused, HasSubstr("Retry-After: 1\r\n"));
  first.send(get("/echo"));
  EXPECT_THAT(first.read_response(), StartsWith("HTTP/1.1 200 "));
}

TEST_F(ServerTest, MoreRequestsInFlightThanTheLimitAreRefused) {
  serve({.max_in_flight = 1});
  RawSocket first = connect();
  first.send(get("/blocked"));
  await_in_flight();
  RawSocket second = connect();
  second.send(get("/echo"));
  const std::string refused = second.read_response();
  EXPECT_THAT(refused, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(refused, HasSubstr("Retry-After: 1\r\n"));
  released_ = true;
  release_.notify();
  EXPECT_THAT(first.read_response(), EndsWith("released"));
  second.send(get("/echo"));
  EXPECT_THAT(second.read_response(), StartsWith("HTTP/1.1 200 "));
}

// 4,096 connections that each may push 10 MiB must not have 40 GiB.
TEST_F(ServerTest, BodiesTogetherAreBoundedBeforeTheyAreRead) {
  serve({.max_body_bytes_in_flight = 100});
  RawSocket first = connect();
  first.send(post("/echo", std::string(80, 'x')).substr(0, 150));
  RawSocket second = connect();
  const auto deadline = std::chrono::steady_clock::now() + RawSocket::kPatience;
  for (std::string answer; !answer.starts_with("HTTP/1.1 503 ");) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the first body takes no room";
    RawSocket probe = connect();
    probe.send(post("/echo", std::string(80, 'y')));
    answer = probe.read_response();
    if (answer.starts_with("HTTP/1.1 503 ")) {
      EXPECT_THAT(answer, HasSubstr("Retry-After: 1\r\n"));
    }
  }
  second.send(post("/echo", std::string(20, 'z')));
  EXPECT_THAT(second.read_response(), StartsWith("HTTP/1.1 200 ")) << "there is room for that";
  first.send(std::string(80, 'x'));
  EXPECT_THAT(first.read_response(), StartsWith("HTTP/1.1 200 "));
  second.send(post("/echo", std::string(80, 'y')));
  EXPECT_THAT(second.read_response(), StartsWith("HTTP/1.1 200 ")) << "the room is given back";
}

TEST_F(ServerTest, ChunkedBodiesTakeRoomAsTheyCome) {
  serve({.max_body_bytes_in_flight = 100});
  RawSocket socket = connect();
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Transfer-Encoding: chunked\r\n\r\n";
  socket.send(head + "50\r\n" + std::string(80, 'x') + "\r\n0\r\n\r\n");
  EXPECT_THAT(socket.read_response(), StartsWith("HTTP/1.1 200 "));
  socket.send(head + "50\r\n" + std::string(80, 'x') + "\r\n50\r\n" + std::string(80, 'x') +
              "\r\n");
  EXPECT_THAT(socket.read_response(), StartsWith("HTTP/1.1 503 "));
}

TEST_F(ServerTest, StopFinishesWhatIsInFlightAndClosesIdleConnections) {
  serve();
  RawSocket idle = connect();
  idle.send(get("/echo"));
  EXPECT_THAT(idle.read_response(), StartsWith("HTTP/1.1 200 "));
  RawSocket busy = connect();
  busy.send(get("/blocked"));
  await_in_flight();
  std::thread stopper([this] { served_->stop(10s); });
  EXPECT_TRUE(idle.is_closed());
  EXPECT_THROW(RawSocket(served_->port).send(""), std::runtime_error);
  released_ = true;
  release_.notify();
  const std::string answer = busy.read_all();
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("released"));
  stopper.join();
}

TEST_F(ServerTest, StopEndsWhatTakesTooLongWith503) {
  serve();
  RawSocket busy = connect();
  busy.send(get("/blocked"));
  await_in_flight();
  served_->stop(50ms);
  EXPECT_THAT(busy.read_all(), StartsWith("HTTP/1.1 503 "));
}

// Every process that follows a feed always has a poll open: none may cost the whole grace.
TEST_F(ServerTest, StopDoesNotWaitForPolls) {
  serve();
  RawSocket poll = connect();
  poll.send(get("/poll"));
  await_in_flight();
  const auto start = std::chrono::steady_clock::now();
  served_->stop(15s);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 10s);
  EXPECT_THAT(poll.read_all(), StartsWith("HTTP/1.1 503 "));
}

TEST_F(ServerTest, TheAddressInUseIsAnError) {
  serve();
  Server second(served_->loop, served_->router, served_->metrics, served_->random);
  const auto listened = second.listen("127.0.0.1", served_->port);
  ASSERT_FALSE(listened);
  EXPECT_EQ(listened.error().code, "cannot_listen");
}

TEST_F(ServerTest, StandardRoutes) {
  serve();
  RawSocket socket = connect();
  const auto ask = [&](const std::string& path) {
    socket.send(get(path));
    return socket.read_response();
  };
  EXPECT_THAT(ask("/healthz"), EndsWith(R"({"status":"ok"})"));
  EXPECT_THAT(ask("/order-service-cqrs/healthz"), EndsWith(R"({"status":"ok"})"));
  const std::string ready = ask("/readyz");
  EXPECT_THAT(ready, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(ready, EndsWith(R"("reasons":[{"what":"order","reason":"is opening"}]})"));
  EXPECT_THAT(ask("/openapi.yaml"), EndsWith("openapi: 3.1.0\n"));
  (void)ask("/order-service-cqrs/echo");
  const std::string metrics = ask("/metrics");
  EXPECT_THAT(
      metrics,
      HasSubstr("orderly_http_requests_total{method=\"GET\",route=\"/echo\",status=\"200\"} 1"));
  EXPECT_THAT(metrics, HasSubstr("orderly_http_connections 1"));
}

}  // namespace
}  // namespace orderly::http
