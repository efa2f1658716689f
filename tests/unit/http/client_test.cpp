#include "http/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

#include "runtime/signal.hpp"
#include "runtime/task_group.hpp"
#include "served.hpp"

namespace orderly::http {
namespace {

using namespace std::chrono_literals;
using orderly::testing::Served;
using ::testing::HasSubstr;
namespace asio = boost::asio;
using asio::ip::tcp;

/// A peer that plays a script: per connection, how it answers each request.
class ScriptedPeer {
 public:
  using Script = std::vector<std::vector<std::string>>;

  explicit ScriptedPeer(Script script)
      : acceptor_(context_, {asio::ip::address_v4::loopback(), 0}) {
    port = acceptor_.local_endpoint().port();
    thread_ = std::thread([this, script = std::move(script)] { play(script); });
  }
  ~ScriptedPeer() { thread_.join(); }

  std::uint16_t port = 0;
  std::atomic<int> requests{0};

 private:
  void play(const Script& script) {
    for (const auto& connection : script) {
      tcp::socket socket = acceptor_.accept();
      std::string received;
      for (const auto& answer : connection) {
        if (!read_request(socket, received)) break;
        ++requests;
        boost::system::error_code ignored;
        asio::write(socket, asio::buffer(answer), ignored);
      }
    }
  }
  static bool read_request(tcp::socket& socket, std::string& received) {
    for (;;) {
      const std::size_t end = received.find("\r\n\r\n");
      if (end != std::string::npos) {
        received.erase(0, end + 4);
        return true;
      }
      char buffer[4096];
      boost::system::error_code error;
      const std::size_t size = socket.read_some(asio::buffer(buffer), error);
      if (error) return false;
      received.append(buffer, size);
    }
  }

