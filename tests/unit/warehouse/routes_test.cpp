#include "warehouse/routes.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>

#include "events/consistency_token.hpp"
#include "json/value.hpp"
#include "support/memory_warehouse.hpp"
#include "support/order_changes.hpp"
#include "support/sim_loop.hpp"
#include "warehouse/query_json.hpp"

namespace orderly::warehouse {
namespace {

using namespace std::chrono_literals;

/// Answers every query with one cell: how many rows there were.
class CountingWarehouse final : public Warehouse {
 public:
  runtime::Task<Cursor> loaded(std::string table) override {
    return stored.loaded(std::move(table));
  }
  runtime::Task<bool> load(Load load) override { return stored.load(std::move(load)); }
  runtime::Task<Result<QueryResult>> query(QueryRequest request) override {
    requests.push_back(request);
    if (request.sql == "bad") co_return invalid("query", "Parser Error: bad", "invalid_sql");
    if (request.sql == "busy") throw Unavailable("too many queries wait for the warehouse");
    ResultWriter writer({{"count", "BIGINT"}});
    writer.begin_row();
    writer.add(Cell(static_cast<std::int64_t>(stored.rows().size())));
    writer.end_row();
    co_return QueryResult{.json = writer.finish(), .position = stored.position().position};
  }

  runtime::Task<Cursor> loaded_beside(std::string table) override {
    return stored.loaded_beside(std::move(table));
  }
  runtime::Task<bool> put_in_place(std::string table, Cursor from, Cursor to) override {
    return stored.put_in_place(std::move(table), from, to);
  }
  runtime::Task<SecondTables> second(SecondCommand command) override {
    return stored.second(std::move(command));
  }
  runtime::Task<ComparedSecond> compare_second(CompareSecond request) override {
    return stored.compare_second(std::move(request));
  }
  runtime::Task<Saved> save_to(std::string file) override {
    return stored.save_to(std::move(file));
  }
  runtime::Task<Result<Exported>> export_to(ExportRequest request) override {
    return stored.export_to(std::move(request));
  }

  testing::MemoryWarehouse stored;
  std::vector<QueryRequest> requests;
};

/// A read model whose change log has a change for each order, but for what is parked.
class FakeSettledOrders final : public SettledOrders {
 public:
  explicit FakeSettledOrders(runtime::EventLoop& loop) : loop_(loop) {}

  runtime::Task<Result<Cursor>> settled(events::ConsistencyToken token,
                                        std::chrono::seconds wait) override {
    if (token.epoch != testing::cursor_at(1).epoch) {
      co_return failure(ErrorKind::kConflict, "epoch_conflict", "of another history");
    }
    const SteadyTime deadline = loop_.steady_now() + wait;
    for (;;) {
      const auto ticket = moved_.ticket();
      if (token.position <= settled_) co_return testing::cursor_at(head_);
      if (!co_await moved_.wait(loop_, ticket, deadline)) {
        co_return failure(ErrorKind::kUnavailable, "not_visible_yet", "not settled");
      }
    }
  }
  void settle(Position orders, Position head) {
    settled_ = orders;
    head_ = head;
    moved_.notify();
  }

 private:
  runtime::EventLoop& loop_;
  runtime::Signal moved_;
  Position settled_ = 0;
  Position head_ = 0;
};

class WarehouseRoutes : public ::testing::Test {
 protected:
  WarehouseRoutes() {
    add_routes(router_, {.loop = loop_,
                         .warehouse = warehouse_,
                         .own_writes = own_writes_,
                         .order_information = status_});
  }

  static http::Request request(std::string body) {
    http::Request request;
    request.method = http::Method::kPost;
    request.target = "/api/v1/warehouse/query";
    request.headers.add("Host", "127.0.0.1:8080");
    request.headers.add("Content-Type", "application/json");
    request.body = std::move(body);
    return request;
  }

