#include <cstdio>
#include <stdexcept>

#include "app/api_client.hpp"
#include "app/commands.hpp"

namespace orderly::app {
namespace {

constexpr const char* kPath = "/api/v1/admin/taken-out?page_size=1000";

json::Value page(ApiClient& api, const std::string& token) {
  const auto response =
      api.get(token.empty() ? kPath : std::string(kPath) + "&page_token=" + token);
  if (response.status != 200) throw std::runtime_error(message_of(response));
  auto value = json::Value::parse(response.body);
  if (!value) throw std::runtime_error("unexpected answer: " + value.error().message);
  return std::move(*value);
}

std::string text(const json::Value& value, const char* key) {
  return std::string(value.string_at(key).value_or(""));
}

long long number(const json::Value& value, const char* key) {
  return static_cast<long long>(value.int_at(key).value_or(0));
}

void print_orders(const json::Value& orders) {
  for (std::size_t i = 0; i < orders.size(); ++i) {
    const auto order = orders.at(i);
    std::printf("order %s of %s, accepted %s (position %lld of epoch %s), taken out %s\n",
                text(order, "order_id").c_str(), text(order, "customer_id").c_str(),
                text(order, "accepted_at").c_str(), number(order, "position"),
                text(order, "epoch").c_str(), text(order, "taken_out_at").c_str());
  }
}

void print_versions(const json::Value& versions) {
  for (std::size_t i = 0; i < versions.size(); ++i) {
    const auto version = versions.at(i);
    std::printf("price %lld of %s, valid from %s, taken out %s\n", number(version, "unit_price"),
                text(version, "product_id").c_str(), text(version, "valid_from").c_str(),
                text(version, "taken_out_at").c_str());
  }
}

/// What every page has alike.
void print_rest(const json::Value& first) {
  if (const auto ranges = first.find("published")) {
    for (std::size_t i = 0; i < ranges->size(); ++i) {
      const auto range = ranges->at(i);
      std::printf("messages %lld to %lld of topic %s (epoch %s), taken out %s\n",
                  number(range, "after") + 1, number(range, "upto"), text(range, "topic").c_str(),
                  text(range, "epoch").c_str(), text(range, "taken_out_at").c_str());
    }
  }
  const auto warehouse = first.find("warehouse");
  const auto rows = warehouse ? warehouse->find("rows") : std::nullopt;
  for (std::size_t i = 0; rows && i < rows->size(); ++i) {
    const auto row = rows->at(i);
    std::printf("row of the warehouse's %s: %s\n",
                std::string(row.at(0).as_string().value_or("")).c_str(),
                std::string(row.at(2).as_string().value_or("")).c_str());
  }
}

}  // namespace

int run_taken_out(const TakenOutOptions& options) {
  ApiClient api(options.url);
  const bool as_json = options.format == "json";
  const auto first = page(api, "");
  for (auto part = first;;) {
    if (as_json) std::fputs(pretty(part).c_str(), stdout);
    const auto orders = part.find("orders");
    if (orders && !as_json) print_orders(*orders);
    const auto versions = part.find("products");
    if (versions && !as_json) print_versions(*versions);
    const std::string token = text(part, "next_page_token");
    if (token.empty()) break;
    part = page(api, token);
  }
  if (!as_json) print_rest(first);
  return 0;
}

}  // namespace orderly::app
