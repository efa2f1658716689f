#include "event_publisher/relay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "conformance/broker_test_kit.hpp"
#include "event_publisher/routes.hpp"
#include "support/sim_loop.hpp"

namespace orderly::event_publisher {
namespace {

using orderly::testing::MemorySource;
using orderly::testing::run_task;
using orderly::testing::SimClock;
using orderly::testing::SimLoop;
using ::testing::HasSubstr;
using ::testing::Not;
using namespace std::chrono_literals;

constexpr auto kTopic = "order-service-cqrs-event";

/// A broker that keeps what it is given, and takes no care itself of what comes twice.
class RecordingBroker final : public broker::Broker {
 public:
  explicit RecordingBroker(runtime::EventLoop& loop) : loop_(loop) {}

  runtime::Task<Result<void>> publish(std::string topic,
                                      std::vector<events::Message> messages) override {
    EXPECT_EQ(topic, kTopic);
    if (away) throw Unavailable("the broker is away");
    if (refusal) co_return std::unexpected(*refusal);
    co_await loop_.sleep_for(publish_time);  // others may come in between
    for (const auto& message : messages) {
      published.push_back(message.data);
    }
    const auto& last = messages.back().attributes;
    last_ = {*Uuid::parse(*last.find("epoch")), std::stoll(*last.find("position")),
             *Uuid::parse(*last.find("event_id"))};
    co_return Result<void>();
  }
  runtime::Task<Result<Cursor>> last_published(std::string) override { co_return last_; }
  runtime::Task<Result<std::vector<Cursor>>> places(std::string) override {
    co_return std::vector<Cursor>{last_};
  }
  runtime::Task<Result<void>> take_back(std::string, Cursor to) override {
    taken_back.push_back(to);
    last_ = to;
    co_return Result<void>();
  }

  runtime::Task<Result<void>> create_topic(broker::TopicConfig) override {
    co_return Result<void>();
  }
  runtime::Task<Result<void>> create_subscription(broker::SubscriptionConfig) override {
    co_return Result<void>();
  }
  runtime::Task<Result<void>> attach(std::string, broker::Endpoint&) override {
    co_return Result<void>();
  }
  void start() override {}
  runtime::Task<void> stop() override { co_return; }
  [[nodiscard]] std::vector<broker::SubscriptionStats> stats() const override { return {}; }

  /// As after a crash that was faster than the broker's own disk.
  void forget_after(const Uuid& epoch, Position position) { last_ = {epoch, position, {}}; }

  std::vector<std::string> published;
  std::vector<Cursor> taken_back;
  bool away = false;
  std::optional<Error> refusal;
  std::chrono::milliseconds publish_time{1};

 private:
  runtime::EventLoop& loop_;
  Cursor last_;
};

class RelayTest : public ::testing::Test {
 protected:
  ~RelayTest() override { run(relay_.stop()); }

  template <class T>
  T run(runtime::Task<T> task) {
    return run_task<T>(
        loop_, [this](const auto& done) { return until(done, 5min); }, std::move(task));
  }
  bool until(const std::function<bool()>& done, std::chrono::milliseconds patience = 5min) {
    return loop_.run_until(done, loop_.steady_now() + patience);
  }
  bool until_published(std::size_t count, std::chrono::milliseconds patience = 5min) {
    return until([&] { return broker_.published.size() >= count; }, patience);
  }
  void append(int count) {
    for (int i = 0; i < count; ++i) {
      outbox_.append("key");
    }
  }
  static runtime::Task<void> append_forever(runtime::EventLoop& loop, MemorySource& outbox) {
    for (;;) {
      outbox.append("key");
      co_await loop.sleep_for(100us);
    }
  }
  static std::vector<std::string> numbers(int last) {
    std::vector<std::string> texts;
    for (int number = 1; number <= last; ++number) {
      texts.push_back(std::to_string(number));
    }
    return texts;
  }

