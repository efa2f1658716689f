#include "broker/embedded/store.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>
#include <string>
#include <vector>

#include "broker/embedded/schema.hpp"
#include "support/sim_disk.hpp"
#include "support/sim_loop.hpp"
#include "support/sim_vfs.hpp"

namespace orderly::broker {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Uuid kEpoch = *Uuid::parse("0190b3a0-0000-7000-8000-000000000001");

class StoreTest : public ::testing::Test {
 protected:
  Store open() { return {options_, kEpoch, clock_}; }

  std::vector<MessagePtr> messages(int count) {
    std::vector<MessagePtr> made;
    for (int i = 0; i < count; ++i) {
      events::Message message;
      message.data = std::string(bytes_, 'x');
      made.push_back(std::make_shared<const events::Message>(std::move(message)));
    }
    return made;
  }

  std::size_t bytes_ = 1;
  SeededRandom random_{1};
  testing::SimClock clock_{UtcTime(std::chrono::seconds(1'700'000'000))};
  testing::SimDisk disk_;
  testing::SimVfs vfs_{"broker-store", disk_, clock_, random_};
  sqlite::OpenOptions options_{.path = "broker.db", .vfs = vfs_.name()};
};

/// A database that the first released schema left.
TEST_F(StoreTest, TakesOverADatabaseOfTheFirstSchema) {
  {
    sqlite::Connection connection(options_);
    const sqlite::Schema first{kSchema.name, kSchema.application_id,
                               std::span(kMigrations).first(1)};
    sqlite::migrate(connection, first, kEpoch);
    connection.exec(R"sql(
INSERT INTO topic VALUES (1, 'orders', 1, 9, x'00000000000000000000000000000001', 9,
                          x'00000000000000000000000000000002'),
                         (2, 'stored', 0, 3, x'00000000000000000000000000000000', 0,
                          x'00000000000000000000000000000000');
INSERT INTO message VALUES (2, 2, 5, 'key', '{"a":"1"}', x'41'), (2, 3, 6, '', '{}', x'42');
INSERT INTO subscription VALUES (1, 1, 'inside', NULL, 10000, 100, 60000, 1, 8),
                                (2, 2, 'pushed', 'http://h/p', 5000, 200, 3000, 0, 4);
INSERT INTO unacknowledged VALUES (2, 2, 'key', 5, 3, 1700000000000000, 'because');
)sql");
  }
  for (int opened = 0; opened < 2; ++opened) {
    Store store = open();
    const auto topics = store.topics();
    ASSERT_EQ(topics.size(), 2U);
    EXPECT_EQ(topics[0].head, 9);
    EXPECT_FALSE(topics[0].deleted);
    const auto subscriptions = store.subscriptions();
    ASSERT_EQ(subscriptions.size(), 2U);
    const auto& inside = subscriptions[0];
    EXPECT_TRUE(std::holds_alternative<InProcess>(inside.config.delivery));
    EXPECT_EQ(inside.progress.next, 8);
    EXPECT_TRUE(inside.config.filter.empty());
    EXPECT_FALSE(inside.config.dead_letter);
    EXPECT_EQ(inside.config.retention, std::chrono::days(7));
    EXPECT_FALSE(inside.config.retain_acknowledged);
    EXPECT_FALSE(inside.detached);
    const auto& pushed = subscriptions[1];
    EXPECT_EQ(std::get<Push>(pushed.config.delivery), Push{"http://h/p"});
    EXPECT_EQ(pushed.config.ack_deadline, std::chrono::seconds(5));
    EXPECT_FALSE(pushed.config.ordered);
    ASSERT_EQ(pushed.progress.held.size(), 1U);
    EXPECT_EQ(pushed.progress.held[0].rejections, 3);
    EXPECT_EQ(store.read(2, 1, 10).size(), 2U);
    EXPECT_EQ(store.first(2), 2);
  }
}

TEST_F(StoreTest, RemovesADeletedTopicInBoundedSteps) {
  Store store = open();
  const auto id = store.create_topic("stored", false);
  TopicState topic{.id = id, .name = "stored", .published = {}};
  for (int i = 0; i < 3; ++i) {
    const auto batch = messages(static_cast<int>(kMaxDropped) / 2);
    topic.head += static_cast<Position>(batch.size());
    store.append(topic, batch);
  }
  SubscriptionState state{
      .topic_id = id, .config = {.name = "sub", .topic = "stored"}, .progress = {}};
  const auto subscription = store.put_subscription(state, topic);
  store.delete_topic(id);
  EXPECT_TRUE(store.topics()[0].deleted);
  EXPECT_EQ(store.topics()[0].name, "stored");
  EXPECT_TRUE(store.subscriptions()[0].detached);
  const auto again = store.create_topic("stored", false);
  EXPECT_NE(again, id) << "the name is free at once";
  EXPECT_TRUE(store.purge());
  EXPECT_EQ(store.first(id), kMaxDropped + 1);
  EXPECT_TRUE(store.purge());
  EXPECT_FALSE(store.first(id));
  EXPECT_FALSE(store.purge());
  EXPECT_EQ(store.topics().size(), 2U) << "its subscription still names it";
  store.delete_subscription(subscription);
  EXPECT_FALSE(store.purge());
  EXPECT_EQ(store.topics().size(), 1U);
  EXPECT_THAT(store.subscriptions(), IsEmpty());
}

TEST_F(StoreTest, ReadsABoundedNumberOfBytes) {
  Store store = open();
  TopicState topic{.id = store.create_topic("stored", false), .name = "stored", .published = {}};
  bytes_ = kMaxReadBytes / 2 - 1;
  topic.head = 5;
  store.append(topic, messages(5));
  EXPECT_EQ(store.read(topic.id, 0, 5).size(), 2U);
  EXPECT_EQ(store.read(topic.id, 4, 5).size(), 1U);
}

}  // namespace
}  // namespace orderly::broker
