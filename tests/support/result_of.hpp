#pragma once

#include <optional>
#include <stdexcept>
#include <utility>

#include "warehouse/query_json.hpp"

namespace orderly::testing {

/// What a client makes of a warehouse's answer.
inline Result<warehouse::ResultTable> table_of(Result<warehouse::QueryResult> result) {
  if (!result) return std::unexpected(std::move(result.error()));
  auto answer =
      warehouse::parse_query_answer(warehouse::finish_answer(std::move(*result), std::nullopt));
  if (!answer) throw std::runtime_error("no answer: " + answer.error().message);
  return std::move(answer->result);
}

}  // namespace orderly::testing
