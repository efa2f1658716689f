#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <sstream>
#include <string>

#include "base/random.hpp"
#include "broker/embedded/embedded_broker.hpp"
#include "broker/embedded/topic.hpp"
#include "conformance/broker_conformance.hpp"
#include "conformance/broker_test_kit.hpp"
#include "support/sim_disk.hpp"
#include "support/sim_loop.hpp"
#include "support/sim_vfs.hpp"

namespace orderly::testing {
namespace {

enum class Topics : std::uint8_t { kStored, kViews };

/// The embedded broker on a simulated disk under virtual time.
class EmbeddedWorld final : public BrokerWorld {
 public:
  explicit EmbeddedWorld(Topics topics) : topics_(topics) { open(); }
  ~EmbeddedWorld() override { close(); }

  broker::Broker& broker() override { return *broker_; }
  broker::Topology& topology() override { return *broker_; }
  broker::Puller& puller() override { return *broker_; }
  broker::DeadLetters& dead_letters() override { return *broker_; }
  runtime::EventLoop& loop() override { return *loop_; }
  bool run_until(const std::function<bool()>& done, std::chrono::milliseconds patience) override {
    return loop_->run_until(done, loop_->steady_now() + patience);
  }

  void make_topic(const std::string& name) override {
    if (topics_ == Topics::kViews) {
      ASSERT_TRUE(broker_->create_view({name}, source(name)));
    } else {
      ASSERT_TRUE(run(broker_->create_topic({name})));
    }
  }
  void make_stored_topic(const std::string& name) override {
    ASSERT_TRUE(run(broker_->create_topic({name})));
  }
  std::map<std::string, double> metrics_of(const std::string& subscription) override {
    const std::string label = "{subscription=\"" + subscription + "\"} ";
    std::map<std::string, double> values;
    std::istringstream lines(metrics_->expose());
    for (std::string line; std::getline(lines, line);) {
      const auto at = line.find(label);
      if (at == std::string::npos) continue;
      values[line.substr(0, at)] = std::stod(line.substr(at + label.size()));
    }
    return values;
  }
  events::Message next_event(const std::string& topic, const std::string& key) override {
    return source(topic).append(key);
  }
  void serve(const std::string& url, std::shared_ptr<broker::Endpoint> endpoint) override {
    endpoints_[url] = std::move(endpoint);
  }
  void restart() override {
    close();
    open();
  }
  void crash() override {
    disk_.crash();
    loop_.reset();
    broker_.reset();
    disk_.restart(random_, power_failure(random_));
    open();
  }

  MemorySource& source(const std::string& topic) { return sources_[topic]; }
  sqlite::OpenOptions database() const { return {.path = "broker.db", .vfs = vfs_.name()}; }
  template <class T>
  T run(runtime::Task<T> task) {
    return run_task<T>(
        *loop_, [this](const auto& done) { return run_until(done, std::chrono::minutes(5)); },
        std::move(task));
  }

 private:
  void open() {
    loop_ = std::make_unique<SimLoop>(clock_);
    // As a new process: its counters start anew.
    metrics_ = std::make_unique<telemetry::Metrics>();
    auto make_endpoint =
        [this](
            const broker::SubscriptionConfig& config) -> Result<std::shared_ptr<broker::Endpoint>> {
      return endpoints_.at(std::get<broker::Push>(config.delivery).url);
    };
    broker_ = std::make_unique<broker::EmbeddedBroker>(
        *loop_, broker::EmbeddedBroker::Options{database(), make_endpoint}, random_, *metrics_);
  }
  void close() {
    run(broker_->stop());
    broker_.reset();
    loop_.reset();
  }

