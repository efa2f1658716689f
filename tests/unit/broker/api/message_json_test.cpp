#include "broker/api/message_json.hpp"

#include <gtest/gtest.h>

#include "broker/api/write_list.hpp"
#include "http/list_page.hpp"
#include "json/object_reader.hpp"

namespace orderly::broker::api {
using http::ListPage;
using json::parse_document;
namespace {

using namespace std::chrono_literals;

Result<std::vector<events::Message>> publish(const std::string& message) {
  return parse_publish(parse_document(R"({"messages":[{"data":"AA=="},)" + message + "]}").value());
}

TEST(PublishJsonTest, ReadsMessages) {
  const auto messages = publish(
      R"({"data":"-__-Pw","attributes":{"b":"1","a":""},"orderingKey":"k","messageId":"7"})");
  ASSERT_TRUE(messages) << messages.error().message;
  ASSERT_EQ(messages->size(), 2);
  EXPECT_EQ(messages->at(0).data, std::string(1, '\0'));
  EXPECT_EQ(messages->at(1).data, "\xfb\xff\xfe?");
  EXPECT_EQ(messages->at(1).ordering_key, "k");
  EXPECT_EQ(*messages->at(1).attributes.find("b"), "1");
  EXPECT_EQ(messages->at(1).message_id, "") << "ids are given by the broker";
}

TEST(PublishJsonTest, NamesWhatIsWrong) {
  const std::string long_key(1025, 'k');
  const std::string long_name(257, 'n');
  const std::pair<std::string, const char*> table[] = {
      {"{}", "messages[1].data"},
      {R"({"orderingKey":"k"})", "messages[1].data"},
      {R"({"data":"*"})", "messages[1].data"},
      {R"({"data":7})", "messages[1].data"},
      {R"({"attributes":[]})", "messages[1].attributes"},
      {R"({"attributes":{"":"x"}})", "messages[1].attributes"},
      {R"({"attributes":{"googclient":"x"}})", "messages[1].attributes"},
      {R"({"attributes":{"x":1}})", "messages[1].attributes.x"},
      {R"({"attributes":{"x":")" + long_key + "\"}}", "messages[1].attributes.x"},
      {R"({"attributes":{")" + long_name + R"(":"x"}})", "messages[1].attributes"},
      {R"({"data":"AA==","orderingKey":")" + long_key + "\"}", "messages[1].orderingKey"},
      {R"({"data":"AA==","ordering":"x"})", "messages[1].ordering"},
      {"7", "messages[1]"},
  };
  for (const auto& [message, field] : table) {
    const auto messages = publish(message);
    ASSERT_FALSE(messages) << message;
    EXPECT_EQ(messages.error().field, field) << messages.error().message;
  }
  EXPECT_EQ(parse_publish(*parse_document("{}")).error().field, "messages");
  EXPECT_EQ(parse_publish(*parse_document(R"({"messages":[]})")).error().field, "messages");
}

TEST(PublishJsonTest, HasPubSubsLimits) {
  const auto many = [](std::size_t count) {
    std::string body = R"({"messages":[{"data":"AA=="})";
    for (std::size_t i = 1; i < count; ++i)
      body += R"(,{"data":"AA=="})";
    return parse_publish(*parse_document(body + "]}"));
  };
  EXPECT_EQ(many(1000)->size(), 1000);
  EXPECT_EQ(many(1001).error().field, "messages");

  const auto big = [](std::size_t groups) {  // of three bytes
    std::string body = R"({"messages":[{"data":")";
    body.append(groups * 4, 'A');
    return parse_publish(*parse_document(body + "\"}]}"));
  };
  EXPECT_TRUE(big(kMaxPublishBytes / 3));
  EXPECT_EQ(big(kMaxPublishBytes / 3 + 1).error().field, "messages");

  const auto attributes = [](std::size_t count) {
    std::string body = R"({"messages":[{"attributes":{"a0":"")";
    for (std::size_t i = 1; i < count; ++i)
      body += ",\"a" + std::to_string(i) + "\":\"\"";
    return parse_publish(*parse_document(body + "}}]}"));
  };
  EXPECT_TRUE(attributes(100));
  EXPECT_EQ(attributes(101).error().field, "messages[0].attributes");
}