  asio::io_context context_;
  tcp::acceptor acceptor_;
  std::thread thread_;
};

std::string ok(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class ClientTest : public ::testing::Test {
 protected:
  ClientTest() : served_([this](Router& router, runtime::EventLoop& loop) { add(router, loop); }) {}

  Client open(std::uint16_t port, ClientLimits limits = {}) {
    return Client::open(served_.loop, "http://127.0.0.1:" + std::to_string(port), limits).value();
  }
  ClientResponse send(Client& client, ClientRequest request) {
    return served_.run(client.send(std::move(request)));
  }
  /// What the client says of a request that cannot be answered.
  std::string failure(Client& client, ClientRequest request) {
    try {
      (void)send(client, std::move(request));
      return "(an answer)";
    } catch (const Unavailable& unavailable) {
      return unavailable.what();
    }
  }

  Served served_;

  /// Sends a long poll and says how it ended.
  static runtime::Task<void> poll(Client& client, std::atomic<bool>& stopped) {
    try {
      (void)co_await client.send({.target = "/slow", .timeout = 30s});
    } catch (...) {
      stopped = runtime::is_stopped(std::current_exception());
      throw;
    }
  }
  /// Starts `task` and waits until the server handles its request.
  static runtime::Task<void> start(Served& served, runtime::TaskGroup& tasks,
                                   runtime::Task<void> task) {
    tasks.spawn("test", std::move(task));
    while (served.server->in_flight() == 0)
      co_await served.loop.sleep_for(1ms);
  }
  static runtime::Task<void> stop(runtime::TaskGroup& tasks) {
    tasks.stop();
    co_await tasks.join();
  }

 private:
  static runtime::Task<Response> slow(runtime::EventLoop& loop) {
    co_await loop.sleep_for(10s);
    co_return Response::text("late");
  }
  void add(Router& router, runtime::EventLoop& loop) {
    router.post("/echo", {.max_body_bytes = 10'000'000},
                [](const Request& r) -> runtime::Task<Response> {
                  Response response = Response::json(r.body);
                  response.headers.add("X-Trace", r.trace.to_string());
                  response.headers.add("X-Host", r.header("Host").value_or(""));
                  co_return response;
                });
    router.get("/slow", {}, [&loop](const Request&) { return slow(loop); });
    router.get("/hello", {}, [](const Request&) -> runtime::Task<Response> {
      co_return Response::text("hello");
    });
  }
};

TEST_F(ClientTest, SendsAndReadsTheAnswer) {
  Client client = open(served_.port);
  const auto trace = TraceContext::parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  for (int i = 0; i < 3; ++i) {
    const auto answer =
        send(client, {.method = Method::kPost, .target = "/echo", .body = "{}", .trace = *trace});
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "{}");
    EXPECT_EQ(answer.headers.find("content-type"), "application/json");
    EXPECT_EQ(answer.headers.find("x-trace"), trace->to_string());
    EXPECT_EQ(answer.headers.find("x-host"), client.peer());
  }
  EXPECT_EQ(send(client, {.target = "/nowhere"}).status, 404);
  EXPECT_EQ(send(client, {.method = Method::kHead, .target = "/hello"}).body, "");
  EXPECT_EQ(send(client, {.target = "/hello"}).body, "hello");
  EXPECT_THAT(served_.metrics.expose(), HasSubstr("orderly_http_connections 1"));
}

TEST_F(ClientTest, LargeBodiesGoBothWays) {
  Client client = open(served_.port);
  const std::string body(5'000'000, 'x');
  EXPECT_EQ(send(client, {.method = Method::kPost, .target = "/echo", .body = body}).body, body);
}

TEST_F(ClientTest, RefusesOtherSchemes) {
  const auto client = Client::open(served_.loop, "https://order");
  ASSERT_FALSE(client);
  EXPECT_EQ(client.error().code, "unsupported_scheme");
}

TEST_F(ClientTest, ARefusedConnectionNamesThePeerAndTheCause) {
  std::uint16_t port = 0;
  {
    asio::io_context context;
    const tcp::acceptor closed_soon(context, {asio::ip::address_v4::loopback(), 0});
    port = closed_soon.local_endpoint().port();
  }
  Client client = open(port);
  const std::string text = failure(client, {.target = "/"});
  EXPECT_THAT(text, HasSubstr("127.0.0.1:" + std::to_string(port)));
  EXPECT_THAT(text, HasSubstr("Connection refused"));
}

TEST_F(ClientTest, TimeoutsEndARequest) {
  Client client = open(served_.port);
  EXPECT_THAT(failure(client, {.target = "/slow", .timeout = 50ms}), HasSubstr("the time is up"));
  EXPECT_EQ(send(client, {.target = "/hello"}).body, "hello") << "on another connection";
}

TEST_F(ClientTest, StoppingTheTaskEndsALongPoll) {
  Client client = open(served_.port);
  runtime::TaskGroup tasks(served_.loop);
  std::atomic<bool> stopped{false};
  const auto began = std::chrono::steady_clock::now();
  served_.run(start(served_, tasks, poll(client, stopped)));
  served_.run(stop(tasks));
  EXPECT_TRUE(stopped);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

TEST_F(ClientTest, RequestsWaitForTheirTurnAboveTheBound) {
  Client client = open(served_.port, {.max_connections = 1});
  runtime::TaskGroup tasks(served_.loop);
  std::atomic<bool> stopped{false};
  served_.run(start(served_, tasks, poll(client, stopped)));
  EXPECT_THAT(failure(client, {.target = "/hello", .timeout = 50ms}), HasSubstr("are busy"));
  served_.run(stop(tasks));
  EXPECT_EQ(send(client, {.target = "/hello"}).body, "hello");
}

TEST_F(ClientTest, AKeptConnectionThatThePeerClosedIsReplaced) {
  ScriptedPeer peer({{ok("first")}, {ok("second")}});
  Client client = open(peer.port);
  EXPECT_EQ(send(client, {.method = Method::kPost, .body = "{}"}).body, "first");
  EXPECT_EQ(send(client, {.target = "/"}).body, "second");
}

TEST_F(ClientTest, AKeptConnectionThatDiesUnderAnIdempotentRequestIsReplacedOnce) {
  // The empty answer: the request is read and the connection closed.
  ScriptedPeer peer({{ok("first"), ""}, {ok("second")}});
  Client client = open(peer.port);
  EXPECT_EQ(send(client, {.target = "/"}).body, "first");
  EXPECT_EQ(send(client, {.target = "/"}).body, "second");
  EXPECT_EQ(peer.requests, 3);
}

TEST_F(ClientTest, ARequestWithAnEffectIsNotSentTwice) {
  ScriptedPeer peer({{ok("first"), ""}});
  Client client = open(peer.port);
  EXPECT_EQ(send(client, {.method = Method::kPost, .body = "{}"}).body, "first");
  EXPECT_THAT(failure(client, {.method = Method::kPost, .target = "/"}), HasSubstr("closed"));
  EXPECT_EQ(peer.requests, 2);
}

TEST_F(ClientTest, AFreshConnectionIsNotTriedAgain) {
  ScriptedPeer peer({{""}});
  Client client = open(peer.port);
  EXPECT_THAT(failure(client, {.target = "/"}), HasSubstr("it closed the connection"));
  EXPECT_EQ(peer.requests, 1);
}

TEST_F(ClientTest, AnswersOfEveryFraming) {
  ScriptedPeer peer(
      {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + ok("after an interim answer"),
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\n\r\nuntil the end"}});
  Client client = open(peer.port);
  EXPECT_EQ(send(client, {}).body, "abc");
  EXPECT_EQ(send(client, {}).body, "after an interim answer");
  EXPECT_EQ(send(client, {}).status, 204);
  const auto redirect = send(client, {});
  EXPECT_EQ(redirect.status, 302);
  EXPECT_EQ(redirect.headers.find("location"), "/elsewhere");
  EXPECT_EQ(send(client, {}).body, "until the end");
}

TEST_F(ClientTest, BrokenAndTooLargeAnswersAreErrors) {
  ScriptedPeer peer({{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"},
                     {"no HTTP at all\r\n\r\n"},
                     {ok(std::string(2'000, 'x'))}});
  Client client = open(peer.port, {.max_response_bytes = 1'000});
  EXPECT_THAT(failure(client, {}), HasSubstr("its answer is broken"));
  EXPECT_THAT(failure(client, {}), HasSubstr("its answer is broken"));
  EXPECT_THAT(failure(client, {}), HasSubstr("its answer is too large"));
}

}  // namespace
}  // namespace orderly::http
