#include <cstdio>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <utility>

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

warehouse::Parameters read_parameters(const SqlOptions& options) {
  warehouse::Parameters parameters;
  for (const std::string& flag : options.parameters) {
    auto parameter = warehouse::parse_parameter(flag);
    if (!parameter) throw std::runtime_error("--parameter: " + parameter.error().message);
    if (!parameters.empty() && parameters.front().name.empty() != parameter->name.empty()) {
      throw std::runtime_error("--parameter: give all of them names, or none");
    }
    parameters.push_back(std::move(*parameter));
  }
  return parameters;
}

}  // namespace

int run_sql(const SqlOptions& options) {
  warehouse::QueryRequest request;
  request.sql = read_query(options);
  request.max_rows = static_cast<std::size_t>(options.max_rows);
  request.parameters = read_parameters(options);

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
