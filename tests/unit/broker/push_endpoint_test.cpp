#include "broker/push_endpoint.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cctype>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "events/message.hpp"
#include "runtime/signal.hpp"
#include "unit/http/served.hpp"

namespace orderly::broker {
namespace {

using orderly::testing::Served;
using namespace std::chrono_literals;

constexpr auto kTrace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A subscriber behind a real server: it answers with the status that a message's data says.
class PushEndpointTest : public ::testing::Test {
 protected:
  struct Seen {
    std::string target, body, user_agent, content_type, traceparent;
  };

  PushEndpointTest()
      : served_([this](http::Router& router, runtime::EventLoop& loop) {
          for (const auto* path : {"/push", "/", "/unwrapped"}) {
            router.post(
                path, {.max_body_bytes = http::kMaxPushBody, .requires_json = false},
                [this, &loop](const http::Request& request) { return answer(request, loop); });
          }
        }) {}
  ~PushEndpointTest() override { release(); }

  void release() {
    released_ = true;
    release_.notify();
  }

  SubscriptionConfig config(const std::string& path = "/push") const {
    return {.name = "push-order-to-orderinfo",
            .topic = "order-service-cqrs-event",
            .delivery = Push{"http://127.0.0.1:" + std::to_string(served_.port) + path},
            .ack_deadline = 5s};
  }
  static Delivery delivery(const std::string& data) {
    auto message = std::make_shared<events::Message>();
    message->message_id = "17";
    message->data = data;
    message->ordering_key = "order-1";
    message->attributes.set("event_type", "order_create");
    message->attributes.set("traceparent", kTrace);
    message->publish_time = *parse_rfc3339("2021-01-18T20:00:00.000000Z");
    return {message, 1};
  }
  /// Delivers on the server's loop, where the endpoint lives and dies.
  std::vector<Outcome> deliver(const SubscriptionConfig& subscription,
                               const std::vector<Delivery>& batch) {
    return served_.run(deliver_on_loop(served_.loop, subscription, batch));
  }
  Outcome deliver(const std::string& data) { return deliver(config(), {delivery(data)})[0]; }
  SubscriptionConfig unwrapped(bool write_metadata) const {
    auto made = config("/unwrapped");
    auto& push = std::get<Push>(made.delivery);
    push.unwrapped = true;
    push.write_metadata = write_metadata;
    return made;
  }
  /// Of the last request to /unwrapped, by name in lower case.
  std::multimap<std::string, std::string> headers() {
    const std::lock_guard lock(mutex_);
    return headers_;
  }
  std::string header(const std::string& name) {
    const auto all = headers();
    const auto found = all.find(name);
    return found == all.end() ? "(none)" : found->second;
  }
  std::vector<Seen> seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

  Served served_;

 private:
  static runtime::Task<std::vector<Outcome>> deliver_on_loop(runtime::EventLoop& loop,
                                                             SubscriptionConfig subscription,
                                                             std::vector<Delivery> batch) {
    auto endpoint = PushEndpoint::open(loop, subscription);
    if (!endpoint) throw std::runtime_error(endpoint.error().message);
    co_return co_await (*endpoint)->deliver(batch);
  }

  runtime::Task<http::Response> answer(const http::Request& request, runtime::EventLoop& loop) {
    const auto header = [&](std::string_view name) {
      return std::string(request.header(name).value_or("(none)"));
    };
    {
      const std::lock_guard lock(mutex_);
      seen_.push_back({request.target, request.body, header("User-Agent"), header("Content-Type"),
                       header("traceparent")});
    }
    if (request.target == "/unwrapped") {
      const std::lock_guard lock(mutex_);
      headers_.clear();
      for (std::size_t i = 0; i < request.headers.size(); ++i) {
        const auto [name, value] = request.headers.at(i);
        headers_.emplace(lower(name), std::string(value));
      }
      co_return http::Response::text("", 200);
    }
    const auto envelope = events::parse_push(request.body);
    if (!envelope) co_return http::Response::text("no push request", 400);
    const std::string& data = envelope->message.data;
    if (data == "hang") co_await hang(loop);
    if (data == "huge") co_return http::Response::text(std::string(2 * kMaxPushAnswerBytes, 'x'));
    auto response = http::Response::text("", std::atoi(data.c_str()));
    if (response.status < 200) response.status = 200;
    if (response.status / 100 == 3) response.headers.add("Location", "/push");
    co_return response;
  }
  runtime::Task<void> hang(runtime::EventLoop& loop) {
    const auto ticket = release_.ticket();
    if (!released_) co_await release_.wait(loop, ticket, loop.steady_now() + 20s);
  }

