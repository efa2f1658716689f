#include <atomic>
#include <cstdlib>
#include <string>

#include "fuzz/target.hpp"
#include "unit/http/served.hpp"

namespace orderly::fuzz {
namespace {

/// Sends what follows as a segment of its own.
constexpr char kSegment = '\x1e';

/// A real server whose one route numbers its answers.
class EchoServer {
 public:
  EchoServer()
      : served_([this](http::Router& router, runtime::EventLoop&) { add_route(router); }) {}

  /// What it answers to these bytes, until it closes.
  std::string answer(std::string_view bytes) {
    testing::RawSocket socket(served_.port);
    while (!bytes.empty()) {
      const auto [segment, rest] = split(bytes, kSegment);
      socket.send(segment);
      if (!rest.empty()) served_.run(nothing());  // its loop has had a look at the socket
      bytes = rest;
    }
    socket.finish_sending();
    return socket.read_all();
  }
  [[nodiscard]] std::size_t handled() const { return handled_; }

 private:
  static runtime::Task<void> nothing() { co_return; }

  void add_route(http::Router& router) {
    router.post("/echo", {}, [this](const http::Request& request) -> runtime::Task<http::Response> {
      co_return http::Response::text(std::to_string(++handled_) + " " + request.body);
    });
  }

  std::atomic<std::size_t> handled_ = 0;
  testing::Served served_;
};

/// One answer, taken off the front of `bytes`.
struct Answer {
  int status = 0;
  std::string_view body;
};

Answer take_answer(std::string_view& bytes) {
  constexpr std::string_view kStatus = "HTTP/1.1 ";
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  expect(bytes.starts_with(kStatus), "answers follow each other without a gap");
  const std::size_t end = bytes.find("\r\n\r\n");
  expect(end != std::string_view::npos, "an answer has a whole head");
  const auto head = bytes.substr(0, end);
  Answer answer{.status = std::atoi(std::string(head.substr(kStatus.size(), 3)).c_str())};
  expect(answer.status >= 100 && answer.status < 600, "an answer has a status");
  bytes.remove_prefix(end + 4);
  const std::size_t length = head.find(kLength);
  expect(length != std::string_view::npos, "and a length");
  const auto size = std::stoul(std::string(head.substr(length + kLength.size())));
  // HEAD is answered with a length and without a body.
  if (bytes.empty() || bytes.starts_with(kStatus)) return answer;
  expect(bytes.size() >= size, "a body is as long as its length says");
  answer.body = bytes.substr(0, size);
  bytes.remove_prefix(size);
  return answer;
}

void connections(std::string_view input) {
  static EchoServer* const kServer = new EchoServer;
  const std::size_t before = kServer->handled();
  const std::string all = kServer->answer(input);
  std::size_t answered = 0;
  for (std::string_view rest = all; !rest.empty();) {
    const Answer answer = take_answer(rest);
    expect(answer.status != 500, "nothing that a client sends makes the server fail");
    if (answer.status != 200) continue;
    ++answered;
    expect(answer.body.starts_with(std::to_string(before + answered) + " "),
           "requests are answered in their order");
  }
  expect(kServer->handled() == before + answered, "what was carried out was answered");
}

const Registered kConnections("connections", connections);

}  // namespace
}  // namespace orderly::fuzz