  /// Begins to answer; `answer_` is set when it is there.
  void begin(http::Request request) {
    request_ = std::move(request);
    answer_.reset();
    boost::asio::co_spawn(loop_.executor(), router_.dispatch(request_),
                          [this](const std::exception_ptr& error, http::Response response) {
                            ASSERT_FALSE(error);
                            answer_ = std::move(response);
                          });
  }
  bool answered_within(std::chrono::nanoseconds time) {
    return loop_.run_until([this] { return answer_.has_value(); }, loop_.steady_now() + time);
  }
  http::Response ask(http::Request request) {
    begin(std::move(request));
    EXPECT_TRUE(answered_within(1min));
    return answer_.value_or(http::Response{});
  }
  void load(Position first, Position last, const Cursor& from) {
    boost::asio::co_spawn(loop_.executor(),
                          warehouse_.load(testing::order_load(testing::order_changes(first, last),
                                                              from, testing::cursor_at(last))),
                          [this, last](const std::exception_ptr&, bool loaded) {
                            EXPECT_TRUE(loaded);
                            status_.has_loaded(testing::cursor_at(last));
                          });
  }
  static http::Request with_token(std::string token) {
    auto made = request(R"({"query":"SELECT 1"})");
    made.headers.add("Consistency-Token", std::move(token));
    return made;
  }
  static std::string token_of(Position order) {
    return events::encode_token({.service = events::ConsistencyToken::Service::kOrder,
                                 .epoch = testing::cursor_at(1).epoch,
                                 .position = order,
                                 .subject = testing::order_change(order).data.info.order_id.value});
  }
  static std::string code_of(const http::Response& response) {
    const auto body = json::Value::parse(response.body);
    return body ? std::string(body->string_at("code").value_or("")) : response.body;
  }