  static std::string lower(std::string_view text) {
    std::string lowered(text);
    for (char& c : lowered) {
      c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    }
    return lowered;
  }

  runtime::Signal release_;
  std::atomic<bool> released_{false};
  std::mutex mutex_;
  std::vector<Seen> seen_;
  std::multimap<std::string, std::string> headers_;
};

TEST_F(PushEndpointTest, PostsTheGenuineRequest) {
  EXPECT_EQ(deliver("200"), Outcome::acknowledge());
  ASSERT_EQ(seen().size(), 1U);
  const Seen request = seen()[0];
  EXPECT_EQ(request.body,
            events::encode_push(
                {.message = *delivery("200").message,
                 .subscription = "projects/orderly/subscriptions/push-order-to-orderinfo"}));
  EXPECT_EQ(request.target, "/push");
  EXPECT_EQ(request.user_agent, "CloudPubSub-Google");
  EXPECT_EQ(request.content_type, "application/json");
  EXPECT_EQ(request.traceparent.substr(0, 35), std::string(kTrace).substr(0, 35));
}

TEST_F(PushEndpointTest, TakesUrlsWithAndWithoutPathAndQuery) {
  EXPECT_TRUE(deliver(config("/push?token=a/b"), {delivery("200")})[0].acknowledged);
  EXPECT_TRUE(deliver(config(""), {delivery("200")})[0].acknowledged);
  EXPECT_EQ(seen()[0].target, "/push?token=a/b");
  EXPECT_EQ(seen()[1].target, "/");
}

TEST_F(PushEndpointTest, AcknowledgesByStatus) {
  for (const int status : {200, 201, 202, 204}) {
    EXPECT_TRUE(deliver(std::to_string(status)).acknowledged) << status;
  }
  for (const int status : {203, 205, 206, 301, 302, 307, 400, 401, 404, 429, 500, 503}) {
    const Outcome outcome = deliver(std::to_string(status));
    EXPECT_FALSE(outcome.acknowledged) << status;
    EXPECT_NE(outcome.error.find(std::to_string(status)), std::string::npos);
  }
  EXPECT_EQ(seen().size(), 16U) << "no redirect is followed, nothing is sent twice";
}

TEST_F(PushEndpointTest, KnowsTheDocumentedStatuses) {
  for (int status = 100; status < 600; ++status) {
    const bool documented =
        status == 102 || status == 200 || status == 201 || status == 202 || status == 204;
    EXPECT_EQ(acknowledges(status), documented) << status;
  }
}

TEST_F(PushEndpointTest, RejectsWhatIsNotAnsweredWithinTheAckDeadline) {
  auto subscription = config();
  subscription.ack_deadline = 100ms;
  const auto before = std::chrono::steady_clock::now();
  const auto outcome = deliver(subscription, {delivery("hang")})[0];
  EXPECT_FALSE(outcome.acknowledged);
  EXPECT_FALSE(outcome.error.empty());
  EXPECT_GE(std::chrono::steady_clock::now() - before, 100ms);
}

TEST_F(PushEndpointTest, RejectsWhereNobodyListens) {
  std::uint16_t port = 0;
  {
    Served gone([](http::Router&, runtime::EventLoop&) {});
    port = gone.port;
  }
  auto subscription = config();
  subscription.delivery = Push{"http://127.0.0.1:" + std::to_string(port) + "/push"};
  EXPECT_FALSE(deliver(subscription, {delivery("200")})[0].acknowledged);
}

TEST_F(PushEndpointTest, RejectsAnAnswerWithoutEnd) { EXPECT_FALSE(deliver("huge").acknowledged); }

TEST_F(PushEndpointTest, AnswersEachOfABatch) {
  const auto outcomes = deliver(config(), {delivery("200"), delivery("500"), delivery("204")});
  ASSERT_EQ(outcomes.size(), 3U);
  EXPECT_TRUE(outcomes[0].acknowledged);
  EXPECT_FALSE(outcomes[1].acknowledged);
  EXPECT_TRUE(outcomes[2].acknowledged);
}

TEST_F(PushEndpointTest, TellsTheAttemptOnlyWithADeadLetterPolicy) {
  auto subscription = config();
  auto again = delivery("200");
  again.attempt = 3;
  deliver(subscription, {again});
  EXPECT_EQ(seen()[0].body.find("deliveryAttempt"), std::string::npos);
  subscription.dead_letter = DeadLetterPolicy{"dead-letters", 5};
  deliver(subscription, {again});
  EXPECT_EQ(events::parse_push(seen()[1].body)->delivery_attempt, 3);
}

TEST_F(PushEndpointTest, SendsTheDataAloneWhereItIsUnwrapped) {
  const std::string data("\x00\xff{}", 4);
  EXPECT_TRUE(deliver(unwrapped(false), {delivery(data)})[0].acknowledged);
  EXPECT_EQ(seen()[0].body, data);
  EXPECT_EQ(seen()[0].content_type, "application/octet-stream");
  EXPECT_EQ(seen()[0].user_agent, "CloudPubSub-Google");
  EXPECT_EQ(header("x-goog-pubsub-message-id"), "(none)");
  EXPECT_EQ(header("event_type"), "(none)");
}

TEST_F(PushEndpointTest, WritesMetadataAsHeaders) {
  auto subscription = unwrapped(true);
  subscription.dead_letter = DeadLetterPolicy{"dead-letters", 5};
  deliver(subscription, {delivery("x")});
  EXPECT_EQ(header("x-goog-pubsub-subscription-name"),
            "projects/orderly/subscriptions/push-order-to-orderinfo");
  EXPECT_EQ(header("x-goog-pubsub-message-id"), "17");
  EXPECT_EQ(header("x-goog-pubsub-publish-time"), "2021-01-18T20:00:00.000000Z");
  EXPECT_EQ(header("x-goog-pubsub-ordering-key"), "order-1");
  EXPECT_EQ(header("x-goog-pubsub-delivery-attempt"), "1");
  EXPECT_EQ(header("event_type"), "order_create");
}

TEST_F(PushEndpointTest, LetsNoAttributeChangeTheRequest) {
  auto message = std::make_shared<events::Message>(*delivery("body").message);
  message->ordering_key = "a\r\nx-evil: 1";
  message->attributes.set("Content-Type", "text/csv\r\nx-evil: 2");
  message->attributes.set("x", "1\r\nx-evil: 3");
  message->attributes.set("x-evil: 4\r\ny", "1");
  message->attributes.set("", "1");
  for (const auto* name : {"Host", "content-length", "Transfer-Encoding", "Connection", "Expect",
                           "x-goog-pubsub-message-id", "Authorization", "User-Agent"}) {
    message->attributes.set(name, "chunked");
  }
  message->attributes.set("huge", std::string(1024UL * 1024, 'h'));
  EXPECT_TRUE(deliver(unwrapped(true), {{message, 1}})[0].acknowledged);
  EXPECT_EQ(seen()[0].body, "body");
  EXPECT_EQ(header("x-evil"), "(none)");
  EXPECT_EQ(header("x"), "1  x-evil: 3");
  EXPECT_EQ(header("content-type"), "text/csv  x-evil: 2");
  EXPECT_EQ(header("x-goog-pubsub-message-id"), "17");
  EXPECT_EQ(headers().count("host"), 1U);
  EXPECT_EQ(header("huge"), "(none)");
  for (const auto& [name, value] : headers()) {
    EXPECT_NE(value, "chunked") << name;
  }
}

TEST(PushUrl, IsCheckedWhenTheEndpointIsMade) {
  const SystemClock clock;
  runtime::AsioEventLoop loop(clock);
  for (const auto* url : {"", "nonsense", "https://example.com/push", "ftp://h/p", "http://"}) {
    const auto endpoint =
        PushEndpoint::open(loop, {.name = "sub", .topic = "topic", .delivery = Push{url}});
    ASSERT_FALSE(endpoint) << url;
    EXPECT_EQ(endpoint.error().kind, ErrorKind::kInvalid) << url;
  }
  EXPECT_FALSE(PushEndpoint::open(loop, {.name = "sub", .topic = "topic"}));
}

}  // namespace
}  // namespace orderly::broker
