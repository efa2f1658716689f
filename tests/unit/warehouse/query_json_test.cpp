#include "warehouse/query_json.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace orderly::warehouse {
namespace {

TEST(QueryJson, a_request_has_defaults) {
  const auto request = parse_query_request(R"({"query":"SELECT 1"})");
  ASSERT_TRUE(request.has_value());
  EXPECT_EQ(request->sql, "SELECT 1");
  EXPECT_EQ(request->max_rows, 10'000U);
  EXPECT_EQ(request->timeout, std::chrono::seconds(30));
}

TEST(QueryJson, a_request_comes_back_as_it_was_written) {
  const QueryRequest request{
      .sql = "SELECT \"a\"\n", .max_rows = 7, .timeout = std::chrono::milliseconds(250)};
  const auto parsed = parse_query_request(encode_query_request(request));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->sql, request.sql);
  EXPECT_EQ(parsed->max_rows, request.max_rows);
  EXPECT_EQ(parsed->timeout, request.timeout);
}

TEST(QueryJson, parameters_come_back_as_they_were_written) {
  QueryRequest request{.sql = "SELECT $a"};
  for (const char* flag : {"a:BOOL:true", "b:INT64:-9223372036854775808", "c:FLOAT64:0.1",
                           "d::it's \"quoted\"", "e:DATE:2021-02-14",
                           "f:TIMESTAMP:2021-02-14T01:02:03Z", "g:NUMERIC:-0.10", "h:INT64:NULL"}) {
    const auto parameter = parse_parameter(flag);
    ASSERT_TRUE(parameter.has_value()) << flag;
    request.parameters.push_back(*parameter);
  }
  const auto named = parse_query_request(encode_query_request(request));
  ASSERT_TRUE(named.has_value()) << named.error().message;
  EXPECT_EQ(named->parameters, request.parameters);
  for (Parameter& parameter : request.parameters)
    parameter.name.clear();
  const auto listed = parse_query_request(encode_query_request(request));
  ASSERT_TRUE(listed.has_value()) << listed.error().message;
  EXPECT_EQ(listed->parameters, request.parameters);
}

TEST(QueryJson, numbers_beyond_int64_are_real_and_beyond_double_are_refused) {
  const auto large =
      parse_query_request(R"({"query":"SELECT ?, ?","parameters":[18446744073709551615,1e300]})");
  ASSERT_TRUE(large.has_value()) << large.error().message;
  EXPECT_EQ(large->parameters.at(0), (Parameter{"", ParameterType::kReal, Cell(0x1p64)}));
  EXPECT_EQ(large->parameters.at(1), (Parameter{"", ParameterType::kReal, Cell(1e300)}));
  for (const char* body : {R"({"query":"SELECT ?","parameters":[1e400]})",
                           R"({"query":"SELECT $a","parameters":{"a":-1e400}})"}) {
    const auto request = parse_query_request(body);
    ASSERT_FALSE(request.has_value()) << body;
    EXPECT_EQ(request.error().field, "parameters") << body;
  }
}

TEST(QueryJson, what_is_wrong_with_a_request_is_told_by_field) {
  struct Case {
    const char* body;
    const char* field;
  };
  for (const Case& each :
       {Case{R"({})", "query"}, Case{R"({"query":1})", "query"},
        Case{R"({"query":"x","max_rows":0})", "max_rows"},
        Case{R"({"query":"x","max_rows":100001})", "max_rows"},
        Case{R"({"query":"x","max_rows":1.0})", "max_rows"},
        Case{R"({"query":"x","timeout_ms":0})", "timeout_ms"},
        Case{R"({"query":"x","timeout_ms":300001})", "timeout_ms"},
        Case{R"({"query":"x","sql":"y"})", "sql"}, Case{R"({"query":"x","query":"y"})", "query"}}) {
    const auto request = parse_query_request(each.body);
    ASSERT_FALSE(request.has_value()) << each.body;
    EXPECT_EQ(request.error().field, each.field) << each.body;
    EXPECT_EQ(request.error().kind, ErrorKind::kInvalid) << each.body;
  }
}

QueryResult encode(const ResultTable& table) {
  ResultWriter writer(table.columns);
  for (const Row& row : table.rows) {
    writer.begin_row();
    for (const Cell& cell : row)
      writer.add(cell);
    writer.end_row();
  }
  return {.json = writer.finish(), .truncated = table.truncated, .position = table.position};
}

TEST(QueryJson, an_answer_keeps_numbers_exact) {
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  const ResultTable table{.columns = {{"a", "BIGINT"}, {"b", "DECIMAL"}},
                          .rows = {{Cell(kExact), Cell(std::string("1.50"))},
                                   {Cell(kExact + 1), Cell{}},
                                   {Cell(-kExact - 1), Cell(true)},
                                   {Cell(std::numeric_limits<double>::infinity()), Cell(1.5)}},
                          .truncated = true,
                          .position = 12};
  EXPECT_EQ(finish_answer(encode(table), std::chrono::milliseconds(34)),
            R"({"columns":[{"name":"a","type":"BIGINT"},{"name":"b","type":"DECIMAL"}],)"
            R"("rows":[[9007199254740992,"1.50"],["9007199254740993",null],)"
            R"(["-9007199254740993",true],["Infinity",1.5]],)"
            R"("truncated":true,"position":12,"lag_ms":34})");
}

TEST(QueryJson, an_answer_comes_back_as_it_was_written) {
  const ResultTable table{
      .columns = {{"a", "VARCHAR"}, {"b", "BIGINT"}},
      .rows = {{Cell(std::string("x\n\u00e9")), Cell(std::int64_t{-3})}, {Cell{}, Cell(false)}},
      .position = 9};
  const auto parsed = parse_query_answer(finish_answer(encode(table), std::nullopt));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
  EXPECT_EQ(parsed->result, table);
  EXPECT_EQ(parsed->lag, std::nullopt);
}

TEST(QueryJson, a_row_that_is_dropped_leaves_no_trace) {
  ResultWriter writer({{"a", "VARCHAR"}});
  writer.begin_row();
  writer.add(Cell("kept"));
  writer.end_row();
  writer.begin_row();
  writer.add(Cell("dropped"));
  writer.drop_row();
  EXPECT_EQ(writer.rows(), 1U);
  EXPECT_EQ(writer.finish(), R"({"columns":[{"name":"a","type":"VARCHAR"}],"rows":[["kept"]])");
}

TEST(QueryJson, what_is_no_answer_is_refused) {
  for (const char* body :
       {"", "[]", "{}", R"({"columns":[],"rows":[[1]],"truncated":false,"position":1})",
        R"({"columns":[{"name":"a"}],"rows":[],"truncated":false,"position":1})",
        R"({"columns":[],"rows":[],"position":1})",
        R"({"columns":[{"name":"a","type":"X"}],"rows":[[[1]]],"truncated":false,"position":1})"}) {
    EXPECT_FALSE(parse_query_answer(body).has_value()) << body;
  }
}

}  // namespace
}  // namespace orderly::warehouse
