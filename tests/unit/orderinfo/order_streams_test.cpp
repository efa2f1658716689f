#include "orderinfo/order_streams.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "runtime/task_group.hpp"
#include "unit/orderinfo/pipeline.hpp"

namespace orderly::orderinfo::testing {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// What a reader has made of the text of a stream.
struct Seen {
  std::vector<std::string> events;  ///< `order 3`, `warehouse 3`, `ready 0`, `reset other_history`
  std::string last_id;
  int heartbeats = 0;
  bool ended = false;
};

std::string member(const std::string& data, const std::string& name) {
  const auto at = data.find("\"" + name + "\":");
  if (at == std::string::npos) return {};
  const auto begin = at + name.size() + 3;
  return data.substr(begin, data.find_first_of(",}", begin) - begin);
}

void read_event(const std::string& text, Seen& seen) {
  std::string name;
  std::string data;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line == ":") ++seen.heartbeats;
    if (line.starts_with("id: ")) seen.last_id = line.substr(4);
    if (line.starts_with("event: ")) name = line.substr(7);
    if (line.starts_with("data: ")) data = line.substr(6);
  }
  if (name.empty()) return;
  const std::string what = member(data, name == "reset" ? "reason" : "position");
  seen.events.push_back(name + " " + what);
}

void read_piece(const std::string& piece, Seen& seen) {
  for (std::size_t begin = 0; begin < piece.size();) {
    const std::size_t end = piece.find("\n\n", begin) + 2;
    read_event(piece.substr(begin, end - begin), seen);
    begin = end;
  }
}

runtime::Task<void> read_stream(std::shared_ptr<http::BodyStream> stream, Seen& seen) {
  while (const auto piece = co_await stream->next())
    read_piece(*piece, seen);
  seen.ended = true;
}

class OrderStreamsTest : public ::testing::Test, protected Pipeline {
 protected:
  OrderStreamsTest() {
    products.put("p1", 500, at(1));
    open_service();
  }
  ~OrderStreamsTest() override { close_service(); }

  void open_service() {
    watch_.emplace(loop, *store, projector->news());
    streams_.emplace(
        loop, *store, *watch_, *metrics,
        LoadedChanges{.position = [this] { return loaded_; }, .moved = &loaded_moved_});
    readers_.emplace(loop);
  }
  void close_service() {
    readers_->stop();
    run(loop, readers_->join());
    run(loop, streams_->stop());
    run(loop, watch_->stop());
    readers_.reset();
    streams_.reset();
    watch_.reset();
  }

  std::shared_ptr<http::BodyStream> open(Seen& seen, const std::string& after = "",
                                         const std::string& customer = "c1") {
    auto stream = streams_->open(CustomerId{customer}, StreamId::parse(after));
    readers_->spawn("reader", read_stream(stream, seen));
    settle_down();
    return stream;
  }
  void settle_down() {
    loop.run_until([] { return false; }, loop.steady_now() + std::chrono::milliseconds(1));
  }
  /// An order becomes visible.
  void order(const std::string& customer = "c1") {
    auto event = order_event(orders.head() + 1, "p1", customer);
    orders.append(event);
    settle();
    settle_down();
  }
  void load(Position position) {
    loaded_ = position;
    loaded_moved_.notify();
    settle_down();
  }

  std::optional<Position> loaded_;
  runtime::Signal loaded_moved_;
  std::optional<ChangeWatch> watch_;
  std::optional<OrderStreams> streams_;
  std::optional<runtime::TaskGroup> readers_;
};

TEST_F(OrderStreamsTest, TellsACustomerOfItsOrdersFromNowOn) {
  order();
  Seen seen;
  open(seen);
  order();
  order("c2");
  order();
  EXPECT_THAT(seen.events, ElementsAre("ready 1", "order 2", "order 4"));
  EXPECT_EQ(seen.last_id, store->epoch().to_string() + ".4");
}

