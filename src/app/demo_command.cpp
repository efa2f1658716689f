#include <cstdio>
#include <stdexcept>
#include <string>

#include "app/api_client.hpp"
#include "app/commands.hpp"

namespace orderly::app {
namespace {

constexpr const char* kLabQuery =
    "select product_name, sum(number) as total_number, sum(total_price) as revenue "
    "from cqrs_example.order_information group by product_name";

/// The lab's walk-through, call by call. Its writes carry idempotency keys, so that running the
/// demo again prints the same orders instead of placing more.
class Walkthrough {
 public:
  explicit Walkthrough(const std::string& url) : url_(url), api_(url) {}

  void run() {
    step("Create two products");
    write("product/create", "1",
          R"({"product_id":"product00001", "product_name":"Gaming Display", "unit_price": 500})");
    write("product/create", "2",
          R"({"product_id":"product00002", "product_name":"Web Camera", "unit_price": 100})");
    step("Retrieve a product");
    read("product/get", R"({"product_id":"product00001"})");
    step("Submit an order, and query it as soon as it is visible");
    const auto order =
        write("order/create", "3",
              R"({"customer_id":"customer01", "product_id": "product00001", "number":1})");
    const std::string order_id(order.string_at("order_id").value_or(""));
    read("orderinfo/get", R"({"customer_id":"customer01", "order_id": ")" + order_id + "\"}");
    step("Submit some more orders, of other dates");
    write("order/create", "4",
          R"({"customer_id":"customer01", "product_id": "product00002", "number":1, )"
          R"("order_date": "2021-02-14"})");
    write("order/create", "5",
          R"({"customer_id":"customer01", "product_id": "product00002", "number":1, )"
          R"("order_date": "2020-12-31"})");
    step("Retrieve the orders of a year, and of a month");
    read("orderinfo/list", R"({"customer_id":"customer01", "order_date": "2021"})");
    read("orderinfo/list", R"({"customer_id":"customer01", "order_date": "2020-12"})");
    step("Ask the warehouse for the sales of each product");
    std::printf("$ orderly sql \"%s\"\n", kLabQuery);
    wait_for_warehouse();
    std::fflush(stdout);
    run_sql({.url = url_, .query = kLabQuery});
  }

 private:
  static void step(const char* title) { std::printf("\n# %s\n", title); }

  json::Value write(const std::string& call, const std::string& key, const std::string& body) {
    http::Headers headers;
    headers.add("Idempotency-Key", "orderly-demo-" + key);
    auto response = show(call, body, std::move(headers));
    token_ = std::string(response.headers.find("Consistency-Token").value_or(""));
    return *json::Value::parse(response.body);
  }

  void read(const std::string& call, const std::string& body) {
    http::Headers headers;
    if (!token_.empty()) {
      headers.add("Consistency-Token", token_);
      headers.add("Prefer", "wait=10");
    }
    show(call, body, std::move(headers));
  }

  /// Makes the call and prints it with its answer.
  http::ClientResponse show(const std::string& call, const std::string& body,
                            http::Headers headers) {
    std::printf("$ POST /api/v1/%s %s\n", call.c_str(), body.c_str());
    auto response = api_.post("/api/v1/" + call, body, std::move(headers));
    const auto json = json::Value::parse(response.body);
    if (response.status != 200 || !json) {
      throw std::runtime_error(call + " was answered with " + std::to_string(response.status) +
                               ": " + message_of(response));
    }
    std::fputs(pretty(*json).c_str(), stdout);
    return response;
  }

  /// Until the newest write is in the warehouse.
  void wait_for_warehouse() {
    http::Headers headers;
    headers.add("Consistency-Token", token_);
    headers.add("Prefer", "wait=10");
    const auto response =
        api_.post("/api/v1/warehouse/query", R"({"query":"select 1"})", std::move(headers));
    if (response.status != 200) throw std::runtime_error(message_of(response));
  }

  std::string url_;
  ApiClient api_;
  std::string token_;
};

}  // namespace

int run_demo(const DemoOptions& options) {
  Walkthrough(options.url).run();
  return 0;
}

}  // namespace orderly::app
