#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <limits>

#include "base/random.hpp"
#include "base/text.hpp"
#include "json/reader.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace orderly::json {
namespace {

TEST(WriterTest, WritesInTheOrderGiven) {
  std::string out;
  Writer(out)
      .begin_object()
      .member("b", "text")
      .member("a", -5)
      .key("list")
      .begin_array()
      .value(true)
      .null()
      .begin_object()
      .end_object()
      .value(std::uint64_t{18'446'744'073'709'551'615U})
      .end_array()
      .member("real", 0.5)
      .member("nothing", std::numeric_limits<double>::quiet_NaN())
      .key("raw")
      .raw(R"({"x":1})")
      .end_object();
  EXPECT_EQ(out, R"({"b":"text","a":-5,"list":[true,null,{},18446744073709551615],"real":0.5,)"
                 R"("nothing":null,"raw":{"x":1}})");
}

/// Any text: every code point but the surrogates, control characters included.
std::string any_text() {
  std::string text;
  for (const auto code : *rc::gen::container<std::vector<std::uint32_t>>(
           rc::gen::oneOf(rc::gen::inRange(0U, 0x80U), rc::gen::inRange(0x80U, 0xd800U),
                          rc::gen::inRange(0xe000U, 0x110000U)))) {
    const auto tail = [&](unsigned shift) {
      return static_cast<char>(0x80U | (code >> shift & 63U));
    };
    if (code < 0x80) {
      text += static_cast<char>(code);
    } else if (code < 0x800) {
      text += {static_cast<char>(0xc0U | code >> 6U), tail(0)};
    } else if (code < 0x10000) {
      text += {static_cast<char>(0xe0U | code >> 12U), tail(6), tail(0)};
    } else {
      text += {static_cast<char>(0xf0U | code >> 18U), tail(12), tail(6), tail(0)};
    }
  }
  return text;
}

RC_GTEST_PROP(WriterTest, EveryStringReadsBack, ()) {
  const std::string text = any_text();
  RC_ASSERT(is_valid_utf8(text));
  std::string out;
  Writer(out).begin_object().member("text", text).member("number", 7).end_object();
  const auto object = FlatObject::parse(out);
  RC_ASSERT(object.has_value());
  FieldReader fields(*object);
  RC_ASSERT(fields.required_string("text") == text);
  RC_ASSERT(fields.required_int("number", 0, 10) == 7);
  RC_ASSERT(fields.finish().has_value());
}

/// FlatObject has a short way for plain documents; Value always goes the long one.
TEST(FlatObjectTest, ReadsPlainAndOtherDocumentsAsTheParserDoes) {
  const std::string whole = R"({"name": "some text", "number":10, "other" : 0,"last":"-"})";
  const std::string spice = "{}[]:,\"\\ \n\t0123e.-tn\x01\x7f\xc3\xa4";
  SeededRandom random(11);
  int read = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string text = whole;
    for (std::uint64_t i = 0; i < 1 + random.below(3); ++i) {
      const std::size_t at = random.below(text.size());
      const char c = spice[random.below(spice.size())];
      if (random.one_in(3)) {
        text.erase(at, 1);
      } else if (random.one_in(2)) {
        text.insert(at, 1, c);
      } else {
        text[at] = c;
      }
    }
    const auto value = Value::parse(text);
    const auto object = FlatObject::parse(text);
    if (!object) {
      const bool repeated = object.error().code == kRepeatedField;
      ASSERT_TRUE(!value || !value->is_object() || repeated) << text;
      continue;
    }
    ++read;
    ASSERT_TRUE(value && value->is_object()) << text;
    value->for_each_member([&](std::string_view name, const Value& member) {
      FieldReader fields(*object);
      if (const auto expected = member.as_string()) {
        EXPECT_EQ(fields.required_string(name), *expected) << text;
      } else if (const auto number = member.as_int()) {
        EXPECT_EQ(fields.required_int(name, -1'000'000'000, 1'000'000'000), *number) << text;
      } else {
        EXPECT_TRUE(fields.skip(name)) << text;
      }
    });
  }
  EXPECT_GT(read, 1'000);
}

/// Reads {"name": string, "number": 1…100, "note"?: string, "flag"?: bool}.
Result<void> read_sample(std::string_view body) {
  const auto object = FlatObject::parse(body);
  if (!object) return std::unexpected(object.error());
  FieldReader fields(*object);
  (void)fields.required_string("name");
  (void)fields.required_int("number", 1, 100);
  (void)fields.optional_string("note");
  (void)fields.optional_bool("flag");
  return fields.finish();
}

struct BadBody {
  std::string body;
  std::string_view code;
  std::string field;
};

class BadBodyTest : public ::testing::TestWithParam<BadBody> {};

TEST_P(BadBodyTest, IsRefusedByName) {
  const auto result = read_sample(GetParam().body);
  ASSERT_FALSE(result) << GetParam().body;
  EXPECT_EQ(result.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(result.error().code, GetParam().code) << result.error().message;
  EXPECT_EQ(result.error().field, GetParam().field);
  EXPECT_FALSE(result.error().message.empty());
}

std::string nested(int depth) {
  return R"({"name":)" + std::string(depth, '[') + std::string(depth, ']') + R"(,"number":1})";
}

std::string many_fields() {
  std::string body = "{";
  for (int i = 0; i <= 16; ++i)
    body += (i > 0 ? ",\"f" : "\"f") + std::to_string(i) + "\":1";
  return body + "}";
}

INSTANTIATE_TEST_SUITE_P(
    Table, BadBodyTest,
    ::testing::Values(
        BadBody{"", kMalformedJson, ""}, BadBody{"  \n", kMalformedJson, ""},
        BadBody{"{", kMalformedJson, ""}, BadBody{R"({"name":"x","number":1)", kMalformedJson, ""},
        BadBody{R"({"name":"x","number":1}x)", kMalformedJson, ""},
        BadBody{R"({"name":"x","number":1}{})", kMalformedJson, ""},
        BadBody{R"({"name":"x","number":1,})", kMalformedJson, ""},
        BadBody{R"({"name":"x",/**/"number":1})", kMalformedJson, ""},
        BadBody{R"({'name':'x','number':1})", kMalformedJson, ""},
        BadBody{R"({"name":"x","number":01})", kMalformedJson, ""},
        BadBody{R"({"name":"x","number":NaN})", kMalformedJson, ""},
        BadBody{"{\"name\":\"\xff\",\"number\":1}", kMalformedJson, ""},
        BadBody{"{\"name\":\"a\nb\",\"number\":1}", kMalformedJson, ""},
        BadBody{R"({"name":"\ud800","number":1})", kMalformedJson, ""},
        BadBody{"[]", kMalformedJson, ""}, BadBody{"\"text\"", kMalformedJson, ""},
        BadBody{"7", kMalformedJson, ""}, BadBody{"null", kMalformedJson, ""},
        BadBody{nested(40), kTooDeep, ""}, BadBody{many_fields(), kTooManyFields, ""},
        BadBody{R"({"name":"x","number":1,"name":"y"})", kRepeatedField, "name"},
        BadBody{R"({"name":"x","number":1,"n\u0061me":"y"})", kRepeatedField, "name"},
        BadBody{R"({"name":"x","number":1,"extra":1})", kUnknownField, "extra"},
        BadBody{R"({"nmae":"x","number":1})", kUnknownField, "nmae"},
        BadBody{R"({"number":1})", kMissingField, "name"},
        BadBody{R"({"name":"x"})", kMissingField, "number"}, BadBody{"{}", kMissingField, "name"},
        BadBody{R"({"name":1,"number":1})", kWrongType, "name"},
        BadBody{R"({"name":null,"number":1})", kWrongType, "name"},
        BadBody{R"({"name":{"a":[1]},"number":1})", kWrongType, "name"},
        BadBody{R"({"name":["x"],"number":1})", kWrongType, "name"},
        BadBody{R"({"name":"x","number":"1"})", kWrongType, "number"},
        BadBody{R"({"name":"x","number":1.0})", kWrongType, "number"},
        BadBody{R"({"name":"x","number":1e1})", kWrongType, "number"},
        BadBody{R"({"name":"x","number":true})", kWrongType, "number"},
        BadBody{R"({"name":"x","number":0})", kOutOfRange, "number"},
        BadBody{R"({"name":"x","number":101})", kOutOfRange, "number"},
        BadBody{R"({"name":"x","number":-1})", kOutOfRange, "number"},
        BadBody{R"({"name":"x","number":9223372036854775808})", kOutOfRange, "number"},
        BadBody{R"({"name":"x","number":1,"note":5})", kWrongType, "note"},
        BadBody{R"({"name":"x","number":1,"flag":"true"})", kWrongType, "flag"}));

TEST(FlatObjectTest, SurvivesBeingMoved) {
  auto object =
      FlatObject::parse(R"({"a":"short","b":"A much longer text, beyond any inline one"})");
  ASSERT_TRUE(object);
  const FlatObject moved = std::move(*object);
  FieldReader fields(moved);
  EXPECT_EQ(fields.required_string("a"), "short");
  EXPECT_EQ(fields.required_string("b"), "A much longer text, beyond any inline one");
  EXPECT_TRUE(fields.finish());
}

TEST(FlatObjectTest, DecodesEscapesInNamesAndValues) {
  const auto object =
      FlatObject::parse(R"( {"n\u0061me" : "\u00e9\ud83d\ude00\n" , "x":[{"y":"z"}]} )");
  ASSERT_TRUE(object);
  FieldReader fields(*object);
  EXPECT_EQ(fields.required_string("name"), "é😀\n");
  EXPECT_FALSE(fields.finish());
}

TEST(FlatObjectTest, AFieldWithoutANameIsRefusedInWords) {
  const auto object = FlatObject::parse(R"({"":1})");
  ASSERT_TRUE(object);
  EXPECT_EQ(FieldReader(*object).finish().error().message,
            "A field without a name is not a known field.");
  EXPECT_EQ(FlatObject::parse(R"({"":1,"":2})").error().message,
            "A field without a name comes more than once.");
}

TEST(FlatObjectTest, TextInsideNestedValuesIsNotMixedUp) {
  const auto object = FlatObject::parse(R"({"x":[{"y":"inner"}],"name":"outer"})");
  ASSERT_TRUE(object);
  FieldReader fields(*object);
  EXPECT_EQ(fields.required_string("name"), "outer");
}

TEST(ValueTest, WalksADocument) {
  const auto parsed = Value::parse(
      R"({"message":{"data":"eA==","attributes":{"b":"1","a":"2"}},"list":[1,2.5,true,null],"n":12})");
  ASSERT_TRUE(parsed);
  const auto message = parsed->find("message");
  ASSERT_TRUE(message);
  EXPECT_EQ(message->string_at("data"), "eA==");
  EXPECT_EQ(parsed->int_at("n"), 12);
  EXPECT_FALSE(parsed->string_at("n"));
  EXPECT_FALSE(parsed->find("absent"));
  EXPECT_FALSE(message->find("data")->find("x"));
  const auto list = parsed->find("list");
  ASSERT_EQ(list->size(), 4U);
  EXPECT_EQ(list->at(0).as_int(), 1);
  EXPECT_FALSE(list->at(1).as_int());
  EXPECT_EQ(list->at(1).as_real(), 2.5);
  EXPECT_EQ(list->at(2).as_bool(), true);
  EXPECT_TRUE(list->at(3).is_null());
  std::string seen;
  message->find("attributes")->for_each_member([&](std::string_view key, const Value& value) {
    seen.append(key).append("=").append(*value.as_string()).append(";");
  });
  EXPECT_EQ(seen, "b=1;a=2;");
  EXPECT_EQ(message->to_json(), R"({"data":"eA==","attributes":{"b":"1","a":"2"}})");
}

TEST(ValueTest, WholeNumbersBeyondInt64AreReal) {
  const auto list = Value::parse("[9223372036854775807,9223372036854775808,-9223372036854775809]");
  ASSERT_TRUE(list);
  EXPECT_EQ(list->at(0).kind(), Value::Kind::kInt);
  for (const std::size_t beyond : {1U, 2U}) {
    EXPECT_EQ(list->at(beyond).kind(), Value::Kind::kReal);
    EXPECT_FALSE(list->at(beyond).as_int());
    EXPECT_EQ(std::abs(*list->at(beyond).as_real()), 0x1p63);
  }
}

TEST(ValueTest, AnInnerValueKeepsItsDocument) {
  std::optional<Value> inner;
  {
    const auto parsed = Value::parse(R"({"a":{"b":"still here"}})");
    ASSERT_TRUE(parsed);
    inner = parsed->find("a");
  }
  EXPECT_EQ(inner->string_at("b"), "still here");
}

TEST(ValueTest, IsStrict) {
  for (const std::string& bad : {std::string(""), std::string("{"), std::string("{}x"),
                                 std::string("{\"a\":\"\xff\"}"), std::string("[1,]")}) {
    const auto parsed = Value::parse(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().code, kMalformedJson);
  }
  EXPECT_TRUE(Value::parse(std::string(30, '[') + std::string(30, ']')));
  EXPECT_EQ(Value::parse(std::string(100, '[') + std::string(100, ']')).error().code, kTooDeep);
}

}  // namespace
}  // namespace orderly::json
