#include <gtest/gtest.h>

#include <string>

#include "broker/broker.hpp"
#include "broker/embedded/attributes_codec.hpp"
#include "broker/slow_start.hpp"

namespace orderly::broker {
namespace {

using namespace std::chrono_literals;

TEST(SlowStart, DoublesAndHalvesWithinItsBounds) {
  SlowStart slow_start(100);
  EXPECT_EQ(slow_start.window(), 1U);
  for (const std::size_t window : {2U, 4U, 8U, 16U, 32U, 64U, 100U, 100U}) {
    slow_start.succeeded();
    EXPECT_EQ(slow_start.window(), window);
  }
  for (const std::size_t window : {50U, 25U, 12U, 6U, 3U, 1U, 1U}) {
    slow_start.failed();
    EXPECT_EQ(slow_start.window(), window);
  }
}

TEST(TopicName, IsAsPubSubAsks) {
  for (const std::string& name : {"abc", "order-service-cqrs-event", "A1-._~+%"}) {
    EXPECT_TRUE(check(TopicConfig{name})) << name;
  }
  EXPECT_TRUE(check(TopicConfig{std::string(255, 'a')}));
  for (const std::string& name : {"", "ab", "1abc", "-abc", "a b", "a/b", "abc\n", "äbc"}) {
    const auto checked = check(TopicConfig{name});
    ASSERT_FALSE(checked) << name;
    EXPECT_EQ(checked.error().field, "topic");
  }
  EXPECT_FALSE(check(TopicConfig{std::string(256, 'a')}));
}

TEST(SubscriptionSettings, NameTheFieldThatIsWrong) {
  const SubscriptionConfig good{.name = "sub", .topic = "topic"};
  EXPECT_TRUE(check(good));
  const auto field_of = [](const SubscriptionConfig& config) {
    const auto checked = check(config);
    return checked ? std::string("(none)") : checked.error().field;
  };
  auto bad = good;
  bad.name = "";
  EXPECT_EQ(field_of(bad), "subscription");
  bad = good;
  bad.topic = "x";
  EXPECT_EQ(field_of(bad), "topic");
  bad = good;
  bad.ack_deadline = 0ms;
  EXPECT_EQ(field_of(bad), "ack_deadline");
  bad.ack_deadline = 601s;
  EXPECT_EQ(field_of(bad), "ack_deadline");
  bad = good;
  bad.retry.minimum = -1ms;
  EXPECT_EQ(field_of(bad), "minimum_backoff");
  bad.retry = {.minimum = 0ms, .maximum = 0ms};
  EXPECT_EQ(field_of(bad), "(none)") << "at once";
  bad.retry = {.minimum = 1s, .maximum = 601s};
  EXPECT_EQ(field_of(bad), "maximum_backoff");
  bad = good;
  bad.retry = {.minimum = 2s, .maximum = 1s};
  EXPECT_EQ(field_of(bad), "maximum_backoff");
  for (const auto retention : {std::chrono::seconds(599), std::chrono::seconds(31 * 86'400 + 1)}) {
    bad = good;
    bad.retention = retention;
    EXPECT_EQ(field_of(bad), "retention");
  }
  bad = good;
  bad.dead_letter = DeadLetterPolicy{"x", 5};
  EXPECT_EQ(field_of(bad), "dead_letter.topic");
  bad.dead_letter = DeadLetterPolicy{"topic", 5};
  EXPECT_EQ(field_of(bad), "dead_letter.topic") << "its own";
  bad.dead_letter = DeadLetterPolicy{"dead-letters", 101};
  EXPECT_EQ(field_of(bad), "dead_letter.max_delivery_attempts");
  bad = good;
  bad.filter = "nonsense";
  EXPECT_EQ(field_of(bad), "filter");
}

TEST(AttributesCodec, GivesBackWhatWasPutIn) {
  events::Attributes attributes;
  attributes.set("event_id", "1");
  attributes.set("a \"quoted\" name", "line\nbreak / ü");
  attributes.set("empty", "");
  EXPECT_EQ(decode_attributes(encode_attributes(attributes)), attributes);
  EXPECT_EQ(decode_attributes(encode_attributes({})), events::Attributes{});
}

TEST(AttributesCodec, RefusesWhatItDidNotMake) {
  for (const auto* text : {"", "[]", "{", R"({"a":1})", R"({"a":null})"}) {
    EXPECT_FALSE(decode_attributes(text)) << text;
  }
}

}  // namespace
}  // namespace orderly::broker
