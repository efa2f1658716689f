#include "selftest/census.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>

#include "events/http_feed.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace orderly::selftest {
namespace {

using namespace std::chrono_literals;
using events::OrderInfo;
using events::OrderInfoPut;
using events::OrderPlaced;
using events::ProductPut;
using events::Recorded;
using runtime::Task;
using Rows = std::map<std::string, OrderInfo>;  ///< by order_id

constexpr std::size_t kMostProblems = 20;
constexpr std::size_t kWarehousePage = 20'000;

http::Client open(runtime::EventLoop& loop, const std::string& url) {
  auto client = http::Client::open(loop, url, {.request_timeout = 60s});
  if (!client) throw Unavailable(client.error().message);
  return std::move(*client);
}

template <class Event>
Task<std::vector<Recorded<Event>>> read_all(runtime::EventLoop& loop, std::string url,
                                            std::string path) {
  auto client = open(loop, url);
  events::HttpFeed<Event> feed(client, std::move(path));
  std::vector<Recorded<Event>> all;
  Cursor cursor;
  for (;;) {
    const auto page = co_await feed.read(cursor, events::kMaxFeedPage, 0ms);
    if (!page) throw Unavailable("a feed refuses its reader: " + page.error().message);
    if (page->events.empty()) co_return all;
    cursor = events::cursor_after(*page);
    all.insert(all.end(), page->events.begin(), page->events.end());
  }
}

/// A row of the answer, whose columns are those of select().
std::optional<OrderInfo> row_of(const json::Value& row) {
  const auto text = [&](std::size_t i) { return std::string(row.at(i).as_string().value_or("")); };
  const auto number = [&](std::size_t i) { return row.at(i).as_int().value_or(-1); };
  const auto date = parse_date(text(7));
  if (row.size() != 8 || !date) return std::nullopt;
  return OrderInfo{{text(0)}, {text(1)}, {text(2)}, text(3),
                   number(4), number(5), number(6), *date};
}

constexpr const char* kCountRows =
    R"({"query":"SELECT count(*)::BIGINT FROM cqrs_example.order_information"})";

std::string select(const std::string& after) {
  std::string body;
  json::Writer(body)
      .begin_object()
      .member("query",
              fmt::format("SELECT order_id, customer_id, product_id, product_name, number, "
                          "unit_price, total_price, order_date FROM cqrs_example.order_information "
                          "WHERE order_id > $1 ORDER BY order_id LIMIT {}",
                          kWarehousePage))
      .key("parameters")
      .begin_array()
      .value(after)
      .end_array()
      .member("max_rows", kWarehousePage)
      .end_object();
  return body;
}

class Census {
 public:
  Census(const std::vector<OrderPlaced>& acknowledged, const std::set<Record::Attempt>* attempts)
      : acknowledged_(acknowledged), attempts_(attempts) {}

  Task<Counted> take(runtime::EventLoop& loop, Urls urls) {
    const auto products =
        co_await read_all<ProductPut>(loop, urls.product, "/api/v1/product/events");
    const auto orders = co_await read_all<OrderPlaced>(loop, urls.order, "/api/v1/order/events");
    check_feed(orders);
    expect_rows(orders, products);
    const Rows in_read_model = co_await visible(loop, urls.orderinfo);
    check_rows(in_read_model, "the read model");
    const Rows in_warehouse = co_await loaded(loop, urls.warehouse);
    check_rows(in_warehouse, "the warehouse");
    counted_.orders = orders.size();
    if (problems_ > counted_.problems.size()) {
      counted_.problems.push_back(
          fmt::format("… and {} more", problems_ - counted_.problems.size()));
    }
    co_return std::move(counted_);
  }

 private:
  void problem(std::string what) {
    if (++problems_ <= kMostProblems) counted_.problems.push_back(std::move(what));
  }

  void check_feed(const std::vector<Recorded<OrderPlaced>>& orders) {
    std::map<std::string, const OrderPlaced*> stored;
    std::set<Record::Attempt> made;
    Position expected = 0;
    for (const auto& order : orders) {
      const auto& id = order.data.order_id.value;
      if (order.position != ++expected) problem(fmt::format("position {} is missing", expected));
      if (!stored.emplace(id, &order.data).second) problem("the order " + id + " is there twice");
      const auto attempt = Record::of(order.data);
      if (!made.insert(attempt).second) {
        problem(fmt::format("{} sent its order {} once, and there are two", attempt.first,
                            attempt.second));
      }
      if (attempts_ != nullptr && !attempts_->contains(attempt)) {
        problem("nobody sent the order " + id);
      }
    }
    for (const auto& order : acknowledged_) {
      const auto found = stored.find(order.order_id.value);
      if (found == stored.end()) {
        problem("the acknowledged order " + order.order_id.value + " is lost");
      } else if (*found->second != order) {
        problem("the acknowledged order " + order.order_id.value + " has changed");
      }
    }
  }

