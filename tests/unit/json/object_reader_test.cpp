#include "json/object_reader.hpp"

#include <gtest/gtest.h>

namespace orderly::json {
namespace {

using std::chrono::milliseconds;
using namespace std::chrono_literals;

TEST(DurationTest, ReadsAsProtobufPrintsIt) {
  EXPECT_EQ(parse_duration("10s"), 10s);
  EXPECT_EQ(parse_duration("0s"), 0s);
  EXPECT_EQ(parse_duration("3.5s"), 3500ms);
  EXPECT_EQ(parse_duration("0.000999999s"), 0ms);
  EXPECT_EQ(parse_duration("315576000000s"), std::chrono::seconds(315'576'000'000));
  for (const char* bad :
       {"", "s", "10", "10m", "-1s", "-0s", "1.s", ".5s", "1.-5s", "1.0000000001s", "1e3s", " 1s",
        "1 s", "315576000001s", "99999999999999999999s"}) {
    EXPECT_FALSE(parse_duration(bad)) << bad;
  }
}

TEST(DurationTest, IsPrintedAsItIsRead) {
  for (const auto* text : {"0s", "10s", "0.001s", "604800s", "1.050s"})
    EXPECT_EQ(format_duration(*parse_duration(text)), text);
}

TEST(BytesTest, BothAlphabetsWithAndWithoutPadding) {
  const std::string bytes = "\xfb\xff\xfe?";
  for (const char* text : {"+//+Pw==", "-__-Pw==", "+//+Pw", "-__-Pw"})
    EXPECT_EQ(decode_bytes(text), bytes) << text;
  EXPECT_EQ(decode_bytes(""), "");
  for (const char* bad : {"+//+P", "+//+Pw=", "????", "+//+ Pw=="})
    EXPECT_FALSE(decode_bytes(bad)) << bad;
}

class ObjectReaderTest : public ::testing::Test {
 protected:
  ObjectReader read(const char* text) { return {parse_document(text).value(), "", error_}; }
  std::string field() const { return error_ ? error_->field : ""; }
  std::string message() const { return error_ ? error_->message : ""; }

  std::optional<Error> error_;
};

TEST_F(ObjectReaderTest, TakesBothSpellingsAndNullAsAbsent) {
  auto reader = read(R"({"ack_deadline_seconds":30,"retainAckedMessages":null,"filter":"x"})");
  EXPECT_EQ(reader.integer("ackDeadlineSeconds", 0, 600), 30);
  EXPECT_EQ(reader.boolean("retainAckedMessages"), std::nullopt);
  EXPECT_EQ(reader.text("filter"), "x");
  EXPECT_EQ(reader.text("other"), "");
  reader.refuse_rest();
  EXPECT_FALSE(error_) << message();
}

TEST_F(ObjectReaderTest, RefusesBothSpellingsAtOnce) {
  read(R"({"ackIds":[],"ack_ids":[]})").take("ackIds");
  EXPECT_EQ(field(), "ackIds");
}

TEST_F(ObjectReaderTest, WholeNumbersMayBeStrings) {
  auto reader = read(R"({"a":"12","b":12})");
  EXPECT_EQ(reader.integer("a", 1, 12), 12);
  EXPECT_EQ(reader.integer("b", 1, 12), 12);
  EXPECT_FALSE(error_);
  for (const char* bad : {R"({"a":1.5})", R"({"a":"1.5"})", R"({"a":true})", R"({"a":0})",
                          R"({"a":13})", R"({"a":[]})"}) {
    error_.reset();
    read(bad).integer("a", 1, 12);
    EXPECT_EQ(message(), "a must be a whole number between 1 and 12.") << bad;
  }
}

TEST_F(ObjectReaderTest, NamesTheFirstThingThatIsWrongByItsWholePath) {
  auto reader = read(R"({"a":{"b":{"c":1}},"d":1})");
  auto inner = reader.object("a")->object("b");
  inner->text("c");
  reader.boolean("d");
  EXPECT_EQ(field(), "a.b.c");
  EXPECT_EQ(message(), "a.b.c must be a string.");
}

TEST_F(ObjectReaderTest, RefusesWhatNobodyAskedFor) {
  auto reader = read(R"({"a":{"typo":1}})");
  auto inner = reader.object("a");
  inner->refuse_rest();
  EXPECT_EQ(message(), "a.typo is not known.");
}

TEST_F(ObjectReaderTest, WhatIsNotDoneHereMayBeEmpty) {
  for (const char* empty : {"{}", R"({"x":null})", R"({"x":{}})", R"({"x":[]})", R"({"x":false})",
                            R"({"x":""})", R"({"x":{"y":null}})"}) {
    read(empty).refuse("x", "why");
    EXPECT_FALSE(error_) << empty;
  }
  for (const char* filled :
       {R"({"x":{"y":0}})", R"({"x":[0]})", R"({"x":true})", R"({"x":"y"})", R"({"x":0})"}) {
    error_.reset();
    read(filled).refuse("x", "why");
    EXPECT_EQ(message(), "x is not supported here: why.") << filled;
  }
  error_.reset();
  read(R"({"x":{}})").refuse_presence("x", "why");
  EXPECT_TRUE(error_);
}

TEST_F(ObjectReaderTest, AnObjectIsAnObject) {
  auto reader = read(R"({"a":[]})");
  reader.object("a");
  EXPECT_EQ(field(), "a");
  EXPECT_FALSE(parse_document("[]"));
  EXPECT_FALSE(parse_document("{"));
  EXPECT_TRUE(parse_document(""));
}

}  // namespace
}  // namespace orderly::json
