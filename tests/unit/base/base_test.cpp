#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "base/dates.hpp"
#include "base/ids.hpp"
#include "base/text.hpp"
#include "base/trace.hpp"

namespace orderly {
namespace {

using namespace std::chrono_literals;

RC_GTEST_PROP(UuidSourceTest, AscendsWhateverTheClockDoes, ()) {
  SeededRandom random(*rc::gen::arbitrary<std::uint64_t>());
  UuidSource source(random);
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(-5'000, 5'000));
  UtcTime now{std::chrono::hours(24 * 20'000)};
  Uuid last;
  for (const int step : steps) {
    now += std::chrono::microseconds(step);
    const Uuid next = source.next(now);
    RC_ASSERT(next > last);
    RC_ASSERT(next.to_string()[14] == '7');
    RC_ASSERT(std::string_view("89ab").find(next.to_string()[19]) != std::string_view::npos);
    last = next;
  }
}

TEST(UuidSourceTest, CarriesTheTime) {
  SeededRandom random(1);
  const Uuid id = UuidSource(random).next(UtcTime{std::chrono::milliseconds(0x0123456789ab)});
  EXPECT_EQ(id.to_string().substr(0, 13), "01234567-89ab");
}

RC_GTEST_PROP(UuidTest, TextAndBytesAreTheSame, (const std::array<std::uint8_t, 16>& bytes)) {
  Uuid id;
  for (std::size_t i = 0; i < 16; ++i)
    id.bytes[i] = static_cast<std::byte>(bytes[i]);
  RC_ASSERT(Uuid::parse(id.to_string()) == id);
}

TEST(UuidTest, OnlyTheCanonicalFormIsRead) {
  EXPECT_TRUE(Uuid::parse("01234567-89ab-7def-8123-456789abcdef"));
  EXPECT_FALSE(Uuid::parse("01234567-89AB-7def-8123-456789abcdef"));
  EXPECT_FALSE(Uuid::parse("0123456789ab7def8123456789abcdef"));
  EXPECT_FALSE(Uuid::parse("01234567-89ab-7def-8123-456789abcde"));
  EXPECT_FALSE(Uuid::parse("01234567-89ab-7def-81234-56789abcdef"));
  EXPECT_FALSE(Uuid::parse(""));
}

TEST(IdTest, LimitsOfDesign) {
  EXPECT_TRUE(check_id("customer_id", std::string(128, 'x')));
  EXPECT_TRUE(check_id("customer_id", "Zoë 😀"));
  for (const std::string& bad :
       {std::string(), std::string(129, 'x'), std::string("a\nb"), std::string("\xff"),
        std::string("a\0b", 3), std::string("\x7f"), std::string("\xc2\x85")}) {
    const auto checked = check_id("customer_id", bad);
    ASSERT_FALSE(checked) << bad;
    EXPECT_EQ(checked.error().field, "customer_id");
    EXPECT_EQ(checked.error().kind, ErrorKind::kInvalid);
  }
}

RC_GTEST_PROP(DatesTest, EveryDateReadsBack, ()) {
  const Date date{std::chrono::days(*rc::gen::inRange(-719'162, 2'932'896))};
  const std::string text = format_date(date);
  RC_ASSERT(text.size() == 10U);
  RC_ASSERT(parse_date(text) == date);
  const auto range = parse_date_prefix(text);
  RC_ASSERT(range && range->first == date && range->last == date);
}

TEST(DatesTest, OnlyRealDatesAreRead) {
  EXPECT_TRUE(parse_date("2024-02-29"));
  for (const char* bad : {"2023-02-29", "2100-02-29", "2023-13-01", "2023-00-10", "2023-04-31",
                          "0000-01-01", "2023-1-01", "2023-01-1", "23-01-01", "2023/01/01",
                          " 2023-01-01", "2023-01-01 ", "+023-01-01", ""}) {
    EXPECT_FALSE(parse_date(bad)) << bad;
  }
}

TEST(DatesTest, PrefixesNameTheirRange) {
  const auto range = [](const char* first, const char* last) {
    return DateRange{*parse_date(first), *parse_date(last)};
  };
  EXPECT_EQ(parse_date_prefix("2021"), range("2021-01-01", "2021-12-31"));
  EXPECT_EQ(parse_date_prefix("2024-02"), range("2024-02-01", "2024-02-29"));
  EXPECT_EQ(parse_date_prefix("2021/02"), range("2021-02-01", "2021-02-28"));
  EXPECT_EQ(parse_date_prefix("2021/02/14"), range("2021-02-14", "2021-02-14"));
  for (const char* bad : {"", "202", "2021-", "2021-2", "2021-13", "2021-02-30", "2021-02/14",
                          "2021-02-1", "20212", "2021.02", "2021-02-14x"}) {
    EXPECT_FALSE(parse_date_prefix(bad)) << bad;
  }
}

RC_GTEST_PROP(Rfc3339Test, EveryTimeReadsBack, ()) {
  const auto micros =
      *rc::gen::inRange<std::int64_t>(-62'135'596'800'000'000, 253'402'300'800'000'000);
  const UtcTime time{std::chrono::microseconds(micros)};
  RC_ASSERT(parse_rfc3339(format_rfc3339(time)) == time);
}

TEST(Rfc3339Test, OffsetsAndFractions) {
  const auto time = parse_rfc3339("2021-01-18T20:00:00Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(format_rfc3339(*time), "2021-01-18T20:00:00.000000Z");
  EXPECT_EQ(parse_rfc3339("2021-01-18T22:30:00+02:30"), time);
  EXPECT_EQ(parse_rfc3339("2021-01-18T19:00:00.000000999-01:00"), time);
  EXPECT_EQ(parse_rfc3339("2021-01-18t20:00:00.5z"), *time + 500ms);
  for (const char* bad :
       {"2021-01-18", "2021-01-18T20:00:00", "2021-01-18 20:00:00Z", "2021-01-18T24:00:00Z",
        "2021-01-18T20:60:00Z", "2021-01-18T20:00:00.Z", "2021-01-18T20:00:00.0000000000Z",
        "2021-01-18T20:00:00+24:00", "2021-01-18T20:00:00Zx", "2021-02-30T20:00:00Z",
        // In UTC of a year that cannot be written.
        "9999-12-31T23:59:59-00:01", "0001-01-01T00:00:00+00:01"}) {
    EXPECT_FALSE(parse_rfc3339(bad)) << bad;
  }
}

RC_GTEST_PROP(Base64Test, RoundTrip, (const std::string& bytes)) {
  RC_ASSERT(base64_decode(base64_encode(bytes)) == bytes);
  RC_ASSERT(base64url_decode(base64url_encode(bytes)) == bytes);
}

TEST(Base64Test, VectorsOfRfc4648) {
  EXPECT_EQ(base64_encode(""), "");
  EXPECT_EQ(base64_encode("f"), "Zg==");
  EXPECT_EQ(base64_encode("fo"), "Zm8=");
  EXPECT_EQ(base64_encode("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base64url_encode("\xff\xef"), "_-8");
}

TEST(Base64Test, StrictDecoding) {
  for (const char* bad :
       {"Zg=", "Zg", "Z===", "Zh==", "Zm9=", "Zg==Zg==", "Zm 8=", "=Zg=", "===="}) {
    EXPECT_FALSE(base64_decode(bad)) << bad;
  }
}

TEST(Utf8Test, BoundariesOfRfc3629) {
  for (const char* good :
       {"", "abc", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    EXPECT_TRUE(is_valid_utf8(good)) << good;
  }
  for (const char* bad : {"\x80", "\xc0\xaf", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80",
                          "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82"}) {
    EXPECT_FALSE(is_valid_utf8(bad)) << bad;
  }
}

TEST(ParseInt64Test, WholeNumbersOnly) {
  EXPECT_EQ(parse_int64("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(parse_int64("9223372036854775807"), INT64_MAX);
  for (const char* bad : {"", "-", "+1", " 1", "1 ", "1.0", "1e3", "9223372036854775808", "0x1"}) {
    EXPECT_FALSE(parse_int64(bad)) << bad;
  }
}

TEST(TextTest, JsonEscaping) {
  std::string out;
  append_json_escaped(out, std::string_view("a\"b\\c\n\t\r\x01\x1f\0/é", 14));
  EXPECT_EQ(out, "a\\\"b\\\\c\\n\\t\\r\\u0001\\u001f\\u0000/é");
}

TEST(TraceContextTest, ReadsAndWritesTheHeader) {
  const std::string header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const auto context = TraceContext::parse(header);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->to_string(), header);
  EXPECT_EQ(TraceContext{}.to_string(), "");
  for (const char* bad : {"", "00-00000000000000000000000000000000-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
                          "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                          "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
                          "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"}) {
    EXPECT_FALSE(TraceContext::parse(bad)) << bad;
  }
  EXPECT_TRUE(TraceContext::parse("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"));
}

TEST(TraceContextTest, StartedTracesDiffer) {
  SeededRandom random(1);
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i)
    seen.insert(TraceContext::start(random).to_string());
  EXPECT_EQ(seen.size(), 100U);
}

}  // namespace
}  // namespace orderly
