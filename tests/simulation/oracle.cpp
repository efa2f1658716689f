#include "simulation/oracle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

namespace orderly::simulation {
namespace {

using events::OrderInfo;
using events::OrderPlaced;
using events::ProductPut;
using events::Recorded;
using Broken = std::vector<std::string>;

/// P3: 1, 2, 3, … and times that rise.
template <class Event>
void check_positions(const std::vector<Recorded<Event>>& feed, const char* name, Broken& broken) {
  std::set<Uuid> event_ids;
  for (std::size_t i = 0; i < feed.size(); ++i) {
    if (feed[i].position != static_cast<Position>(i) + 1) {
      broken.push_back(fmt::format("P3: the {} feed has position {} as number {}", name,
                                   feed[i].position, i + 1));
      return;
    }
    if (i > 0 && feed[i].accepted_at <= feed[i - 1].accepted_at) {
      broken.push_back(fmt::format("P3: time does not rise at {} position {}", name, i + 1));
    }
    if (!event_ids.insert(feed[i].event_id).second) {
      broken.push_back(fmt::format("P2: {} position {} repeats an event id", name, i + 1));
    }
  }
}

bool same_request(const OrderPlaced& a, const OrderPlaced& b) {
  return a.customer_id == b.customer_id && a.product_id == b.product_id && a.number == b.number &&
         a.order_date == b.order_date;
}

/// P1, P2: what was answered is there, once, and each key made one order at most.
void check_accepted(const Promised& promised, const Evidence& evidence, Broken& broken) {
  std::map<std::string, const OrderPlaced*> stored;
  for (const auto& event : evidence.orders) {
    if (!stored.emplace(event.data.order_id.value, &event.data).second) {
      broken.push_back("P2: two events of the order " + event.data.order_id.value);
    }
  }
  for (const auto& [id, order] : promised.orders) {
    const auto found = stored.find(id);
    if (found == stored.end()) {
      broken.push_back("P1: the accepted order " + id + " is lost");
    } else if (*found->second != order) {
      broken.push_back("P1: the accepted order " + id + " has changed");
    }
  }
  for (const auto& [key, request] : promised.attempted) {
    const auto made = std::ranges::count_if(
        evidence.orders, [&](const auto& event) { return same_request(event.data, request); });
    if (made > 1) broken.push_back(fmt::format("P2: the key {} made {} orders", key, made));
  }
  for (const auto& event : evidence.orders) {
    const bool sent = std::ranges::any_of(promised.attempted, [&](const auto& attempt) {
      return same_request(event.data, attempt.second);
    });
    if (!sent) {
      broken.push_back("P9: nobody validly sent the order " + event.data.order_id.value);
    }
  }
}

/// P8: the newest version with time ≤ the order's, the first one where none was before.
std::optional<ProductPut> price_in_force(const Evidence& evidence,
                                         const Recorded<OrderPlaced>& order) {
  std::optional<ProductPut> first;
  std::optional<ProductPut> newest;
  for (const auto& version : evidence.products) {
    if (version.data.product_id != order.data.product_id) continue;
    if (!first) first = version.data;
    if (version.accepted_at <= order.accepted_at) newest = version.data;
  }
  return newest ? newest : first;
}

std::map<std::string, OrderInfo> expected_rows(const Evidence& evidence, Broken& broken) {
  std::map<std::string, OrderInfo> rows;
  const auto expect = [&](const Recorded<OrderPlaced>& order) {
    const auto price = price_in_force(evidence, order);
    if (!price) {
      broken.push_back("the run ended with an order of a product that never came");
      return;
    }
    rows.emplace(order.data.order_id.value,
                 OrderInfo{order.data.order_id, order.data.customer_id, order.data.product_id,
                           price->product_name, order.data.number, price->unit_price,
                           order.data.number * price->unit_price, order.data.order_date});
  };
  std::ranges::for_each(evidence.orders, expect);
  std::ranges::for_each(evidence.foreign, expect);
  return rows;
}

void check_rows(const std::vector<OrderInfo>& rows,
                const std::map<std::string, OrderInfo>& expected, const char* promise,
                const char* where, Broken& broken) {
  std::set<std::string> seen;
  for (const auto& row : rows) {
    const auto& id = row.order_id.value;
    const auto wanted = expected.find(id);
    if (wanted == expected.end()) {
      broken.push_back(
          fmt::format("{}: {} has the order {} that nobody placed", promise, where, id));
    } else if (wanted->second != row) {
      broken.push_back(fmt::format("P8: {} has {} as {} at {}, not {} at {}", where, id,
                                   row.product_name, row.unit_price, wanted->second.product_name,
                                   wanted->second.unit_price));
    }
    if (!seen.insert(id).second) {
      broken.push_back(fmt::format("{}: {} has the order {} twice", promise, where, id));
    }
  }
  for (const auto& [id, row] : expected) {
    if (!seen.contains(id)) {
      broken.push_back(fmt::format("{}: {} lacks the order {}", promise, where, id));
    }
  }
}

}  // namespace

std::vector<std::string> broken_promises(const Promised& promised, const Evidence& evidence) {
  Broken broken;
  check_positions(evidence.orders, "order", broken);
  check_positions(evidence.products, "product", broken);
  check_accepted(promised, evidence, broken);
  for (const auto& [id, order] : promised.foreign) {
    const bool kept = std::ranges::any_of(evidence.foreign,
                                          [&](const auto& event) { return event.data == order; });
    if (!kept) broken.push_back("P7: the acknowledged order " + id + " of no feed is not archived");
  }
  // A push may name a place in a feed that orderinfo has not yet read; it is then archived as well.
  for (const auto& event : evidence.foreign) {
    const auto& id = event.data.order_id.value;
    const bool in_feed = std::ranges::any_of(
        evidence.orders, [&](const auto& order) { return order.data == event.data; });
    // A late push of an order that is gone from its feed brings it as an order from elsewhere.
    if (!in_feed && !promised.foreign_sent.contains(id) && !promised.put_back.contains(id)) {
      broken.push_back("P5: the foreign order " + id + " was pushed by nobody");
    }
  }
  for (const auto& letter : evidence.dead_letters)
    broken.push_back("P5: a dead letter was kept: " + letter);
  const auto expected = expected_rows(evidence, broken);
  const auto check_shown = [&](const OrderInfo& row, bool may_be_gone) {
    const auto wanted = expected.find(row.order_id.value);
    const bool kept = wanted == expected.end() ? may_be_gone : wanted->second == row;
    if (!kept) {
      broken.push_back(fmt::format("P8: the order {} was once shown as {} at {}",
                                   row.order_id.value, row.product_name, row.unit_price));
    }
  };
  for (const auto& row : promised.shown)
    check_shown(row, false);
  for (const auto& row : promised.shown_late)
    check_shown(row, true);
  if (evidence.lists) check_rows(evidence.listed, expected, "P5", "the lists", broken);
  check_rows(evidence.read_model, expected, "P5", "the read model", broken);
  check_rows(evidence.warehouse, expected, "P6", "the warehouse", broken);
  return broken;
}

}  // namespace orderly::simulation