  Topics topics_;
  SeededRandom random_{7};
  SimClock clock_{UtcTime(std::chrono::seconds(1'700'000'000))};
  SimDisk disk_;
  SimVfs vfs_{"broker-conformance", disk_, clock_, random_};
  std::map<std::string, MemorySource> sources_;
  std::map<std::string, std::shared_ptr<broker::Endpoint>> endpoints_;
  std::unique_ptr<telemetry::Metrics> metrics_;
  std::unique_ptr<SimLoop> loop_;
  std::unique_ptr<broker::EmbeddedBroker> broker_;
};

INSTANTIATE_TEST_SUITE_P(
    Embedded, BrokerConformance,
    ::testing::Values(
        BrokerAdapter{"StoredTopics",
                      [] { return std::make_unique<EmbeddedWorld>(Topics::kStored); }},
        BrokerAdapter{"Views", [] { return std::make_unique<EmbeddedWorld>(Topics::kViews); }}),
    BrokerConformance::name);

/// What only the embedded broker promises.
class EmbeddedBrokerTest : public ::testing::Test {
 protected:
  void make(EmbeddedWorld& world) {
    world.make_topic("orders");
    ASSERT_TRUE(world.run(world.broker().create_subscription(
        {.name = "sub", .topic = "orders", .start = broker::StartAt::kBeginning})));
  }
  void publish(EmbeddedWorld& world, int count) {
    std::vector<events::Message> messages;
    for (int i = 0; i < count; ++i) {
      messages.push_back(world.next_event("orders", ""));
    }
    ASSERT_TRUE(world.run(world.broker().publish("orders", std::move(messages))));
  }
  static std::int64_t stored_messages(const EmbeddedWorld& world) {
    sqlite::Connection connection(world.database());
    auto count = connection.prepare("SELECT count(*) FROM message");
    auto row = count.use();
    row.step();
    return row.int64(0);
  }
};

TEST_F(EmbeddedBrokerTest, KeepsStoredMessagesUntilEverySubscriptionHasAcknowledgedThem) {
  EmbeddedWorld world(Topics::kStored);
  make(world);
  ASSERT_TRUE(world.run(world.broker().create_subscription({.name = "late", .topic = "orders"})));
  Subscriber quick(world.loop());
  Subscriber late(world.loop());
  late.decide = [](const broker::Delivery& delivery) {
    return delivery.message->data == "3" && delivery.attempt < 4
               ? broker::Outcome::reject("not yet")
               : broker::Outcome::acknowledge();
  };
  ASSERT_TRUE(world.run(world.broker().attach("sub", quick)));
  ASSERT_TRUE(world.run(world.broker().attach("late", late)));
  world.broker().start();
  publish(world, 5);
  EXPECT_EQ(stored_messages(world), 5);
  ASSERT_TRUE(world.run_until([&] { return stored_messages(world) == 3; }, std::chrono::seconds(1)))
      << "the two before the one that is rejected can go";
  ASSERT_TRUE(
      world.run_until([&] { return stored_messages(world) == 0; }, std::chrono::minutes(5)));
  EXPECT_EQ(late.count("3"), 4);
}

TEST_F(EmbeddedBrokerTest, KeepsNothingWhereNobodySubscribes) {
  EmbeddedWorld world(Topics::kStored);
  world.make_topic("orders");
  world.broker().start();
  publish(world, 5);
  EXPECT_TRUE(
      world.run_until([&] { return stored_messages(world) == 0; }, std::chrono::seconds(1)));
}

TEST_F(EmbeddedBrokerTest, StoresNoMessageOfAView) {
  EmbeddedWorld world(Topics::kViews);
  make(world);
  publish(world, 5);
  EXPECT_EQ(stored_messages(world), 0);
}

/// Reads a feed of its own.
class Reader final : public broker::Follower {
 public:
  runtime::Task<void> follow(Cursor head) override {
    if (away) throw Unavailable("the reader is away");
    followed.push_back(head.position);
    co_return;
  }
  bool away = false;
  std::vector<Position> followed;
};

TEST_F(EmbeddedBrokerTest, AFollowerIsToldHowFarAViewGoesAndMessagesAreMadeForOthersOnly) {
  EmbeddedWorld world(Topics::kViews);
  make(world);
  ASSERT_TRUE(world.run(world.broker().create_subscription({.name = "other", .topic = "orders"})));
  Reader reader;
  auto& broker = dynamic_cast<broker::EmbeddedBroker&>(world.broker());
  ASSERT_TRUE(world.run(broker.attach_follower("sub", reader)));
  EXPECT_FALSE(world.run(broker.attach_follower("sub", reader))) << "it has one";
  broker.start();
  const auto advance = [&](int count) {
    for (int i = 0; i < count; ++i)
      world.next_event("orders", "");
    const auto after = *world.run(broker.last_published("orders"));
    const auto span =
        *world.run(world.source("orders").read_span(after, std::chrono::milliseconds(0)));
    const auto advanced = world.run(broker.advance("orders", after, span));
    EXPECT_FALSE(world.run(broker.advance("orders", after, span))) << "it has these";
    return advanced.has_value();
  };
  const auto backlog_of = [&](std::size_t index) { return broker.stats()[index].backlog; };
  ASSERT_TRUE(advance(3));
  ASSERT_TRUE(world.run_until([&] { return backlog_of(1) == 0; }, std::chrono::seconds(1)));
  EXPECT_EQ(reader.followed, (std::vector<Position>{3}));
  EXPECT_EQ(broker.stats()[1].acknowledged, 3);
  reader.away = true;
  ASSERT_TRUE(advance(2));
  EXPECT_FALSE(world.run_until([&] { return backlog_of(1) == 0; }, std::chrono::minutes(1)));
  EXPECT_EQ(broker.stats()[1].oldest, world.source("orders").time_of(4));
  reader.away = false;
  ASSERT_TRUE(world.run_until([&] { return backlog_of(1) == 0; }, std::chrono::minutes(2)));

  EXPECT_EQ(backlog_of(0), 5);
  Subscriber subscriber(world.loop());
  ASSERT_TRUE(world.run(broker.attach("other", subscriber)));
  ASSERT_TRUE(world.run_until([&] { return backlog_of(0) == 0; }, std::chrono::seconds(1)));
  EXPECT_EQ(subscriber.received.size(), 5);
  EXPECT_EQ(subscriber.received.front().data, "1");
  EXPECT_EQ(subscriber.received.back().data, "5");
  EXPECT_EQ(*world.run(broker.last_published("orders")),
            (*world.run(world.source("orders").read_span({}, std::chrono::milliseconds(0)))).to);
}

TEST_F(EmbeddedBrokerTest, SaysThatASourceHasAnotherHistoryAndGoesOnWhenItIsBack) {
  EmbeddedWorld world(Topics::kViews);
  make(world);
  publish(world, 5);
  const Uuid epoch = world.source("orders").epoch;
  world.source("orders").epoch = *Uuid::parse("0190b3a0-0000-7000-8000-00000000000f");
  world.restart();  // so that nothing is in memory any more
  world.make_topic("orders");
  Subscriber subscriber(world.loop());
  ASSERT_TRUE(world.run(world.broker().attach("sub", subscriber)));
  world.broker().start();
  ASSERT_TRUE(world.run_until([&] { return world.broker().stats()[0].source_conflict; },
                              std::chrono::seconds(1)));
  EXPECT_EQ(world.broker().stats()[0].backlog, 5);
  EXPECT_TRUE(subscriber.received.empty());
  world.source("orders").epoch = epoch;
  ASSERT_TRUE(world.run_until([&] { return subscriber.acknowledged.size() == 5; },
                              std::chrono::minutes(2)));
  EXPECT_FALSE(world.broker().stats()[0].source_conflict);
}

TEST_F(EmbeddedBrokerTest, WaitsForASourceThatIsAway) {
  EmbeddedWorld world(Topics::kViews);
  make(world);
  publish(world, 5);
  world.restart();
  world.make_topic("orders");
  world.source("orders").away = true;
  Subscriber subscriber(world.loop());
  ASSERT_TRUE(world.run(world.broker().attach("sub", subscriber)));
  world.broker().start();
  ASSERT_TRUE(
      world.run_until([&] { return world.source("orders").reads > 3; }, std::chrono::minutes(1)));
  EXPECT_TRUE(subscriber.received.empty());
  EXPECT_FALSE(world.broker().stats()[0].source_conflict);
  world.source("orders").away = false;
  EXPECT_TRUE(world.run_until([&] { return subscriber.acknowledged.size() == 5; },
                              std::chrono::minutes(2)));
}

/// The operator drops a letter that was rejected once more, while the message of another one, which
/// is to be kept with it, is still being read.
TEST_F(EmbeddedBrokerTest, ALetterMayGoWhileAnotherOneIsReadToBeKept) {
  EmbeddedWorld world(Topics::kViews);
  world.make_topic("orders");
  world.make_stored_topic("dead");
  ASSERT_TRUE(world.run(world.broker().create_subscription(
      {.name = "sub",
       .topic = "orders",
       .retry = {.minimum = std::chrono::milliseconds(1), .maximum = std::chrono::milliseconds(1)},
       .start = broker::StartAt::kBeginning,
       .dead_letter = broker::DeadLetterPolicy{"dead", 5}})));
  Subscriber first(world.loop());
  first.decide = [&](const broker::Delivery& delivery) {
    first.away = delivery.message->data == "2" && delivery.attempt == 4;
    return broker::Outcome::reject("no");
  };
  ASSERT_TRUE(world.run(world.broker().attach("sub", first)));
  world.broker().start();
  publish(world, 1);
  const auto letters = [&] { return world.broker().stats()[0].dead_letters; };
  ASSERT_TRUE(world.run_until([&] { return letters() == 1; }, std::chrono::minutes(1)));
  publish(world, 1);
  ASSERT_TRUE(world.run_until([&] { return first.away; }, std::chrono::minutes(1)));

  world.restart();  // so that nothing is in memory any more
  world.make_topic("orders");
  auto& source = world.source("orders");
  source.wait_on(world.loop());
  auto& dead_letters = world.dead_letters();
  ASSERT_TRUE(world.run(dead_letters.redrive_letters("sub", {1}, std::chrono::milliseconds(0))));
  world.run_until([] { return false; }, std::chrono::seconds(1));  // the other one's retry is due
  Subscriber second(world.loop());
  second.decide = [&](const broker::Delivery& delivery) {
    const bool is_rejected = delivery.message->data == "1" || delivery.message->data == "2";
    return is_rejected ? broker::Outcome::reject("no") : broker::Outcome::acknowledge();
  };
  second.hanging = true;
  ASSERT_TRUE(world.run(world.broker().attach("sub", second)));
  world.broker().start();
  ASSERT_TRUE(world.run_until([&] { return second.in_flight == 2; }, std::chrono::minutes(1)));
  for (std::size_t more = 0; more <= broker::kMaxTailMessages; more += 1000)
    publish(world, 1000);  // more than the topic remembers
  source.slow = std::chrono::seconds(1);
  second.let_go();
  ASSERT_TRUE(world.run_until([&] { return source.slow_reads == 1; }, std::chrono::minutes(1)));
  const auto dropped = world.run(dead_letters.drop_letters("sub", {1}));
  ASSERT_TRUE(dropped);
  EXPECT_EQ(dropped->at(0).fate, broker::LetterFate::kDropped);
  source.slow = std::chrono::milliseconds(0);
  ASSERT_TRUE(world.run_until([&] { return letters() == 1; }, std::chrono::minutes(1)));
  const auto kept = world.run(dead_letters.letters("sub", {.limit = 10}));
  ASSERT_TRUE(kept);
  ASSERT_EQ(kept->size(), 1U);
  EXPECT_EQ(kept->at(0).number, 2);
}

TEST_F(EmbeddedBrokerTest, NeverServesAViewAsAStoredTopic) {
  EmbeddedWorld world(Topics::kStored);
  world.make_topic("orders");
  auto& broker = dynamic_cast<broker::EmbeddedBroker&>(world.broker());
  const auto view = broker.create_view({"orders"}, world.source("orders"));
  ASSERT_FALSE(view);
  EXPECT_EQ(view.error().code, "topic_stores_messages");
}

TEST_F(EmbeddedBrokerTest, DoesNothingWhileThereIsNothingToDo) {
  EmbeddedWorld world(Topics::kViews);
  make(world);
  Subscriber subscriber(world.loop());
  ASSERT_TRUE(world.run(world.broker().attach("sub", subscriber)));
  world.broker().start();
  publish(world, 1);
  ASSERT_TRUE(world.run_until([&] { return subscriber.acknowledged.size() == 1; },
                              std::chrono::seconds(1)));
  world.run_until([] { return false; }, std::chrono::seconds(1));
  int rounds = 0;
  world.run_until(
      [&] {
        ++rounds;
        return false;
      },
      std::chrono::minutes(50));
  EXPECT_LE(rounds, 2) << "a timer or handler ran in an idle broker";
}

}  // namespace
}  // namespace orderly::testing