  testing::SimClock clock_{UtcTime(1'700'000'000s)};
  testing::SimLoop loop_{clock_};
  telemetry::Metrics metrics_;
  http::Router router_{metrics_};
  CountingWarehouse warehouse_;
  LoadStatus status_;
  LoadStatus products_;
  FakeSettledOrders settled_{loop_};
  OwnWrites own_writes_{{.loop = loop_,
                         .orders = settled_,
                         .order_information = status_,
                         .product_versions = &products_}};
  http::Request request_;
  std::optional<http::Response> answer_;
};

TEST_F(WarehouseRoutes, answers_rows_with_position_and_lag) {
  status_.saw_source(7, 5, loop_.utc_now() - 1500ms);
  const auto response = ask(request(R"({"query":"SELECT 1","max_rows":5,"timeout_ms":100})"));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body,
            R"({"columns":[{"name":"count","type":"BIGINT"}],"rows":[[0]],"truncated":false,)"
            R"("position":0,"lag_ms":1500})");
  EXPECT_EQ(response.headers.find("Orderly-Position"), "0");
  EXPECT_EQ(response.headers.find("Orderly-Lag-Ms"), "1500");
  EXPECT_EQ(warehouse_.requests.at(0).max_rows, 5U);
  EXPECT_EQ(warehouse_.requests.at(0).timeout, 100ms);
}

TEST_F(WarehouseRoutes, an_unknown_lag_is_not_told) {
  const auto response = ask(request(R"({"query":"SELECT 1"})"));
  EXPECT_NE(response.body.find(R"("lag_ms":null)"), std::string::npos);
  EXPECT_EQ(response.headers.find("Orderly-Lag-Ms"), std::nullopt);
}

TEST_F(WarehouseRoutes, errors_are_problems) {
  EXPECT_EQ(ask(request("{}")).status, 400);
  const auto bad = ask(request(R"({"query":"bad"})"));
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(code_of(bad), "invalid_sql");
  const auto busy = ask(request(R"({"query":"busy"})"));
  EXPECT_EQ(busy.status, 503);
  EXPECT_TRUE(busy.headers.find("Retry-After").has_value());
}

TEST_F(WarehouseRoutes, its_prefix_says_what_it_is) {
  http::Request home;
  home.method = http::Method::kGet;
  home.target = "/warehouse-service-cqrs/";
  const auto response = ask(std::move(home));
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(
      response.body,
      R"({"service":"warehouse-service-cqrs","description":"Answers the shop owner in SQL."})");
}

TEST_F(WarehouseRoutes, only_this_machine_is_answered) {
  auto remote = request(R"({"query":"SELECT 1"})");
  remote.from_loopback = false;
  EXPECT_EQ(ask(std::move(remote)).status, 403);
  auto foreign = request(R"({"query":"SELECT 1"})");
  foreign.headers.add("Origin", "https://example.com");
  EXPECT_EQ(ask(std::move(foreign)).status, 403);
  EXPECT_TRUE(warehouse_.requests.empty());
}

TEST_F(WarehouseRoutes, a_token_with_prefer_wait_holds_the_query_until_the_order_is_there) {
  auto waiting = with_token(token_of(3));
  waiting.headers.add("Prefer", "wait=5");
  begin(std::move(waiting));
  EXPECT_FALSE(answered_within(2s));
  load(1, 2, Cursor{});
  settled_.settle(3, 3);
  EXPECT_FALSE(answered_within(1s));
  load(3, 4, testing::cursor_at(2));
  ASSERT_TRUE(answered_within(10ms));
  EXPECT_EQ(answer_->status, 200);
  EXPECT_NE(answer_->body.find(R"("rows":[[4]])"), std::string::npos);
}

TEST_F(WarehouseRoutes, a_token_of_a_parked_or_dead_order_is_passed_over) {
  load(1, 2, Cursor{});
  settled_.settle(3, 2);  // the third order has no row
  EXPECT_EQ(ask(with_token(token_of(3))).status, 200);
}

TEST_F(WarehouseRoutes, a_token_of_an_older_epoch_is_a_conflict) {
  events::ConsistencyToken token{.service = events::ConsistencyToken::Service::kOrder,
                                 .epoch = *Uuid::parse("00000000-0000-7000-8000-000000000001"),
                                 .position = 1,
                                 .subject = "order"};
  const auto order = ask(with_token(events::encode_token(token)));
  EXPECT_EQ(order.status, 409);
  EXPECT_EQ(code_of(order), "epoch_conflict");

  token.service = events::ConsistencyToken::Service::kProduct;
  products_.has_loaded(testing::cursor_at(5));
  const auto product = ask(with_token(events::encode_token(token)));
  EXPECT_EQ(product.status, 409);
  EXPECT_EQ(code_of(product), "epoch_conflict");
}

TEST_F(WarehouseRoutes, a_token_of_a_product_waits_for_the_products) {
  const events::ConsistencyToken token{.service = events::ConsistencyToken::Service::kProduct,
                                       .epoch = testing::cursor_at(1).epoch,
                                       .position = 5,
                                       .subject = "product"};
  products_.has_loaded(testing::cursor_at(4));
  EXPECT_EQ(ask(with_token(events::encode_token(token))).status, 503);
  products_.has_loaded(testing::cursor_at(5));
  EXPECT_EQ(ask(with_token(events::encode_token(token))).status, 200);
}

/// Nothing is asked of the store while queries wait, however many do.
TEST_F(WarehouseRoutes, waiting_for_a_write_takes_no_query_lane) {
  auto waiting = with_token(token_of(1));
  waiting.headers.add("Prefer", "wait=2");
  EXPECT_EQ(ask(std::move(waiting)).status, 503);
  EXPECT_TRUE(warehouse_.requests.empty());
}

TEST_F(WarehouseRoutes, when_the_time_is_up_it_is_503_or_the_state_as_it_stands) {
  auto strict = request(R"({"query":"SELECT 1"})");
  strict.headers.add("Consistency-Token", token_of(3));
  strict.headers.add("Prefer", "wait=2");
  begin(std::move(strict));
  EXPECT_FALSE(answered_within(1900ms));
  ASSERT_TRUE(answered_within(200ms));
  EXPECT_EQ(answer_->status, 503);
  EXPECT_EQ(code_of(*answer_), "not_visible_yet");

  auto lenient = request(R"({"query":"SELECT 1"})");
  lenient.headers.add("Consistency-Token", token_of(3));
  lenient.headers.add("Prefer", "wait=2, handling=lenient");
  EXPECT_EQ(ask(std::move(lenient)).status, 200);
}

TEST_F(WarehouseRoutes, a_token_without_prefer_is_not_waited_for_and_not_passed_over) {
  auto early = request(R"({"query":"SELECT 1"})");
  early.headers.add("Consistency-Token", token_of(1));
  const auto refused = ask(std::move(early));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(code_of(refused), "not_visible_yet");
  EXPECT_EQ(refused.headers.find("Retry-After"), "1");

  load(1, 1, Cursor{});
  settled_.settle(1, 1);
  auto after = request(R"({"query":"SELECT 1"})");
  after.headers.add("Consistency-Token", token_of(1));
  EXPECT_EQ(ask(std::move(after)).status, 200);
}

TEST_F(WarehouseRoutes, a_token_that_is_none_is_refused) {
  auto broken = request(R"({"query":"SELECT 1"})");
  broken.headers.add("Consistency-Token", "nonsense");
  EXPECT_EQ(ask(std::move(broken)).status, 400);
}

}  // namespace
}  // namespace orderly::warehouse
