#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/dates.hpp"
#include "base/result.hpp"
#include "orderinfo/read_model.hpp"

namespace orderly::orderinfo {

inline constexpr std::size_t kMaxOrdersPage = 1000;  ///< and the default

/// The query of a customer for its orders of a year, a month or a day.
struct ListOrders {
  CustomerId customer_id;
  std::string order_date;  ///< as sent, for the answer
  DateRange dates;
  std::size_t page_size = kMaxOrdersPage;
  std::optional<ListKey> after;  ///< goes on behind this one

  bool operator==(const ListOrders&) const = default;
};

/// Reads the body of POST /api/v1/orderinfo/list. kInvalid naming the field.
Result<ListOrders> parse_list_orders(std::string_view json);

/// `{"order_date":…,"orders":[…]}` with `next_page_token` where there is more.
std::string to_json(const ListOrders& query, const OrderPage& page);

/// Where the next page of `query` goes on: opaque, and of no use for another customer or dates.
/// Another page_size is fine.
std::string encode_page_token(const ListOrders& query, const ListKey& key);

}  // namespace orderly::orderinfo
