// What a disk gives is not without end: what is no archive goes again, and a full disk refuses
// commands, loses nothing, and is left by itself when there is room.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <iostream>
#include <optional>
#include <set>
#include <string>

#include "json/value.hpp"
#include "simulation/customers.hpp"
#include "simulation/evidence.hpp"
#include "simulation/process.hpp"
#include "support/sanitized.hpp"
#include "telemetry/log.hpp"

namespace orderly::simulation {
namespace {

using namespace std::chrono_literals;
using http::Method;
using http::Response;
using runtime::Task;

constexpr std::string_view kTopic = "/v1/projects/orderly/topics/outsiders";
constexpr std::string_view kSubscription = "/v1/projects/orderly/subscriptions/outsiders";

/// Calls on a process, one after the other, each until it is answered.
class Caller {
 public:
  explicit Caller(Process& process) : process_(process) {}

  Response ask(Method method, std::string target, std::string body, std::string key = "") {
    http::Request request{.method = method, .target = std::move(target)};
    request.headers.add("Host", "localhost");
    request.headers.add("Content-Type", "application/json");
    if (!key.empty()) request.headers.add("Idempotency-Key", key);
    request.body = std::move(body);
    std::optional<Response> response;
    process_.clients().spawn("caller", dispatch(request, response));
    const bool answered = process_.loop().run_until([&] { return response.has_value(); },
                                                    process_.machine().clock.steady_now() + 2min);
    if (!answered) ADD_FAILURE() << request.target << " is not answered";
    return answered ? std::move(*response) : Response{.status = 0};
  }
  Response post(std::string_view target, std::string body, std::string key = "") {
    return ask(Method::kPost, std::string(target), std::move(body), std::move(key));
  }
  Response order(int number, std::string key = "") {
    return post("/api/v1/order/create",
                fmt::format(R"({{"customer_id":"customer-0","product_id":"product-0","number":{},)"
                            R"("order_date":"2026-12-01"}})",
                            number),
                std::move(key));
  }
  Response price(int price) {
    return post(
        "/api/v1/product/create",
        fmt::format(R"({{"product_id":"product-0","product_name":"Thing","unit_price":{}}})",
                    price));
  }
  void pass(std::chrono::nanoseconds time) {
    process_.loop().run_until([] { return false; }, process_.machine().clock.steady_now() + time);
  }

 private:
  Task<void> dispatch(const http::Request& request, std::optional<Response>& response) {
    response = co_await process_.router().dispatch(request);
  }