  SimClock clock_{UtcTime(1'700'000'000s)};
  SimLoop loop_{clock_};
  SeededRandom random_{3};
  telemetry::Metrics metrics_;
  MemorySource outbox_{&loop_};
  RecordingBroker broker_{loop_};
  Relay relay_{loop_, outbox_, broker_, kTopic, random_, metrics_};
};

TEST_F(RelayTest, PublishesWhatIsThereAndWhatComes) {
  append(2500);
  relay_.start();
  ASSERT_TRUE(until_published(2500));
  append(1);
  ASSERT_TRUE(until_published(2501, 100ms)) << "woken by the outbox, not by a clock";
  EXPECT_EQ(broker_.published, numbers(2501));
}

TEST_F(RelayTest, ReadsNothingWhileThereIsNothingButLooksEveryMinute) {
  relay_.start();
  until([] { return false; }, 10min);
  EXPECT_GE(outbox_.reads, 10);
  EXPECT_LE(outbox_.reads, 50);
}

TEST_F(RelayTest, GoesOnWhereTheBrokerSaysAfterACrash) {
  append(10);
  broker_.forget_after(outbox_.epoch, 6);
  relay_.start();
  ASSERT_TRUE(until_published(4));
  until([] { return false; }, 1min);
  EXPECT_EQ(broker_.published, (std::vector<std::string>{"7", "8", "9", "10"}));
}

TEST_F(RelayTest, TriesAgainUntilTheBrokerIsBack) {
  append(3);
  broker_.away = true;
  relay_.start();
  until([] { return false; }, 1min);
  EXPECT_TRUE(broker_.published.empty());
  broker_.away = false;
  ASSERT_TRUE(until_published(3, 10s));
  EXPECT_EQ(broker_.published, numbers(3));
}

TEST_F(RelayTest, PublishesNowWithoutBeingStarted) {
  append(2500);
  EXPECT_EQ(run(relay_.publish_now()), 2500U);
  EXPECT_EQ(broker_.published, numbers(2500));
  EXPECT_EQ(run(relay_.publish_now()), 0U);
}

TEST_F(RelayTest, PublishesNothingTwiceHoweverManyAsk) {
  relay_.start();
  broker_.publish_time = 20ms;
  append(2500);
  std::size_t answered = 0;
  for (int caller = 0; caller < 20; ++caller) {
    boost::asio::co_spawn(loop_.executor(), relay_.publish_now(),
                          [&](const std::exception_ptr& error, std::size_t) {
                            EXPECT_FALSE(error);
                            EXPECT_EQ(broker_.published.size(), 2500U);
                            ++answered;
                          });
  }
  ASSERT_TRUE(until([&] { return answered == 20; }));
  EXPECT_EQ(broker_.published, numbers(2500));
}

TEST_F(RelayTest, EndsPublishNowThoughEventsKeepComing) {
  append(5);
  runtime::TaskGroup tasks(loop_);
  tasks.spawn("customers", append_forever(loop_, outbox_));
  const std::size_t published = run(relay_.publish_now());
  tasks.stop();
  run(tasks.join());
  EXPECT_GE(published, 5U);
  EXPECT_LT(published, 100U);
}

TEST_F(RelayTest, FailsPublishNowWhereTheBrokerOrTheOutboxIsAway) {
  append(3);
  broker_.away = true;
  EXPECT_THROW(run(relay_.publish_now()), Unavailable);
  broker_.away = false;
  outbox_.away = true;
  EXPECT_THROW(run(relay_.publish_now()), Unavailable);
  outbox_.away = false;
  EXPECT_EQ(run(relay_.publish_now()), 3U);
}

TEST_F(RelayTest, FailsPublishNowOnceItIsStopped) {
  append(3);
  run(relay_.stop());
  EXPECT_THROW(run(relay_.publish_now()), Unavailable);
  EXPECT_TRUE(broker_.published.empty());
}

TEST_F(RelayTest, GoesOnFromTheForkOfAnOutboxWithAnotherHistory) {
  append(3);
  relay_.start();
  ASSERT_TRUE(until_published(3));
  outbox_.epoch = *Uuid::parse("0190b3a0-0000-7000-8000-00000000000f");
  append(1);
  ASSERT_TRUE(until([&] { return broker_.taken_back.size() == 1; }));
  EXPECT_EQ(broker_.taken_back[0].epoch, outbox_.epoch);
  ASSERT_TRUE(until_published(4));
  EXPECT_FALSE(relay_.status().source_conflict);
  EXPECT_THAT(metrics_.expose(),
              HasSubstr("orderly_relay_forks_total{topic=\"order-service-cqrs-event\"} 1"));
}

TEST_F(RelayTest, RaisesAnAlarmWhereTheBrokerRefuses) {
  append(3);
  broker_.refusal = Error{ErrorKind::kConflict, "position_gap", "a gap", {}};
  EXPECT_THROW(run(relay_.publish_now()), Unavailable);
  EXPECT_TRUE(relay_.status().source_conflict);
  broker_.refusal.reset();
  EXPECT_EQ(run(relay_.publish_now()), 3U);
  EXPECT_FALSE(relay_.status().source_conflict);
}

TEST_F(RelayTest, KnowsTheAgeOfTheOldestEventThatWaits) {
  const std::string age = "orderly_outbox_age_seconds{topic=\"order-service-cqrs-event\"} ";
  EXPECT_THAT(metrics_.expose(), Not(HasSubstr(age))) << "unknown before the first look";
  run(relay_.publish_now());
  EXPECT_THAT(metrics_.expose(), HasSubstr(age + "0\n"));

  append(3);
  broker_.away = true;
  EXPECT_THROW(run(relay_.publish_now()), Unavailable);
  auto status = relay_.status();
  EXPECT_EQ(status.head, 3);
  EXPECT_EQ(status.published, 0);
  EXPECT_EQ(status.oldest_waiting, UtcTime(1'700'000'001s));
  clock_.jump(61s);
  EXPECT_THAT(metrics_.expose(), HasSubstr(age + "60"));

  outbox_.away = true;
  EXPECT_THROW(run(relay_.publish_now()), Unavailable);
  EXPECT_EQ(relay_.status().head, std::nullopt);
  EXPECT_THAT(metrics_.expose(), Not(HasSubstr(age))) << "the head is unknown, so is the lag";

  outbox_.away = broker_.away = false;
  run(relay_.publish_now());
  status = relay_.status();
  EXPECT_EQ(status.published, 3);
  EXPECT_FALSE(status.oldest_waiting);
  EXPECT_THAT(metrics_.expose(), HasSubstr(age + "0\n"));
  EXPECT_THAT(metrics_.expose(),
              HasSubstr("orderly_relay_published_total{topic=\"order-service-cqrs-event\"} 3"));
}

class RoutesTest : public RelayTest {
 protected:
  RoutesTest() { add_routes(router_, {&relay_}); }

  http::Response get(const std::string& target) {
    http::Request request;
    request.target = target;
    return run(router_.dispatch(request));
  }

  http::Router router_{metrics_};
};

TEST_F(RoutesTest, PublishAndSayFinished) {
  append(3);
  for (const auto* path : {"/api/v1/event/publish", "/event-publisher/api/v1/event/publish"}) {
    const auto response = get(path);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, "Finished.");
    EXPECT_EQ(response.content_type, http::kPlainText);
  }
  EXPECT_EQ(broker_.published, numbers(3));
}

TEST_F(RoutesTest, AnswerWithAnErrorWhereNothingCanBePublished) {
  append(3);
  broker_.away = true;
  const auto response = get("/api/v1/event/publish");
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.content_type, http::kProblemJson);
  EXPECT_TRUE(response.headers.find("Retry-After"));
}

TEST_F(RoutesTest, SayWhatThisIs) {
  const auto response = get("/event-publisher/");
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, R"({"service":"event-publisher",)"
                           R"("description":"Publishes the events of the services to topics.",)"
                           R"("topics":["order-service-cqrs-event"]})");
}

}  // namespace
}  // namespace orderly::event_publisher
