#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "support/await_here.hpp"
#include "support/result_of.hpp"

namespace orderly::testing {

/// Every row of order_information, asked in SQL.
inline std::vector<events::OrderInfo> orders_in(warehouse::Warehouse& warehouse) {
  const auto result = table_of(await_here(warehouse.query(
      {.sql = "SELECT customer_id, order_id, product_id, product_name, number, unit_price, "
              "total_price, order_date FROM cqrs_example.order_information",
       .max_rows = 1'000'000,
       .max_bytes = std::size_t{1} << 30})));
  if (!result) throw std::runtime_error(result.error().message);
  std::vector<events::OrderInfo> rows;
  for (const warehouse::Row& row : result->rows) {
    const auto text = [&](std::size_t i) { return std::get<std::string>(row.at(i)); };
    // Beyond 2^53 an integer is written as a string.
    const auto integer = [&](std::size_t i) {
      const auto* const written = std::get_if<std::string>(&row.at(i));
      return written != nullptr ? std::stoll(*written) : std::get<std::int64_t>(row.at(i));
    };
    rows.push_back({.order_id = OrderId{text(1)},
                    .customer_id = CustomerId{text(0)},
                    .product_id = ProductId{text(2)},
                    .product_name = text(3),
                    .number = integer(4),
                    .unit_price = integer(5),
                    .total_price = integer(6),
                    .order_date = parse_date(text(7)).value()});
  }
  return rows;
}

}  // namespace orderly::testing
