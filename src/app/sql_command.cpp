#include <cstdio>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "app/api_client.hpp"
#include "app/commands.hpp"
#include "warehouse/query_json.hpp"
#include "warehouse/table_print.hpp"

namespace orderly::app {
namespace {

std::string read_query(const SqlOptions& options) {
  if (!options.query.empty()) return options.query;
  std::string query{std::istreambuf_iterator<char>(std::cin), {}};
  if (query.find_first_not_of(" \t\r\n") == std::string::npos) {
    throw std::runtime_error("there is no query: give it as an argument or on standard input");
  }
  return query;
}

}  // namespace

int run_sql(const SqlOptions& options) {
  warehouse::QueryRequest request;
  request.sql = read_query(options);
  request.max_rows = static_cast<std::size_t>(options.max_rows);

  ApiClient api(options.url);
  const auto response =
      api.post("/api/v1/warehouse/query", warehouse::encode_query_request(request));
  if (response.status != 200) {
    // To the letter what bq says, so that scripts that look for it go on working.
    std::fprintf(stderr, "Error in query string: %s\n", message_of(response).c_str());
    return 1;
  }
  const auto answer = warehouse::parse_query_answer(response.body);
  if (!answer) throw std::runtime_error("unexpected answer: " + answer.error().message);

  const auto format = warehouse::parse_table_format(options.format);
  std::fputs(warehouse::print_result(answer->result, *format).c_str(), stdout);
  if (answer->result.truncated) {
    std::fprintf(stderr, "There are more rows than these %zu; --max-rows prints more.\n",
                 answer->result.rows.size());
  }
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace orderly::app
