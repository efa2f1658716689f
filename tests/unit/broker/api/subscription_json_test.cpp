#include "broker/api/subscription_json.hpp"

#include <gtest/gtest.h>

#include "json/object_reader.hpp"

namespace orderly::broker::api {
using json::parse_document;
namespace {

using namespace std::chrono_literals;

constexpr const char* kTopicOnly = R"({"topic":"projects/orderly/topics/t-1"})";

const ResourceNames& names() {
  static const ResourceNames kNames("orderly");
  return kNames;
}

Result<SubscriptionConfig> parse(std::string_view body, std::string_view name = "sub") {
  return parse_subscription(parse_document(body).value(), name, names());
}

/// The settings behind a topic, as a body.
Result<SubscriptionConfig> parse_with(const std::string& settings) {
  return parse(R"({"topic":"projects/orderly/topics/t-1",)" + settings + "}");
}

std::string written(const SubscriptionConfig& config, bool detached = false, bool deleted = false) {
  std::string out;
  json::Writer writer(out);
  write_subscription(writer, {.config = config, .detached = detached, .topic_deleted = deleted},
                     names());
  return out;
}

TEST(SubscriptionJsonTest, DefaultsArePubSubs) {
  const auto config = parse(kTopicOnly);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->name, "sub");
  EXPECT_EQ(config->topic, "t-1");
  EXPECT_TRUE(std::holds_alternative<Pull>(config->delivery));
  EXPECT_EQ(config->ack_deadline, 10s);
  EXPECT_EQ(config->retention, std::chrono::days(7));
  EXPECT_FALSE(config->ordered);
  EXPECT_FALSE(config->retain_acknowledged);
  EXPECT_FALSE(config->dead_letter);
  EXPECT_EQ(config->start, StartAt::kHead);
  EXPECT_EQ(config->retry.maximum, 1ms) << "what is pulled comes again at once";
  EXPECT_EQ(written(*config),
            R"({"name":"projects/orderly/subscriptions/sub","topic":"projects/orderly/topics/t-1",)"
            R"("pushConfig":{},"ackDeadlineSeconds":10,"messageRetentionDuration":"604800s",)"
            R"("expirationPolicy":{},"state":"ACTIVE"})");
}

TEST(SubscriptionJsonTest, ReadsWhatTheNodeClientSends) {
  const auto config = parse(
      R"({"labels":{},"tags":{},"topic":"projects/orderly/topics/t-1","pushConfig":{"attributes":{},)"
      R"("pushEndpoint":"http://127.0.0.1:9/x","noWrapper":{"writeMetadata":true}},)"
      R"("ackDeadlineSeconds":30,"retainAckedMessages":true,"messageRetentionDuration":"86400s",)"
      R"("enableMessageOrdering":true,"expirationPolicy":{},"filter":"attributes:x",)"
      R"("deadLetterPolicy":{"deadLetterTopic":"projects/orderly/topics/dead","maxDeliveryAttempts":7},)"
      R"("retryPolicy":{"minimumBackoff":"10s","maximumBackoff":"600s"},)"
      R"("enableExactlyOnceDelivery":false})");
  ASSERT_TRUE(config) << config.error().message;
  const Push push{.url = "http://127.0.0.1:9/x", .unwrapped = true, .write_metadata = true};
  EXPECT_EQ(std::get<Push>(config->delivery), push);
  EXPECT_EQ(config->ack_deadline, 30s);
  EXPECT_TRUE(config->retain_acknowledged);
  EXPECT_EQ(config->retention, 86400s);
  EXPECT_TRUE(config->ordered);
  EXPECT_EQ(config->filter, "attributes:x");
  const DeadLetterPolicy dead{.topic = "dead", .max_delivery_attempts = 7};
  EXPECT_EQ(config->dead_letter, dead);
  EXPECT_EQ(config->retry.minimum, 10s);
  EXPECT_EQ(config->retry.maximum, 600s);
  EXPECT_EQ(
      written(*config),
      R"({"name":"projects/orderly/subscriptions/sub","topic":"projects/orderly/topics/t-1",)"
      R"("pushConfig":{"pushEndpoint":"http://127.0.0.1:9/x","noWrapper":{"writeMetadata":true}},)"
      R"("ackDeadlineSeconds":30,"retainAckedMessages":true,"messageRetentionDuration":"86400s",)"
      R"("enableMessageOrdering":true,"expirationPolicy":{},"filter":"attributes:x",)"
      R"("deadLetterPolicy":{"deadLetterTopic":"projects/orderly/topics/dead","maxDeliveryAttempts":7},)"
      R"("retryPolicy":{"minimumBackoff":"10s","maximumBackoff":"600s"},"state":"ACTIVE"})");
  EXPECT_TRUE(parse(written(*config))) << "what is answered can be sent back";
}

TEST(SubscriptionJsonTest, APushWithoutPolicyBacksOff) {
  const auto config = parse_with(R"("pushConfig":{"pushEndpoint":"http://h/"})");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->retry.minimum, 100ms);
  EXPECT_EQ(config->retry.maximum, 60s);
  EXPECT_EQ(written(*config).find("retryPolicy"), std::string::npos);
  EXPECT_EQ(parse_with(R"("retryPolicy":{})")->retry.minimum, 10s);
}

TEST(SubscriptionJsonTest, TellsWhatHasBecomeOfTheTopic) {
  const auto config = parse(kTopicOnly);
  EXPECT_NE(written(*config, true).find(R"("detached":true)"), std::string::npos);
  EXPECT_NE(written(*config, true, true).find(R"("topic":"_deleted-topic_")"), std::string::npos);
  SubscriptionConfig own = *config;
  own.delivery = InProcess{};
  EXPECT_NE(written(own).find(R"("pushEndpoint":"in-process")"), std::string::npos);
}

struct Refused {
  const char* settings;
  const char* field;
};

class RefusedSettings : public ::testing::TestWithParam<Refused> {};

TEST_P(RefusedSettings, AreNamed) {
  const auto config = parse_with(GetParam().settings);
  ASSERT_FALSE(config) << GetParam().settings;
  EXPECT_EQ(config.error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(config.error().field, GetParam().field);
  EXPECT_TRUE(config.error().message.starts_with(GetParam().field)) << config.error().message;
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusedSettings,
    ::testing::Values(
        Refused{R"("pushConfig":{"pushEndpoint":"http://h/","oidcToken":{}})",
                "pushConfig.oidcToken"},
        Refused{R"("pushConfig":{"pushEndpoint":"https://h/"})", "pushConfig.pushEndpoint"},
        Refused{R"("pushConfig":{"noWrapper":{}})", "pushConfig.noWrapper"},
        Refused{R"("pushConfig":{"attributes":{"x-goog-version":"v1beta1"}})",
                "pushConfig.attributes.x-goog-version"},
        Refused{R"("pushConfig":{"attributes":{"other":"1"}})", "pushConfig.attributes.other"},
        Refused{R"("enableExactlyOnceDelivery":true)", "enableExactlyOnceDelivery"},
        Refused{R"("expirationPolicy":{"ttl":"86400s"})", "expirationPolicy.ttl"},
        Refused{R"("labels":{"a":"b"})", "labels"},
        Refused{R"("bigqueryConfig":{})", "bigqueryConfig"},
        Refused{R"("cloudStorageConfig":{"bucket":"x"})", "cloudStorageConfig"},
        Refused{R"("messageTransforms":[{}])", "messageTransforms"},
        Refused{R"("detached":true)", "detached"},
        Refused{R"("ackDeadlineSeconds":9)", "ackDeadlineSeconds"},
        Refused{R"("ackDeadlineSeconds":601)", "ackDeadlineSeconds"},
        Refused{R"("messageRetentionDuration":"599s")", "messageRetentionDuration"},
        Refused{R"("messageRetentionDuration":"2678401s")", "messageRetentionDuration"},
        Refused{R"("retryPolicy":{"maximumBackoff":"601s"})", "retryPolicy.maximumBackoff"},
        Refused{R"("retryPolicy":{"minimumBackoff":"20s","maximumBackoff":"10s"})",
                "retryPolicy.minimumBackoff"},
        Refused{R"("deadLetterPolicy":{})", "deadLetterPolicy.deadLetterTopic"},
        Refused{R"("deadLetterPolicy":{"deadLetterTopic":"projects/orderly/topics/t-1"})",
                "deadLetterPolicy.deadLetterTopic"},
        Refused{R"("deadLetterPolicy":{"deadLetterTopic":"dead"})",
                "deadLetterPolicy.deadLetterTopic"},
        Refused{R"("deadLetterPolicy":{"deadLetterTopic":"projects/p/topics/dead"})",
                "deadLetterPolicy.deadLetterTopic"},
        Refused{R"("deadLetterPolicy":{"deadLetterTopic":"projects/orderly/topics/dead",)"
                R"("maxDeliveryAttempts":4})",
                "deadLetterPolicy.maxDeliveryAttempts"},
        Refused{R"("deadLetterPolicy":{"deadLetterTopic":"projects/orderly/topics/dead",)"
                R"("maxDeliveryAttempts":101})",
                "deadLetterPolicy.maxDeliveryAttempts"},
        Refused{R"("name":"projects/orderly/subscriptions/other")", "name"},
        Refused{R"("ackDeadline":10)", "ackDeadline"}));

TEST(SubscriptionJsonTest, RefusesNamesThatNobodyCanHave) {
  EXPECT_EQ(parse("{}").error().field, "topic");
  EXPECT_EQ(parse(R"({"topic":"t-1"})").error().field, "topic");
  EXPECT_EQ(parse(R"({"topic":"projects/other/topics/t-1"})").error().field, "topic");
  for (const char* name : {"ab", "1abc", "a/b", "goog-x", "a b c", "ab\xc3\xa4"})
    EXPECT_EQ(parse(kTopicOnly, name).error().field, "subscription") << name;
  EXPECT_TRUE(parse(kTopicOnly, std::string(255, 'a')));
  EXPECT_FALSE(parse(kTopicOnly, std::string(256, 'a')));
  EXPECT_EQ(parse_with(R"("filter":")" + std::string(257, 'x') + "\"").error().field, "filter");
}

Result<SubscriptionConfig> update(const std::string& settings, const std::string& mask,
                                  const SubscriptionConfig& current) {
  const std::string body = R"({"subscription":{"name":"projects/orderly/subscriptions/sub",)" +
                           settings + R"(},"updateMask":")" + mask + "\"}";
  return parse_update(parse_document(body).value(), current, names());
}

TEST(SubscriptionUpdateTest, ChangesWhatTheMaskNamesAndNothingElse) {
  const auto current = parse_with(R"("ackDeadlineSeconds":20,"retainAckedMessages":true)");
  const auto changed = update(
      R"("ackDeadlineSeconds":40,"messageRetentionDuration":"3600s","retainAckedMessages":false)",
      "ack_deadline_seconds,messageRetentionDuration", *current);
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ(changed->ack_deadline, 40s);
  EXPECT_EQ(changed->retention, 3600s);
  EXPECT_TRUE(changed->retain_acknowledged);
}

TEST(SubscriptionUpdateTest, WhatTheMaskNamesAndTheBodyLacksIsSetToItsDefault) {
  const auto current =
      parse_with(R"("retryPolicy":{"minimumBackoff":"1s"},"deadLetterPolicy":{"deadLetterTopic":)"
                 R"("projects/orderly/topics/dead"})");
  const auto changed = update(R"("filter":"")", "retryPolicy,deadLetterPolicy", *current);
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ(changed->retry.maximum, 1ms);
  EXPECT_FALSE(changed->dead_letter);
}

TEST(SubscriptionUpdateTest, WithoutItsPolicyAPushBacksOffAgain) {
  const auto current = parse_with(
      R"("pushConfig":{"pushEndpoint":"http://h/"},"retryPolicy":{"minimumBackoff":"1s"})");
  const auto changed = update(R"("filter":"")", "retryPolicy", *current);
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ(changed->retry.maximum, 60s);
}

TEST(SubscriptionUpdateTest, RefusesWhatCannotBeChanged) {
  const auto current = parse(kTopicOnly);
  for (const char* mask : {"filter", "topic", "name", "enable_message_ordering", "*", "detached",
                           "retryPolicy.minimumBackoff", "ackDeadlineSeconds,,labels", ""}) {
    const auto changed = update(R"("ackDeadlineSeconds":40)", mask, *current);
    ASSERT_FALSE(changed) << mask;
    EXPECT_EQ(changed.error().field, "updateMask") << mask;
  }
  EXPECT_EQ(update(R"("ackDeadlineSeconds":4)", "ackDeadlineSeconds", *current).error().field,
            "subscription.ackDeadlineSeconds");
}

TEST(PushChangeTest, SwitchesBetweenPushAndPullWithTheDefaultThatGoesWithIt) {
  const auto current = parse(kTopicOnly);
  const auto body = parse_document(R"({"pushConfig":{"pushEndpoint":"http://h/"}})");
  const auto pushed = parse_push_change(*body, *current);
  ASSERT_TRUE(pushed);
  EXPECT_EQ(std::get<Push>(pushed->delivery).url, "http://h/");
  EXPECT_EQ(pushed->retry.maximum, 60s);
  const auto pulled = parse_push_change(*parse_document(R"({"pushConfig":{}})"), *pushed);
  ASSERT_TRUE(pulled);
  EXPECT_TRUE(std::holds_alternative<Pull>(pulled->delivery));
  EXPECT_EQ(pulled->retry.maximum, 1ms);

  auto with_policy = *current;
  with_policy.retry = {5s, 6s};
  EXPECT_EQ(parse_push_change(*body, with_policy)->retry.minimum, 5s);
}

TEST(SeekTest, GoesToATime) {
  const auto target = parse_seek(*parse_document(R"({"time":"1970-01-01T00:00:01Z"})"));
  ASSERT_TRUE(target);
  EXPECT_EQ(std::get<UtcTime>(*target), UtcTime{1s});
  EXPECT_EQ(parse_seek(*parse_document("{}")).error().field, "time");
  EXPECT_EQ(parse_seek(*parse_document(R"({"time":"today"})")).error().field, "time");
  EXPECT_EQ(parse_seek(*parse_document(R"({"snapshot":"x"})")).error().field, "snapshot");
}

}  // namespace
}  // namespace orderly::broker::api
