#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "warehouse/warehouse.hpp"

/// The wire form of queries and their answers, for the route and for its clients.
namespace orderly::warehouse {

/// The body of POST /api/v1/warehouse/query. Strict; kInvalid names the field.
Result<QueryRequest> parse_query_request(std::string_view json);
std::string encode_query_request(const QueryRequest& request);

struct QueryAnswer {
  QueryResult result;
  std::optional<std::chrono::milliseconds> lag;  ///< absent: unknown
};

/// `{"columns":[{"name","type"}],"rows":[[…]],"truncated":…,"position":…,"lag_ms":…}`. Integers
/// beyond ±2^53 are strings, so that every client reads them exactly; so are NaN and infinity.
/// An unknown lag is null.
std::string encode_query_answer(const QueryAnswer& answer);
Result<QueryAnswer> parse_query_answer(std::string_view json);

}  // namespace orderly::warehouse