TEST(PullJsonTest, AsksForAtLeastOneMessage) {
  EXPECT_EQ(parse_pull(*parse_document(R"({"maxMessages":2})"))->max, 2);
  EXPECT_FALSE(parse_pull(*parse_document(R"({"maxMessages":2})"))->return_immediately);
  const auto all =
      parse_pull(*parse_document(R"({"max_messages":"100000","returnImmediately":true})"));
  EXPECT_EQ(all->max, kMaxPull) << "as many as there are at once";
  EXPECT_TRUE(all->return_immediately);
  for (const char* bad : {"{}", R"({"maxMessages":0})", R"({"maxMessages":-1})"})
    EXPECT_EQ(parse_pull(*parse_document(bad)).error().field, "maxMessages");
}

TEST(PullJsonTest, AnswersAsPubSubDoes) {
  auto message = std::make_shared<events::Message>();
  message->message_id = "17";
  message->data = "2";
  message->ordering_key = "k";
  message->publish_time = UtcTime{1s};
  message->attributes.set("a", "b");
  const std::vector<PulledMessage> pulled{{.ack_id = "x", .message = message, .attempt = 3}};
  EXPECT_EQ(encode_pulled(pulled, true),
            R"({"receivedMessages":[{"ackId":"x","message":{"data":"Mg==","attributes":{"a":"b"},)"
            R"("messageId":"17","publishTime":"1970-01-01T00:00:01.000000Z","orderingKey":"k"},)"
            R"("deliveryAttempt":3}]})");
  EXPECT_EQ(encode_pulled(pulled, false).find("deliveryAttempt"), std::string::npos);
  EXPECT_EQ(encode_pulled({}, true), "{}");
  EXPECT_EQ(encode_message_ids({"1", "2"}), R"({"messageIds":["1","2"]})");
}

TEST(AckJsonTest, ReadsIdsAndDeadlines) {
  EXPECT_EQ(parse_acknowledge(*parse_document(R"({"ackIds":["a","b"]})"))->ack_ids,
            (std::vector<std::string>{"a", "b"}));
  for (const char* bad : {"{}", R"({"ackIds":[]})", R"({"ackIds":"a"})"})
    EXPECT_EQ(parse_acknowledge(*parse_document(bad)).error().field, "ackIds") << bad;
  EXPECT_EQ(parse_acknowledge(*parse_document(R"({"ackIds":["a",""]})")).error().field,
            "ackIds[1]");
  const auto later =
      parse_modify_ack_deadline(*parse_document(R"({"ackIds":["a"],"ackDeadlineSeconds":600})"));
  EXPECT_EQ(later->deadline, 600s);
  EXPECT_EQ(parse_modify_ack_deadline(*parse_document(R"({"ackIds":["a"]})"))->deadline, 0s);
  EXPECT_EQ(
      parse_modify_ack_deadline(*parse_document(R"({"ackIds":["a"],"ackDeadlineSeconds":601})"))
          .error()
          .field,
      "ackDeadlineSeconds");
}

std::string list(const std::string& query) {
  http::Request request;
  request.target = "/x?" + query;
  const auto page = ListPage::of(request);
  if (!page) return page.error().field;
  const std::vector<TopicInfo> topics{{.name = "aaa"}, {.name = "bbb"}, {.name = "ccc"}};
  return write_list(
      "topics", topics, *page, &TopicInfo::name,
      [](json::Writer& writer, const TopicInfo& topic) { writer.string(topic.name); });
}

TEST(ListTest, ComesInPages) {
  EXPECT_EQ(list("$alt=json%3Benum-encoding=int"), R"({"topics":["aaa","bbb","ccc"]})");
  EXPECT_EQ(list("pageSize=3"), R"({"topics":["aaa","bbb","ccc"]})");
  EXPECT_EQ(list("pageSize=100000"), R"({"topics":["aaa","bbb","ccc"]})");
  const std::string token = ListPage::token_after("bbb");
  EXPECT_EQ(list("pageSize=2"), R"({"topics":["aaa","bbb"],"nextPageToken":")" + token + "\"}");
  EXPECT_EQ(list("pageSize=2&pageToken=" + token), R"({"topics":["ccc"]})");
  EXPECT_EQ(list("pageToken=" + ListPage::token_after("ccc")), "{}");
  EXPECT_EQ(list("pageSize=-1"), "pageSize");
  EXPECT_EQ(list("pageToken=***"), "pageToken");
}

}  // namespace
}  // namespace orderly::broker::api
