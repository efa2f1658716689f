#include <gtest/gtest.h>

#include <string>

#include "base/text.hpp"
#include "events/message.hpp"

namespace orderly::events {
namespace {

/// A push request, recorded from Google's emulator.
constexpr std::string_view kRecorded =
    R"({"subscription":"projects\/proj\/subscriptions\/push1","message":{)"
    R"("publishTime":"2026-11-23T08:56:41.259Z","data":"Mg==",)"
    R"("publish_time":"2026-11-23T08:56:41.259Z","messageId":"2","attributes":{},)"
    R"("message_id":"2"}})";

PushEnvelope recorded() {
  PushEnvelope envelope;
  envelope.subscription = "projects/proj/subscriptions/push1";
  envelope.message.message_id = "2";
  envelope.message.data = "2";
  envelope.message.publish_time = *parse_rfc3339("2026-11-23T08:56:41.259Z");
  return envelope;
}

TEST(PushEnvelope, IsWrittenByteForByteAsPubSubDoes) {
  EXPECT_EQ(encode_push(recorded()), kRecorded);
}

TEST(PushEnvelope, HasOrderingKeyAndAttemptOnlyWhereThereIsOne) {
  PushEnvelope envelope = recorded();
  envelope.message.attributes.set("event_type", "order_create");
  envelope.message.attributes.set("path", "a/b\"\n");
  envelope.message.ordering_key = "order-1";
  envelope.delivery_attempt = 3;
  EXPECT_EQ(encode_push(envelope),
            R"({"subscription":"projects\/proj\/subscriptions\/push1","message":{)"
            R"("publishTime":"2026-11-23T08:56:41.259Z","data":"Mg==",)"
            R"("publish_time":"2026-11-23T08:56:41.259Z","messageId":"2",)"
            R"("attributes":{"event_type":"order_create","path":"a\/b\"\n"},)"
            R"("message_id":"2","orderingKey":"order-1"},"deliveryAttempt":3})");
}

TEST(PushEnvelope, WritesTimesWithNoDecimalsOrThreeOrSix) {
  const auto time_in = [](const char* time) {
    PushEnvelope envelope = recorded();
    envelope.message.publish_time = *parse_rfc3339(time);
    const std::string json = encode_push(envelope);
    const std::size_t begin = json.find("publishTime\":\"") + 14;
    return json.substr(begin, json.find('"', begin) - begin);
  };
  EXPECT_EQ(time_in("2021-01-18T20:00:00Z"), "2021-01-18T20:00:00Z");
  EXPECT_EQ(time_in("2021-01-18T20:00:00.120Z"), "2021-01-18T20:00:00.120Z");
  EXPECT_EQ(time_in("2021-01-18T20:00:00.000001Z"), "2021-01-18T20:00:00.000001Z");
}

TEST(PushEnvelope, GivesBackWhatWasPutIn) {
  PushEnvelope envelope = recorded();
  envelope.message.data = std::string("\0\xff binary / data", 15);
  envelope.message.attributes.set("event_id", "äöü/\\");
  envelope.message.ordering_key = "key";
  envelope.delivery_attempt = 5;
  const auto parsed = parse_push(encode_push(envelope));
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->message, envelope.message);
  EXPECT_EQ(parsed->subscription, envelope.subscription);
  EXPECT_EQ(parsed->delivery_attempt, 5);
}

TEST(PushEnvelope, IsReadAsTheEmulatorSentIt) {
  const auto parsed = parse_push(kRecorded);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->message, recorded().message);
  EXPECT_EQ(parsed->subscription, "projects/proj/subscriptions/push1");
  EXPECT_EQ(parsed->delivery_attempt, 0);
}

TEST(PushEnvelope, IsReadInEitherSpellingAndAnyOrder) {
  const auto snake = parse_push(
      R"({"delivery_attempt":2,"message":{"message_id":"7","publish_time":"2021-01-18T20:00:00Z",)"
      R"("ordering_key":"k"},"subscription":"s"})");
  ASSERT_TRUE(snake) << snake.error().message;
  EXPECT_EQ(snake->message.message_id, "7");
  EXPECT_EQ(snake->message.ordering_key, "k");
  EXPECT_EQ(format_rfc3339(snake->message.publish_time), "2021-01-18T20:00:00.000000Z");
  EXPECT_EQ(snake->delivery_attempt, 2);
  const auto camel = parse_push(
      R"({"message":{"messageId":"7","publishTime":"2021-01-18T20:00:00Z","orderingKey":"k"},)"
      R"("deliveryAttempt":2})");
  ASSERT_TRUE(camel) << camel.error().message;
  EXPECT_EQ(camel->message, snake->message);
}