  Process& process_;
};

class BoundedDisk : public ::testing::Test {
 protected:
  BoundedDisk() {
    log::configure({.level = log::Level::kError, .sink = [](std::string_view) {}});
  }
  Machine machine_{1};
};

/// Publishes a message to a topic of outsiders, pulls it and acknowledges it.
void use_the_broker(Caller& caller, int number) {
  const auto published =
      caller.post(fmt::format("{}:publish", kTopic),
                  fmt::format(R"({{"messages":[{{"attributes":{{"number":"{}"}}}}]}})", number));
  ASSERT_EQ(published.status, 200) << published.content();
  const auto pulled = caller.post(fmt::format("{}:pull", kSubscription), R"({"maxMessages":10})");
  const auto body = json::Value::parse(pulled.content());
  ASSERT_TRUE(body && body->find("receivedMessages")) << pulled.content();
  const auto id = body->find("receivedMessages")->at(0).string_at("ackId");
  const auto done = caller.post(fmt::format("{}:acknowledge", kSubscription),
                                fmt::format(R"({{"ackIds":["{}"]}})", *id));
  ASSERT_EQ(done.status, 200) << done.content();
}

/// Orders with keys and messages of outsiders, for longer than keys are kept; how many bytes the
/// disk then holds once the process has ended.
std::uint64_t live(Machine& machine, int orders, std::chrono::minutes between, int first) {
  {
    Process process(machine);
    process.calm_down();
    Caller caller(process);
    caller.pass(1s);
    if (first == 0) {
      caller.ask(Method::kPut, std::string(kTopic), "{}");
      caller.ask(Method::kPut, std::string(kSubscription),
                 R"({"topic":"projects/orderly/topics/outsiders"})");
      EXPECT_EQ(caller.price(5).status, 200);
    }
    for (int i = first; i < first + orders; ++i) {
      EXPECT_EQ(caller.order(i + 1, fmt::format("key-{:08}", i)).status, 200);
      use_the_broker(caller, i);
      caller.pass(between);
    }
    process.loop().run_until([&] { return process.is_quiet(); },
                             machine.clock.steady_now() + 20min);
    EXPECT_TRUE(process.stop());
    machine.disk.crash();
  }
  machine.disk.restart(machine.random, testing::Loss::kNothing);
  return machine.disk.total_size();
}

TEST_F(BoundedDisk, an_order_costs_the_same_however_long_it_goes_on) {
  if (testing::kSanitized) GTEST_SKIP() << "the same bytes as without a sanitizer, after minutes";
  // The first life fills what expires or gets sparser: keys are kept for a day, which each life
  // outlasts, and of places in feeds the older ones are thinned out. A life is long enough for a
  // page more or less, which a file is rounded to, to be no matter.
  constexpr int kOrders = 2'000;
  constexpr std::chrono::minutes kBetween{2};
  const auto start = live(machine_, kOrders, kBetween, 0);
  const auto half = live(machine_, kOrders, kBetween, kOrders);
  const auto end = live(machine_, kOrders, kBetween, 2 * kOrders);
  const double first = static_cast<double>(half - start) / kOrders;
  const double second = static_cast<double>(end - half) / kOrders;
  std::cout << fmt::format("{:.0f} and {:.0f} bytes an order\n", first, second);
  EXPECT_NEAR(second / first, 1.0, 0.05);
}

TEST_F(BoundedDisk, a_full_one_refuses_commands_answers_queries_and_is_left_again) {
  Customers customers(machine_);
  Process process(machine_);
  process.calm_down();
  Caller caller(process);
  caller.pass(1s);
  ASSERT_EQ(caller.price(5).status, 200);
  process.clients().spawn("an order that is there", customers.order_new(process, 0));
  process.loop().run_until([&] { return process.is_quiet(); }, machine_.clock.steady_now() + 20min);
  ASSERT_EQ(customers.promised().orders.size(), 1U);
  caller.ask(Method::kPut, std::string(kTopic), "{}");
  const auto [id, order] = *customers.promised().orders.begin();

  machine_.disk.set_capacity(machine_.disk.total_size());
  // What a store has of its log already may still be written once.
  std::set<int> refused;
  const auto expect_refusal = [&](const char* what, int status, const auto& command) {
    Response response{.status = 200};
    for (int tries = 0; tries < 2'000 && response.status == 200; ++tries)
      response = command(tries);
    EXPECT_EQ(response.status, status) << what << ": " << response.content();
    EXPECT_TRUE(response.headers.find("Retry-After")) << what;
    EXPECT_NE(response.content().find("no room to store"), std::string_view::npos)
        << response.content();
  };
  expect_refusal("a price", 507, [&](int i) { return caller.price(i); });
  // Routes that speak Google's JSON have its codes: RESOURCE_EXHAUSTED is 429.
  expect_refusal("a job", 429, [&](int i) {
    return caller.post("/v1/projects/orderly/locations/local/jobs",
                       fmt::format(R"({{"name":"projects/orderly/locations/local/jobs/j{}",)"
                                   R"("schedule":"0 0 1 1 *","httpTarget":{{"uri":"http://h/"}}}})",
                                   i));
  });
  expect_refusal("a message", 429, [&](int) {
    return caller.post(fmt::format("{}:publish", kTopic), R"({"messages":[{"data":"aGVsbG8="}]})");
  });
  const auto order_body =
      R"({"customer_id":"customer-5","product_id":"product-0","number":999999})";
  int taken = 0;
  expect_refusal("an order", 507, [&](int) {
    auto response = caller.post("/api/v1/order/create", order_body);
    taken += response.status == 200 ? 1 : 0;
    return response;
  });

  const auto seen = caller.post(
      "/api/v1/orderinfo/get",
      fmt::format(R"({{"customer_id":"{}","order_id":"{}"}})", order.customer_id.value, id));
  EXPECT_EQ(seen.status, 200) << "reads go on: " << seen.content();
  EXPECT_EQ(caller.ask(Method::kGet, "/api/v1/order/events?after=0&wait=0", "").status, 200);

  machine_.disk.set_capacity(std::nullopt);
  caller.pass(2min);  // back-offs end
  EXPECT_EQ(caller.post("/api/v1/order/create", order_body).status, 200);
  EXPECT_EQ(caller.price(7).status, 200);
  const bool quiet = process.loop().run_until([&] { return process.is_quiet(); },
                                              machine_.clock.steady_now() + 20min);
  EXPECT_TRUE(quiet) << "it does not come to rest after the disk was full";
  EXPECT_EQ(process.platform().read_model()->progress().head, taken + 2)
      << "all that was taken is visible, once";
}

}  // namespace
}  // namespace orderly::simulation
