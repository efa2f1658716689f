#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "warehouse/result_table.hpp"
#include "warehouse/warehouse.hpp"

/// The wire form of queries and their answers, for the route and for its clients.
namespace orderly::warehouse {

/// The body of POST /api/v1/warehouse/query. Strict; kInvalid names the field.
Result<QueryRequest> parse_query_request(std::string_view json);
std::string encode_query_request(const QueryRequest& request);

/// Writes QueryResult::json row by row.
class ResultWriter {
 public:
  explicit ResultWriter(const std::vector<Column>& columns);

  void begin_row();
  /// Integers beyond ±2^53 are strings, so that every client reads them exactly; so are NaN and
  /// infinity.
  void add(const Cell& cell);
  void end_row();
  /// Takes the row that was begun last out again.
  void drop_row();

  [[nodiscard]] std::size_t rows() const { return rows_; }
  /// Bytes so far.
  [[nodiscard]] std::size_t size() const { return out_.size(); }
  /// The text, with its rows closed. Ends the writer.
  [[nodiscard]] std::string finish();

 private:
  std::string out_;
  std::size_t rows_ = 0;
  std::size_t row_start_ = 0;
  bool first_cell_ = true;
};

/// The body of the answer: `{"columns":[{"name","type"}],"rows":[[…]],"truncated":…,"position":…,
/// "lag_ms":…}`; an unknown lag is null. What the result has of it already is not touched again,
/// however large it is.
std::string finish_answer(QueryResult result, std::optional<std::chrono::milliseconds> lag);

struct QueryAnswer {
  ResultTable result;
  std::optional<std::chrono::milliseconds> lag;  ///< absent: unknown
};

/// For a client.
Result<QueryAnswer> parse_query_answer(std::string_view json);

}  // namespace orderly::warehouse