TEST(PushEnvelope, MayLackDataAttributesAndTheRest) {
  const auto bare = parse_push(R"({"message":{}})");
  ASSERT_TRUE(bare) << bare.error().message;
  EXPECT_EQ(bare->message, Message{});
  const auto nulls = parse_push(R"({"message":{"data":null,"attributes":null,"messageId":null},)"
                                R"("subscription":null,"deliveryAttempt":null})");
  ASSERT_TRUE(nulls) << nulls.error().message;
  EXPECT_EQ(nulls->message, Message{});
}

TEST(PushEnvelope, MayHaveMembersThatNobodyKnows) {
  const auto parsed = parse_push(
      R"({"new":[1,{"a":null}],"message":{"data":"Mg==","encoding":"none","x":{}},"y":true})");
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_EQ(parsed->message.data, "2");
}

TEST(PushEnvelope, TakesTheUrlSafeAlphabet) {
  const auto parsed = parse_push(R"({"message":{"data":"-_-_"}})");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->message.data, "\xfb\xff\xbf");
}

TEST(PushEnvelope, IsRefusedWhereItIsNone) {
  const std::pair<const char*, const char*> kCases[] = {
      {"", ""},
      {"null", "message"},
      {"[]", "message"},
      {"\"message\"", "message"},
      {"{}", "message"},
      {R"({"message":null})", "message"},
      {R"({"message":"x"})", "message"},
      {R"({"message":[]})", "message"},
      {R"({"message":{"data":5}})", "data"},
      {R"({"message":{"data":"M"}})", "data"},
      {R"({"message":{"data":"M~=="}})", "data"},
      {R"({"message":{"data":"Mg==Mg=="}})", "data"},
      {R"({"message":{"attributes":[]}})", "attributes"},
      {R"({"message":{"attributes":{"a":1}}})", "attributes"},
      {R"({"message":{"attributes":{"a":null}}})", "attributes"},
      {R"({"message":{"messageId":2}})", "messageId"},
      {R"({"message":{"message_id":{}}})", "message_id"},
      {R"({"message":{"publishTime":"now"}})", "publishTime"},
      {R"({"message":{"orderingKey":false}})", "orderingKey"},
      {R"({"message":{},"subscription":1})", "subscription"},
      {R"({"message":{},"deliveryAttempt":"1"})", "deliveryAttempt"},
      {R"({"message":{},"deliveryAttempt":-1})", "deliveryAttempt"},
      {R"({"message":{},"deliveryAttempt":1.5})", "deliveryAttempt"},
  };
  for (const auto& [json, field] : kCases) {
    const auto parsed = parse_push(json);
    ASSERT_FALSE(parsed) << json;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalid) << json;
    EXPECT_EQ(parsed.error().field, field) << json;
  }
}

TEST(PushEnvelope, SurvivesWhatAnAttackerSends) {
  EXPECT_FALSE(parse_push(std::string(100'000, '[')));
  EXPECT_FALSE(parse_push(R"({"message":{"data":"Mg=="}}x)"));
  EXPECT_FALSE(parse_push("{\"message\":{\"messageId\":\"\xff\xfe\"}}"));
  EXPECT_FALSE(parse_push(std::string("{\"message\":{}}\0", 15)));
  std::string many = R"({"message":{"attributes":{)";
  for (int i = 0; i < 5000; ++i) {
    many += "\"a" + std::to_string(i) + "\":\"\",";
  }
  many.back() = '}';
  const auto flooded = parse_push(many + "}}");
  ASSERT_FALSE(flooded);
  EXPECT_EQ(flooded.error().field, "attributes");
  const std::string whole(kRecorded);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(parse_push(whole.substr(0, size))) << "cut off after " << size;
  }
}

TEST(PushEnvelope, TakesTenMebibytes) {
  PushEnvelope envelope = recorded();
  envelope.message.data = std::string(std::size_t{7} * 1024 * 1024, '\x7f');
  const auto parsed = parse_push(encode_push(envelope));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->message.data, envelope.message.data);
}

}  // namespace
}  // namespace orderly::events