TEST_F(OrderStreamsTest, TellsOrdersAsTheyAreAndWhenTheyBecameVisible) {
  auto stream = streams_->open(CustomerId{"c1"}, std::nullopt);
  EXPECT_THAT(
      *run(loop, stream->next()),
      ::testing::MatchesRegex("retry: 2000\nid: [0-9a-f-]+\\.0\nevent: ready\n"
                              "data: \\{\"position\":0,\"warehouse_position\":null\\}\n\n"));
  order();
  const std::string event = *run(loop, stream->next());
  EXPECT_THAT(event, HasSubstr("event: order\ndata: {\"customer_id\":\"c1\",\"number\":2,"));
  EXPECT_THAT(event, HasSubstr(R"("total_price":1000,"unit_price":500,"state":"visible",)"
                               R"("position":1,"visible_at":"2021-01-18T)"));
  EXPECT_THAT(event, ::testing::EndsWith("Z\"}\n\n"));
}

TEST_F(OrderStreamsTest, WhatWasMissedIsToldFirstWithoutGapOrDouble) {
  Seen first;
  open(first)->end();
  settle_down();
  EXPECT_TRUE(first.ended);
  for (int i = 0; i < 700; ++i) {
    orders.append(order_event(orders.head() + 1, "p1", i % 2 == 0 ? "c1" : "c2"));
  }
  settle();
  Seen second;
  open(second, first.last_id);
  order();
  ASSERT_EQ(second.events.size(), 1U + 350 + 1);
  for (std::size_t i = 1; i <= 350; ++i)
    EXPECT_EQ(second.events[i], "order " + std::to_string(2 * i - 1));
  EXPECT_EQ(second.events.back(), "order 701");
}

TEST_F(OrderStreamsTest, APositionOutlivesTheProcess) {
  Seen first;
  open(first);
  order();
  close_service();
  const auto missed = place("p1", 50);
  restart();
  settle();
  open_service();
  Seen second;
  open(second, first.last_id);
  order();
  EXPECT_THAT(second.events, ElementsAre("ready 1", "order 2", "order 3"));
}

TEST_F(OrderStreamsTest, AnotherHistoryIsAReset) {
  order();
  const std::string epoch = store->epoch().to_string();
  for (const std::string& id : {epoch + ".2", uuid(1, 1).to_string() + ".1"}) {
    Seen seen;
    open(seen, id);
    EXPECT_THAT(seen.events, ElementsAre("reset \"other_history\"", "ready 1")) << id;
    EXPECT_EQ(seen.last_id, epoch + ".1");
  }
}

TEST_F(OrderStreamsTest, WhoMissedTooMuchIsToldSo) {
  Seen first;
  open(first)->end();
  for (std::size_t i = 0; i < kMaxReplayed + 300; ++i)
    orders.append(order_event(orders.head() + 1));
  while (settle() > 0) {
  }
  Seen seen;
  open(seen, first.last_id);
  EXPECT_EQ(seen.events.back(), "reset \"too_far_behind\"");
  EXPECT_LE(seen.events.size(), kMaxReplayed + kReplayPage + 2);
  order();
  EXPECT_EQ(seen.events.back(), "order " + std::to_string(kMaxReplayed + 301));
}

TEST_F(OrderStreamsTest, TellsWhenOrdersReachTheWarehouse) {
  loaded_ = 0;
  Seen seen;
  open(seen);
  order();
  order();
  EXPECT_THAT(seen.events, ElementsAre("ready 0", "order 1", "order 2"));
  load(1);
  EXPECT_EQ(seen.events.back(), "warehouse 1");
  load(2);
  EXPECT_EQ(seen.events.back(), "warehouse 2");
  order("c2");
  load(3);
  EXPECT_EQ(seen.events.size(), 5U) << "what others ordered does not wake it";
  Seen back;
  open(back, store->epoch().to_string() + ".0");
  EXPECT_THAT(back.events, ElementsAre("ready 0", "order 1", "order 2", "warehouse 3"));
}

TEST_F(OrderStreamsTest, AReplacedOrderIsToldAgainAndSaysSo) {
  Seen seen;
  open(seen);
  const auto placed = order_event(1);
  ProjectionBatch pushed;
  pushed.rows.push_back({.order = from_push(placed), .price = {"v1", 500}});
  ASSERT_TRUE(run(loop, store->apply(pushed)));
  auto changed = placed;
  changed.accepted_at += seconds(1);
  ProjectionBatch fed;
  fed.rows.push_back({.order = from_feed(changed), .price = {"v1", 500}});
  const auto applied = run(loop, store->apply(fed));
  ASSERT_TRUE(applied);
  projector->news().changed().notify();
  settle_down();
  ASSERT_EQ(applied->replaced, 1U);
  EXPECT_EQ(seen.events.back(), "order 2");
  const auto changes = store->changes_of(CustomerId{"c1"}, 0, 2, 10);
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_TRUE(changes[0].data.replaces);
}

TEST_F(OrderStreamsTest, AQuietStreamBeats) {
  Seen seen;
  open(seen);
  loop.run_until([] { return false; }, loop.steady_now() + seconds(46));
  EXPECT_EQ(seen.heartbeats, 3);
  EXPECT_EQ(seen.events.size(), 1U);
}

TEST_F(OrderStreamsTest, WhoDoesNotReadIsCutOffAndToldLater) {
  auto stream = streams_->open(CustomerId{"c1"}, std::nullopt);
  Seen seen;
  read_piece(*run(loop, stream->next()), seen);
  for (int i = 0; i < 2'000; ++i)
    orders.append(order_event(orders.head() + 1));
  while (settle() > 0) {
  }
  settle_down();
  EXPECT_FALSE(run(loop, stream->next()));
  stream.reset();
  Seen back;
  open(back, seen.last_id);
  EXPECT_EQ(back.events.size(), 2'001U);
}

TEST_F(OrderStreamsTest, NothingIsReadWhileNobodyWatches) {
  open_service();  // replaces one that nobody used: nothing runs in it
  for (int i = 0; i < 3; ++i)
    order();
  EXPECT_EQ(watch_->position(), 0);
  Seen seen;
  open(seen)->end();
  EXPECT_EQ(watch_->position(), 3);
}

TEST_F(OrderStreamsTest, AnIdIsExactlyWhatWasGiven) {
  const StreamId id{uuid(7, 7), 42};
  EXPECT_EQ(StreamId::parse(id.to_string()), id);
  const std::string epoch = id.epoch.to_string();
  for (const std::string& wrong :
       {std::string(), std::string("42"), epoch, epoch + ".", epoch + ".-1", epoch + ".+1",
        epoch + ".01", epoch + ".1 ", epoch + ".9223372036854775808", epoch + ":1",
        "X" + epoch.substr(1) + ".1", epoch + ".1\n"}) {
    EXPECT_FALSE(StreamId::parse(wrong)) << wrong;
  }
}

RC_GTEST_PROP(StreamIdProperty, OfAnyTextIsRefusedOrGivesTheSameText, (std::string text)) {
  const auto mutated =
      rc::gen::oneOf(rc::gen::just(text),
                     rc::gen::map(rc::gen::arbitrary<std::string>(), [](const std::string& tail) {
                       return "019a8f5e-5d3c-7c60-8f0c-0242ac120002." + tail;
                     }));
  const std::string input = *mutated;
  if (const auto id = StreamId::parse(input)) RC_ASSERT(id->to_string() == input);
}

struct Asked {
  const char* target;
  const char* last_event_id;
  const char* field;  ///< that is at fault; null: none
};

class StreamRequestTest : public ::testing::TestWithParam<Asked> {};

TEST_P(StreamRequestTest, IsReadOrNamesTheField) {
  http::Request request;
  request.target = GetParam().target;
  if (GetParam().last_event_id != nullptr) {
    request.headers.add("Last-Event-ID", GetParam().last_event_id);
  }
  const auto read = parse_stream_request(request);
  if (GetParam().field == nullptr) {
    EXPECT_TRUE(read);
  } else {
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().field, GetParam().field);
  }
}

constexpr const char* kId = "019a8f5e-5d3c-7c60-8f0c-0242ac120002.3";

INSTANTIATE_TEST_SUITE_P(
    Table, StreamRequestTest,
    ::testing::Values(
        Asked{"/s?customer_id=c1", nullptr, nullptr}, Asked{"/s?customer_id=c1", "", nullptr},
        Asked{"/s?customer_id=c1", kId, nullptr},
        Asked{"/s?customer_id=c1&after=", nullptr, nullptr},
        Asked{"/s?customer_id=c1&after=019a8f5e-5d3c-7c60-8f0c-0242ac120002.3", nullptr, nullptr},
        Asked{"/s", nullptr, "customer_id"}, Asked{"/s?customer_id=", nullptr, "customer_id"},
        Asked{"/s?customer_id=a&customer_id=b", nullptr, "customer_id"},
        Asked{"/s?customer_id=%00", nullptr, ""}, Asked{"/s?customer_id=c1", "42", "Last-Event-ID"},
        Asked{"/s?customer_id=c1&after=42", nullptr, "after"}));

TEST(StreamRequestTest, TheHeaderOutranksTheParameter) {
  http::Request request;
  request.target = std::string("/s?customer_id=c1&after=") + kId;
  request.headers.add("Last-Event-ID", "019a8f5e-5d3c-7c60-8f0c-0242ac120002.4");
  EXPECT_EQ(parse_stream_request(request)->after->position, 4);
  request.headers.add("Last-Event-ID", kId);
  EXPECT_EQ(parse_stream_request(request).error().field, "Last-Event-ID");
}

}  // namespace
}  // namespace orderly::orderinfo::testing
