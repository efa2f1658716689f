#include "simulation/customers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/dates.hpp"
#include "events/consistency_token.hpp"
#include "events/message.hpp"
#include "json/value.hpp"

namespace orderly::simulation {

void Customers::forget_what_was_shown() {
  promised_.shown.clear();
  promised_.shown_late.clear();
  something_was_put_back_ = true;
}

void Customers::orders_were_put_back(const Memory& then) {
  for (const auto& [id, order] : promised_.orders) {
    if (!then.promised.orders.contains(id)) promised_.put_back.insert(id);
  }
  promised_.orders = then.promised.orders;
  promised_.keys = then.promised.keys;
  forget_what_was_shown();
}

void Customers::products_were_put_back(const Memory& then) {
  priced_ = then.priced;
  sold_with_price_ = then.sold_with_price;
  forget_what_was_shown();  // at prices that may be gone
}

void Customers::read_model_was_put_back(const Memory& then) {
  promised_.foreign = then.promised.foreign;
  forget_what_was_shown();
}

using namespace std::chrono_literals;
using http::Response;
using runtime::Task;

namespace {

constexpr Date kFirstDay{std::chrono::year{2026} / 12 / 1};
constexpr std::uint64_t kDays = 60;  // so that orders are of two years
constexpr const char* kYears[] = {"2026", "2027"};

ProductId product_id(std::uint64_t number) { return {fmt::format("product-{}", number)}; }

/// Nothing was done, or nobody knows whether it was: both may be tried again.
bool is_refusal(int status) { return status == 429 || status == 503 || status == 507; }

std::string body_of(const events::OrderPlaced& order) {
  return fmt::format(R"({{"customer_id":"{}","product_id":"{}","number":{},"order_date":"{}"}})",
                     order.customer_id.value, order.product_id.value, order.number,
                     format_date(order.order_date));
}

}  // namespace

// --- everybody -----------------------------------------------------------------------------------

Task<void> Customers::act(Process& process, int calls) {
  for (int done = 0; done < calls; ++done) {
    co_await process.loop().sleep_for(std::chrono::milliseconds(machine_.random.below(40)));
    co_await call_something(process);
  }
}

Task<void> Customers::call_something(Process& process) {
  switch (machine_.random.below(16)) {
    case 0:
    case 1:
    case 2:
      return put_product(process, machine_.random.below(kProducts - 1));
    case 3:
    case 4:
      return retry(process);
    case 5:
      return push_again(process);
    case 6:
      return push_foreign(process);
    case 7:
      return publish_now(process);
    case 8:
      return list_something(process);
    case 9:
      return machine_.random.one_in(2) ? send_nonsense(process) : reuse_key(process);
    default:
      return order_new(process);
  }
}

Task<Response> Customers::call(Process& process, std::string path, std::string body,
                               Headers headers) {
  ++calls_;
  http::Request request{.method = http::Method::kPost, .target = std::move(path)};
  request.headers.add("Content-Type", "application/json");
  for (const auto& [name, value] : headers)
    request.headers.add(name, value);
  request.body = std::move(body);
  auto response = co_await process.router().dispatch(request);
  machine_.history.note(fmt::format("{} {} -> {} {}", request.target, request.body, response.status,
                                    response.content()));
  if (is_refusal(response.status)) ++refused_;
  co_return response;
}

void Customers::expect_status(const Response& response, int status, const std::string& what) {
  if (response.status == status || is_refusal(response.status)) return;
  break_promise(
      fmt::format("{} was answered with {} {}", what, response.status, response.content()));
}

// --- the shop owner ------------------------------------------------------------------------------

Task<void> Customers::put_product(Process& process, std::uint64_t number) {
  const auto price = machine_.random.below(1000);
  const std::string id = product_id(number).value;
  const auto response = co_await call(
      process, "/api/v1/product/create",
      fmt::format(R"({{"product_id":"{}","product_name":"Product {} at {}","unit_price":{}}})", id,
                  number, price, price));
  expect_status(response, 200, "a price");
  if (response.status == 200) priced_.insert(id);
}

Task<void> Customers::put_every_product(Process& process) {
  for (std::uint64_t number = 0; number < kProducts; ++number) {
    const std::string id = product_id(number).value;
    priced_.erase(id);
    for (;;) {
      co_await put_product(process, number);
      if (priced_.contains(id)) break;
      co_await process.loop().sleep_for(1s);
    }
  }
}

// --- customers -----------------------------------------------------------------------------------

/// No two orders of a run are alike, so that each request can be told from the others.
events::OrderPlaced Customers::new_order(std::uint64_t product) {
  return {.order_id = {},
          .customer_id = {fmt::format("customer-{}", machine_.random.below(kCustomers))},
          .product_id = product_id(product),
          .number = ++orders_,
          .order_date = kFirstDay + std::chrono::days(machine_.random.below(kDays))};
}

Task<void> Customers::order_new(Process& process, std::optional<std::uint64_t> product) {
  const auto which = product ? *product : machine_.random.below(kProducts);
  co_await order(process, fmt::format("key-{}", ++keys_), new_order(which));
}

Task<bool> Customers::order(Process& process, std::string key, events::OrderPlaced order) {
  const bool is_first = promised_.attempted.emplace(key, order).second;
  if (is_first && priced_.contains(order.product_id.value)) sold_with_price_.insert(key);
  const bool has_price = sold_with_price_.contains(key);
  const auto response =
      co_await call(process, "/api/v1/order/create", body_of(order), {{"Idempotency-Key", key}});
  expect_status(response, 200, "an order");
  if (response.status != 200) co_return false;
  const auto placed = events::parse_order_placed(response.content());
  const auto token = response.headers.find(events::kConsistencyTokenHeader);
  if (!placed || !token) {
    break_promise("an order was answered with " + std::string(response.content()));
    co_return true;
  }
  const auto& id = placed->order_id.value;
  promised_.orders[id] = *placed;
  const auto [known, first] = promised_.keys.emplace(key, id);
  if (!first && known->second != id) {
    break_promise("P2: the key " + key + " was answered with two orders");
  }
  if (process.platform().read_model() != nullptr && machine_.random.one_in(4)) {
    co_await read_own_write(process, *placed, std::string(*token), has_price);
  }
  co_return true;
}

/// A client that got no answer, or did not believe it, sends the same again.
Task<void> Customers::retry(Process& process) {
  if (promised_.attempted.empty()) co_return;
  auto attempt = promised_.attempted.begin();
  std::advance(attempt, machine_.random.below(promised_.attempted.size()));
  const auto [key, request] = *attempt;
  co_await order(process, key, request);
}

/// Another order under a key that was answered.
Task<void> Customers::reuse_key(Process& process) {
  if (promised_.keys.empty()) co_return;
  auto known = promised_.keys.begin();
  std::advance(known, machine_.random.below(promised_.keys.size()));
  const std::string key = known->first;
  const auto response = co_await call(process, "/api/v1/order/create", body_of(new_order(0)),
                                      {{"Idempotency-Key", key}});
  expect_status(response, 422, "another order under the used key " + key);
}

Task<void> Customers::send_nonsense(Process& process) {
  static constexpr std::pair<const char*, const char*> kNonsense[] = {
      {R"({"customer_id":"c","product_id":"p","number":0})", "number"},
      {R"({"customer_id":"","product_id":"p","number":1})", "customer_id"},
      {R"({"customer_id":"c","number":1})", "product_id"},
      {R"({"customer_id":"c","product_id":"p","number":1,"order_date":"2026-02-30"})",
       "order_date"},
      {R"({"customer_id":"c","product_id":"p","number":1,"colour":"red"})", "colour"}};
  const auto& [body, field] = kNonsense[machine_.random.below(std::size(kNonsense))];
  const auto response = co_await call(process, "/api/v1/order/create", body);
  const bool names = response.content().find(field) != std::string_view::npos;
  if (response.status != 400 || !names) {
    break_promise(
        fmt::format("P9: {} was answered with {} {}", body, response.status, response.content()));
  }
}

/// With its token a write is visible to whoever made it; only an unknown product may hold it back.
Task<void> Customers::read_own_write(Process& process, events::OrderPlaced order, std::string token,
                                     bool has_price) {
  const auto followed = followed_by(process);
  const auto response =
      co_await call(process, "/api/v1/orderinfo/get",
                    fmt::format(R"({{"customer_id":"{}","order_id":"{}"}})",
                                order.customer_id.value, order.order_id.value),
                    {{"Consistency-Token", std::move(token)}, {"Prefer", "wait=5"}});
  if (response.status == 404 && !has_price) co_return;
  expect_status(response, 200, "the token of the order " + order.order_id.value);
  if (response.status != 200) co_return;
  const auto info = events::parse_order_info_put(response.content());
  if (info) remember(info->info, followed);
  if (!info) break_promise("an order is shown as " + std::string(response.content()));
}

Process::Followed Customers::followed_by(Process& process) {
  if (!something_was_put_back_) return {.orders = true, .products = true};
  return process.followed();
}

/// `followed` as it was before they asked.
void Customers::remember(events::OrderInfo row, Process::Followed followed) {
  if (!followed.products) return;  // the price may be one that is gone
  auto& shown = followed.orders ? promised_.shown : promised_.shown_late;
  shown.push_back(std::move(row));
}

Task<void> Customers::list_something(Process& process) {
  Evidence seen;
  const auto followed = followed_by(process);
  const CustomerId customer{fmt::format("customer-{}", machine_.random.below(kCustomers))};
  co_await list_all(process, customer, kYears[machine_.random.below(2)], seen);
  for (auto& row : seen.listed)
    remember(std::move(row), followed);
}

Task<void> Customers::list_all(Process& process, CustomerId customer, std::string year,
                               Evidence& evidence) {
  std::string token;
  std::string last_date;
  for (;;) {
    const auto response = co_await call(
        process, "/api/v1/orderinfo/list",
        fmt::format(R"({{"customer_id":"{}","order_date":"{}","page_size":7{}}})", customer.value,
                    year, token.empty() ? "" : fmt::format(R"(,"page_token":"{}")", token)));
    expect_status(response, 200, "a list");
    if (response.status != 200) co_return;
    const auto page = json::Value::parse(response.content());
    const auto orders = page ? page->find("orders") : std::nullopt;
    for (std::size_t i = 0; orders && i < orders->size(); ++i) {
      auto row = events::parse_order_info_put(orders->at(i).to_json());
      const std::string date = row ? format_date(row->info.order_date) : "";
      if (!row || row->info.customer_id != customer || !date.starts_with(year) ||
          date < last_date) {
        break_promise("the list of " + customer.value + " holds " + orders->at(i).to_json());
        continue;
      }
      last_date = date;
      evidence.listed.push_back(std::move(row->info));
    }
    const auto next = page ? page->string_at("next_page_token") : std::nullopt;
    if (!next) co_return;
    token = *next;
  }
}

Task<void> Customers::repeat_every_key(Process& process) {
  const auto keys = promised_.keys;
  for (const auto& [key, id] : keys) {
    while (!co_await order(process, key, promised_.attempted.at(key)))
      co_await process.loop().sleep_for(1s);
  }
}

Task<void> Customers::look_at_everything(Process& process, Evidence& evidence) {
  for (std::uint64_t customer = 0; customer < kCustomers; ++customer) {
    for (const char* year : kYears)
      co_await list_all(process, {fmt::format("customer-{}", customer)}, year, evidence);
  }
  const auto orders = promised_.orders;
  for (const auto& [id, order] : orders) {
    const auto response = co_await call(
        process, "/api/v1/orderinfo/get",
        fmt::format(R"({{"customer_id":"{}","order_id":"{}"}})", order.customer_id.value, id));
    const auto info = events::parse_order_info_put(response.content());
    if (response.status == 200 && info) {
      promised_.shown.push_back(info->info);
    } else {
      break_promise(fmt::format("P5: the order {} is shown as {} {}", id, response.status,
                                response.content()));
    }
  }
}

// --- brokers, our own and others' ----------------------------------------------------------------

/// A broker delivers an event again, late, or before its turn.
Task<void> Customers::push_again(Process& process) {
  std::optional<events::Message> message;
  try {
    const auto page = process.platform().orders()->read_events({}, events::kMaxFeedPage);
    if (!page || page->events.empty()) co_return;
    const auto& event = page->events[machine_.random.below(page->events.size())];
    message = events::to_message(page->epoch, event);
  } catch (const Unavailable&) {
    co_return;
  }
  message->publish_time = machine_.clock.utc_now();
  const auto body = events::encode_push({.message = *message, .subscription = {}});
  const auto response = co_await call(process, "/api/v1/orderinfo/pubsub", body);
  expect_status(response, 200, "a push");
}

/// An order of another order service, as the lab's own publisher sends it; sometimes twice.
Task<void> Customers::push_foreign(Process& process) {
  auto order = new_order(machine_.random.below(kProducts));
  order.order_id = {fmt::format("foreign-{}", orders_)};
  events::Message message;
  events::append_json(message.data, order);
  const UtcTime now = machine_.clock.utc_now();
  message.attributes.set(events::kEventTypeAttribute, std::string(events::OrderPlaced::kType));
  message.attributes.set(events::kEventIdAttribute, machine_.ids.next(now).to_string());
  message.publish_time = now;
  const auto body = events::encode_push({.message = message, .subscription = {}});
  for (std::uint64_t times = machine_.random.one_in(3) ? 2 : 1; times > 0; --times) {
    promised_.foreign_sent.insert(order.order_id.value);
    const auto response = co_await call(process, "/api/v1/orderinfo/pubsub", body);
    expect_status(response, 200, "a foreign push");
    if (response.status == 200) promised_.foreign[order.order_id.value] = order;
  }
}

Task<void> Customers::publish_now(Process& process) {
  http::Request request{.method = http::Method::kGet, .target = "/api/v1/event/publish"};
  const auto response = co_await process.router().dispatch(request);
  expect_status(response, 200, "a publish");
}

}  // namespace orderly::simulation
