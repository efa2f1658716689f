#include "http/plain_request.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/random.hpp"
#include "http/request_parser.hpp"

namespace orderly::http {
namespace {

using namespace std::string_literals;

constexpr std::size_t kMaxHeader = 1024;
const std::string kPost =
    "POST /api/v1/order/create?a=b HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n"
    "content-type: application/json\r\nContent-Length: 11\r\n\r\n{\"number\":1}";

bool is_plain(const std::string& text) {
  Request request;
  return read_plain_request(text, kMaxHeader, request).has_value();
}

TEST(PlainRequest, TellsMethodTargetHeadersAndBody) {
  Request request;
  const auto read = read_plain_request(kPost + "}GET / HTTP/1.1\r\n", kMaxHeader, request);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->size, kPost.size() - 1);
  EXPECT_EQ(read->content_length, 11U);
  EXPECT_EQ(request.method, Method::kPost);
  EXPECT_EQ(request.target, "/api/v1/order/create?a=b");
  EXPECT_EQ(request.header("Content-Type"), "application/json");
  EXPECT_EQ(request.headers.size(), 3U);
  EXPECT_EQ(request.body, "{\"number\":1");
}

TEST(PlainRequest, WithoutALengthHasNoBody) {
  Request request;
  const std::string get = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\n";
  const auto read = read_plain_request(get + "next", kMaxHeader, request);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->size, get.size());
  EXPECT_EQ(read->content_length, std::nullopt);
  EXPECT_EQ(request.body, "");
}

TEST(PlainRequest, IsNothingUntilAllOfItIsThere) {
  for (std::size_t size = 0; size + 1 < kPost.size(); ++size)
    EXPECT_FALSE(is_plain(kPost.substr(0, size))) << size;
}

TEST(PlainRequest, LeavesWhatNeedsCareToTheParser) {
  const auto with = [](const std::string& field) {
    return "GET / HTTP/1.1\r\nHost: a\r\n" + field + "\r\n\r\n";
  };
  EXPECT_TRUE(is_plain(with("A: b")));
  for (const auto* field : {"Transfer-Encoding: chunked",
                            "Expect: 100-continue",
                            "Upgrade: h2c",
                            "Connection: close",
                            "Proxy-Connection: keep-alive",
                            "Content-Length: 0\r\nContent-Length: 0",
                            "Content-Length: +0",
                            "Content-Length: ",
                            "Content-Length: 0, 0",
                            "Content-Length: 0x0",
                            "Content-Length: 99999999999999999999",
                            "A : b",
                            " A: b",
                            "A: b\r\n c",
                            "A",
                            ": b",
                            "A: \x01",
                            "A: \xc3\xa4",
                            "A: b\n",
                            "A:\tb"}) {
    EXPECT_FALSE(is_plain(with(field))) << field;
  }
  EXPECT_FALSE(is_plain(with("A: " + std::string(kMaxHeader, 'b'))));
  for (const auto* line :
       {"GET / HTTP/1.0", "GET / HTTP/2", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", "BREW / HTTP/1.1",
        "get / HTTP/1.1", "GET http://a/ HTTP/1.1", "OPTIONS * HTTP/1.1", "GET /\x7f HTTP/1.1"}) {
    EXPECT_FALSE(is_plain(std::string(line) + "\r\nHost: a\r\n\r\n")) << line;
  }
}

/// What the parser makes of the same bytes.
struct Parsed {
  Request request;
  std::size_t size = 0;
  bool whole = false;
  bool keep_alive = false;
};

Parsed parse(const std::string& text) {
  Parsed parsed;
  RequestParser parser(parsed.request, kMaxHeader);
  parser.eager(true);
  boost::beast::error_code error;
  parsed.size = parser.put(boost::asio::buffer(text), error);
  parsed.whole = !error && parser.is_done();
  parsed.keep_alive = parsed.whole && parser.keep_alive();
  return parsed;
}

TEST(PlainRequest, IsWhatTheParserReadsToo) {
  SeededRandom random(7);
  const std::string spice = " \t\r\n:/?%\"aZ09.,;\x00\x7f\xff"s;
  int plain = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = kPost + "}";
    for (std::uint64_t i = 0; i < 1 + random.below(3); ++i) {
      const std::size_t at = random.below(text.size());
      if (random.one_in(3)) {
        text.erase(at, 1);
      } else if (random.one_in(2)) {
        text.insert(at, 1, spice[random.below(spice.size())]);
      } else {
        text[at] = spice[random.below(spice.size())];
      }
    }
    Request request;
    const auto read = read_plain_request(text, kMaxHeader, request);
    if (!read) continue;
    ++plain;
    const Parsed expected = parse(text);
    ASSERT_TRUE(expected.whole && expected.keep_alive) << text;
    EXPECT_EQ(read->size, expected.size) << text;
    EXPECT_EQ(request.method, expected.request.method) << text;
    EXPECT_EQ(request.target, expected.request.target) << text;
    EXPECT_EQ(request.headers.wire(), expected.request.headers.wire()) << text;
    EXPECT_EQ(request.body, expected.request.body) << text;
  }
  EXPECT_GT(plain, 1'000);
}

}  // namespace
}  // namespace orderly::http
