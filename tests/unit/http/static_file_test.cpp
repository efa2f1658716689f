#include "http/static_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "http/accept_encoding.hpp"

namespace orderly::http {
namespace {

using ::testing::Optional;

constexpr Encodings kBoth{.gzip = true, .brotli = true};

struct Accepts {
  const char* header;
  Encoding chosen;
};

class AcceptEncodingTest : public ::testing::TestWithParam<Accepts> {};

TEST_P(AcceptEncodingTest, ChoosesTheBest) {
  EXPECT_EQ(choose_encoding(GetParam().header, kBoth), GetParam().chosen) << GetParam().header;
}

INSTANTIATE_TEST_SUITE_P(
    Table, AcceptEncodingTest,
    ::testing::Values(
        Accepts{"", Encoding::kIdentity}, Accepts{"gzip, deflate, br, zstd", Encoding::kBrotli},
        Accepts{"gzip, deflate", Encoding::kGzip}, Accepts{"GZIP", Encoding::kGzip},
        Accepts{"x-gzip", Encoding::kGzip}, Accepts{"br;q=0.5, gzip;q=0.8", Encoding::kGzip},
        Accepts{"br;q=0, gzip", Encoding::kGzip}, Accepts{"br;q=0,gzip;q=0", Encoding::kIdentity},
        Accepts{"*", Encoding::kBrotli}, Accepts{"*;q=0", Encoding::kIdentity},
        Accepts{"*;q=0, gzip;q=0.001", Encoding::kGzip},
        Accepts{"identity, gzip;q=0.5", Encoding::kIdentity},
        Accepts{"identity;q=0.5, gzip;q=0.5", Encoding::kGzip},
        Accepts{" \tbr ; Q=1.000 ", Encoding::kBrotli}, Accepts{"br;q=1.001", Encoding::kIdentity},
        Accepts{"br;q=", Encoding::kIdentity}, Accepts{"br;q=.5", Encoding::kIdentity},
        Accepts{"br;q=0.5555", Encoding::kIdentity}, Accepts{"br;x=1", Encoding::kIdentity},
        Accepts{"br;", Encoding::kIdentity}, Accepts{",,;,", Encoding::kIdentity},
        Accepts{"brotli, gzippy", Encoding::kIdentity}));

TEST(AcceptEncoding, OnlyWhatIsThereIsChosen) {
  EXPECT_EQ(choose_encoding("br, gzip", {.gzip = true}), Encoding::kGzip);
  EXPECT_EQ(choose_encoding("br", {.gzip = true}), Encoding::kIdentity);
  EXPECT_EQ(choose_encoding("br, gzip", {}), Encoding::kIdentity);
  EXPECT_EQ(choose_encoding(std::nullopt, kBoth), Encoding::kIdentity);
}

RC_GTEST_PROP(AcceptEncoding, AnyTextChoosesWhatIsThere, (bool gzip, bool brotli)) {
  const auto part = rc::gen::oneOf(
      rc::gen::element<std::string>("br", "gzip", "identity", "*", ";q=", ",", "0.", "1", " ", ";"),
      rc::gen::arbitrary<std::string>());
  const auto parts = *rc::gen::container<std::vector<std::string>>(part);
  std::string header;
  for (const auto& each : parts)
    header += each;
  const auto chosen = choose_encoding(header, {.gzip = gzip, .brotli = brotli});
  RC_ASSERT(chosen != Encoding::kGzip || gzip);
  RC_ASSERT(chosen != Encoding::kBrotli || brotli);
}

class StaticFileTest : public ::testing::Test {
 protected:
  Response give(const std::vector<std::pair<std::string, std::string>>& fields = {}) {
    Request request;
    for (const auto& [name, value] : fields)
      request.headers.add(name, value);
    return give_file(file_, "text/css", request);
  }

  StaticFile file_{.content = "plain", .gzip = "zipped", .brotli = "br", .hash = "abc"};
};

TEST_F(StaticFileTest, EachEncodingHasItsOwnTag) {
  const auto plain = give();
  EXPECT_EQ(plain.content(), "plain");
  EXPECT_THAT(plain.headers.find("ETag"), Optional(std::string_view("\"abc\"")));
  EXPECT_THAT(plain.headers.find("Vary"), Optional(std::string_view("Accept-Encoding")));
  EXPECT_FALSE(plain.headers.find("Content-Encoding"));
  const auto zipped = give({{"Accept-Encoding", "gzip"}});
  EXPECT_EQ(zipped.content(), "zipped");
  EXPECT_THAT(zipped.headers.find("ETag"), Optional(std::string_view("\"abc-gzip\"")));
  EXPECT_THAT(zipped.headers.find("Content-Encoding"), Optional(std::string_view("gzip")));
}

TEST_F(StaticFileTest, WhoHasItGetsNoBody) {
  for (const char* tag : {"\"abc\"", "W/\"abc\"", "\"x\", \"abc\"", "*"}) {
    const auto answer = give({{"If-None-Match", tag}});
    EXPECT_EQ(answer.status, 304) << tag;
    EXPECT_EQ(answer.content(), "");
    EXPECT_TRUE(answer.headers.find("ETag"));
  }
  for (const char* tag : {"\"abcd\"", "abc", "\"abc-gzip\"", "\"x\"abc\"", ""}) {
    EXPECT_EQ(give({{"If-None-Match", tag}}).status, 200) << tag;
  }
  EXPECT_EQ(give({{"If-None-Match", "\"abc\""}, {"Accept-Encoding", "br"}}).status, 200);
}

TEST_F(StaticFileTest, NamesThatChangeWithTheContentAreKeptForEver) {
  EXPECT_THAT(give().headers.find("Cache-Control"), Optional(std::string_view("no-cache")));
  file_.immutable = true;
  EXPECT_THAT(give().headers.find("Cache-Control"),
              Optional(std::string_view("public, max-age=31536000, immutable")));
}

TEST(ContentType, IsThatOfTheSuffix) {
  EXPECT_EQ(content_type_of("a/b.html"), "text/html; charset=utf-8");
  EXPECT_EQ(content_type_of("x.woff2"), "font/woff2");
  EXPECT_EQ(content_type_of("html"), "application/octet-stream");
}

}  // namespace
}  // namespace orderly::http
