#include "selftest/load.hpp"

#include <fmt/format.h>

#include <chrono>
#include <stdexcept>

#include "base/dates.hpp"
#include "http/client.hpp"

namespace orderly::selftest {
namespace {

using namespace std::chrono_literals;
using runtime::Task;

constexpr auto kPause = 20ms;           ///< before another try
constexpr auto kPriceInterval = 300ms;  ///< between two prices
constexpr int kTriesAtTheEnd = 500;     ///< of an order that is under way when the load finishes
constexpr Date kFirstDay{std::chrono::year{2026} / 1 / 1};

http::Client open(runtime::EventLoop& loop, const std::string& url) {
  auto client = http::Client::open(loop, url, {.request_timeout = 10s});
  if (!client) throw std::runtime_error(client.error().message);
  return std::move(*client);
}

bool is_refusal(int status) { return status == 429 || status == 503 || status == 507; }

std::string body_of(const events::OrderPlaced& order) {
  return fmt::format(R"({{"customer_id":"{}","product_id":"{}","number":{},"order_date":"{}"}})",
                     order.customer_id.value, order.product_id.value, order.number,
                     format_date(order.order_date));
}

/// Nothing where there was no answer.
Task<std::optional<http::ClientResponse>> ask(http::Client& client, http::ClientRequest request) {
  try {
    co_return co_await client.send(std::move(request));
  } catch (const Unavailable&) {
    co_return std::nullopt;
  }
}

http::ClientRequest post(std::string target, std::string body) {
  return {.method = http::Method::kPost, .target = std::move(target), .body = std::move(body)};
}

}  // namespace

Task<void> Load::order(int index) {
  auto client = open(loop_, order_url_);
  const bool repeats = index % 2 == 0;
  const CustomerId customer{fmt::format("selftest-{}-{:08x}", index, random_.below(1U << 31U))};
  for (std::int64_t number = 1; !finishing_ && number <= events::kMaxNumber; ++number) {
    const events::OrderPlaced order{
        .order_id = {},
        .customer_id = customer,
        .product_id = {fmt::format("selftest-{}", random_.below(kProducts))},
        .number = number,
        .order_date = kFirstDay + std::chrono::days(random_.below(365))};
    record_.sent(order);
    for (int tries = 0;; ++tries) {
      auto request = post("/api/v1/order/create", body_of(order));
      if (repeats)
        request.headers.add("Idempotency-Key", fmt::format("{}-{}", customer.value, number));
      const auto answer = co_await ask(client, std::move(request));
      if (answer && answer->status == 200) {
        const auto placed = events::parse_order_placed(answer->body);
        const bool same = placed && Record::of(*placed) == Record::of(order) &&
                          placed->product_id == order.product_id;
        if (same) record_.acknowledged(*placed);
        if (!same) record_.broken("an order was answered with " + answer->body);
        break;
      }
      record_.not_acknowledged();
      if (answer && !is_refusal(answer->status)) {
        record_.broken(
            fmt::format("an order was answered with {} {}", answer->status, answer->body));
        break;
      }
      co_await loop_.sleep_for(kPause);
      if (!repeats || (finishing_ && tries > kTriesAtTheEnd)) break;
    }
  }
}

Task<void> Load::set_prices() {
  for (int product = 0; product < kProducts; ++product) {
    while (!co_await put(product))
      co_await loop_.sleep_for(kPause);
  }
  while (!finishing_) {
    co_await loop_.sleep_for(kPriceInterval);
    co_await put(static_cast<int>(random_.below(kProducts)));
  }
}

Task<bool> Load::put(int product) {
  auto client = open(loop_, product_url_);
  const auto price = random_.below(1000);
  auto request = post("/api/v1/product/create",
                      fmt::format(R"({{"product_id":"selftest-{}","product_name":"Thing {} at {}",)"
                                  R"("unit_price":{}}})",
                                  product, product, price, price));
  const auto answer = co_await ask(client, std::move(request));
  co_return answer && answer->status == 200;
}

}  // namespace orderly::selftest