  /// The newest version with time ≤ the order's, the first one where none was before.
  void expect_rows(const std::vector<Recorded<OrderPlaced>>& orders,
                   const std::vector<Recorded<ProductPut>>& products) {
    std::map<std::string, std::vector<const Recorded<ProductPut>*>> versions;
    for (const auto& version : products)
      versions[version.data.product_id.value].push_back(&version);
    for (const auto& order : orders) {
      const auto& of_product = versions[order.data.product_id.value];
      if (of_product.empty()) {
        problem("nobody made the product " + order.data.product_id.value);
        continue;
      }
      const auto later =
          std::ranges::upper_bound(of_product, order.accepted_at, {},
                                   [](const auto* version) { return version->accepted_at; });
      const ProductPut& price = (later == of_product.begin() ? *later : *std::prev(later))->data;
      const auto& data = order.data;
      expected_.emplace(data.order_id.value,
                        OrderInfo{data.order_id, data.customer_id, data.product_id,
                                  price.product_name, data.number, price.unit_price,
                                  data.number * price.unit_price, data.order_date});
      counted_.revenue += data.number * price.unit_price;
    }
  }

  Task<Rows> visible(runtime::EventLoop& loop, std::string url) {
    const auto changes =
        co_await read_all<OrderInfoPut>(loop, std::move(url), "/api/v1/orderinfo/changes");
    Rows rows;
    for (const auto& change : changes) {
      const auto& info = change.data.info;
      const bool is_new = rows.insert_or_assign(info.order_id.value, info).second;
      if (!is_new && !change.data.replaces) {
        problem("the read model has the order " + info.order_id.value + " twice");
      }
    }
    co_return rows;
  }

  Task<Rows> loaded(runtime::EventLoop& loop, std::string url) {
    auto client = open(loop, url);
    Rows rows;
    std::string last;
    for (;;) {
      const auto page = co_await query(client, select(last));
      for (std::size_t i = 0; i < page.size(); ++i) {
        auto row = row_of(page.at(i));
        if (!row) throw Unavailable("the warehouse says " + page.at(i).to_json());
        last = row->order_id.value;
        if (!rows.emplace(last, std::move(*row)).second) {
          problem("the warehouse has the order " + last + " twice");
        }
      }
      if (page.size() < kWarehousePage) break;
    }
    // A double that lies across two pages is in neither.
    const auto count = co_await query(client, kCountRows);
    if (count.at(0).at(0).as_int() != static_cast<std::int64_t>(rows.size())) {
      problem("the warehouse has more rows than orders");
    }
    co_return rows;
  }

  static Task<json::Value> query(http::Client& client, std::string body) {
    http::ClientRequest request{.method = http::Method::kPost,
                                .target = "/api/v1/warehouse/query",
                                .body = std::move(body)};
    const auto answer = co_await client.send(std::move(request));
    const auto parsed = json::Value::parse(answer.body);
    const auto rows = parsed ? parsed->find("rows") : std::nullopt;
    if (answer.status != 200 || !rows) throw Unavailable("the warehouse says " + answer.body);
    co_return *rows;
  }

  void check_rows(const Rows& rows, const char* where) {
    std::int64_t revenue = 0;
    for (const auto& [id, row] : rows) {
      revenue += row.total_price;
      const auto wanted = expected_.find(id);
      if (wanted == expected_.end()) {
        problem(fmt::format("{} has the order {} that is in no feed", where, id));
      } else if (wanted->second != row) {
        problem(fmt::format("{} has the order {} as {} at {}, not {} at {}", where, id,
                            row.product_name, row.unit_price, wanted->second.product_name,
                            wanted->second.unit_price));
      }
    }
    for (const auto& [id, row] : expected_) {
      if (!rows.contains(id)) problem(fmt::format("{} lacks the order {}", where, id));
    }
    if (revenue != counted_.revenue) {
      problem(fmt::format("{} sums to {}, the orders to {}", where, revenue, counted_.revenue));
    }
  }

  const std::vector<OrderPlaced>& acknowledged_;
  const std::set<Record::Attempt>* attempts_;
  Rows expected_;
  Counted counted_;
  std::size_t problems_ = 0;
};

}  // namespace

Task<Counted> count(runtime::EventLoop& loop, Urls urls,
                    const std::vector<OrderPlaced>& acknowledged,
                    const std::set<Record::Attempt>* attempts) {
  Census census(acknowledged, attempts);
  co_return co_await census.take(loop, std::move(urls));
}

}  // namespace orderly::selftest
