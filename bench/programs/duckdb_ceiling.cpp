/// What DuckDB itself can do with rows like those of cqrs_example.order_information: loads them
/// with its appender, then runs the lab's SQL over them.
///
///     bench_duckdb_ceiling DIRECTORY ROWS ROWS_A_COMMIT THREADS QUERIES

#include <duckdb.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "samples.hpp"

namespace {

using namespace orderly::bench;

constexpr const char* kSchema =
    "CREATE SCHEMA cqrs_example; CREATE TABLE cqrs_example.order_information (customer_id VARCHAR,"
    " order_id VARCHAR, product_id VARCHAR, product_name VARCHAR, number BIGINT,"
    " unit_price BIGINT, total_price BIGINT, order_date DATE)";
constexpr const char* kLabQuery =
    "select product_name, sum(number) as total_number, sum(total_price) as revenue"
    " from cqrs_example.order_information group by product_name";

class Warehouse {
 public:
  Warehouse(std::filesystem::path path, const std::string& threads) : path_(std::move(path)) {
    duckdb_config config = nullptr;
    duckdb_create_config(&config);
    duckdb_set_config(config, "threads", threads.c_str());
    char* error = nullptr;
    const auto state = duckdb_open_ext(path_.c_str(), &database_, config, &error);
    duckdb_destroy_config(&config);
    if (state != DuckDBSuccess) throw std::runtime_error(error);
    if (duckdb_connect(database_, &connection_) != DuckDBSuccess) {
      throw std::runtime_error("no connection");
    }
    run(kSchema);
  }
  Warehouse(const Warehouse&) = delete;
  Warehouse& operator=(const Warehouse&) = delete;
  ~Warehouse() {
    duckdb_disconnect(&connection_);
    duckdb_close(&database_);
    std::filesystem::remove(path_);
    std::filesystem::remove(path_.string() + ".wal");
  }

  void run(const char* sql) {
    duckdb_result result;
    const auto state = duckdb_query(connection_, sql, &result);
    const std::string error = state == DuckDBSuccess ? "" : duckdb_result_error(&result);
    duckdb_destroy_result(&result);
    if (state != DuckDBSuccess) throw std::runtime_error(error);
  }

  void load(std::int64_t from, std::int64_t count) {
    run("BEGIN TRANSACTION");
    duckdb_appender appender = nullptr;
    if (duckdb_appender_create(connection_, "cqrs_example", "order_information", &appender) !=
        DuckDBSuccess) {
      throw std::runtime_error("no appender");
    }
    for (std::int64_t row = from; row < from + count; ++row)
      append(appender, row);
    if (duckdb_appender_destroy(&appender) != DuckDBSuccess) throw std::runtime_error("append");
    run("COMMIT");
  }

 private:
  static void append(duckdb_appender appender, std::int64_t row) {
    const std::int64_t product = 1 + row * 31 % 100;
    const std::int64_t number = 1 + row % 9;
    const std::string customer = fmt::format("customer{:05}", row * 7919 % 20'000);
    const std::string order =
        fmt::format("01976b2c-{:04x}-7000-8000-{:012x}", row >> 16 & 0xffff, row);
    const std::string id = fmt::format("product{:05}", product);
    const std::string name = fmt::format("Product {}", product);
    for (const std::string* text : {&customer, &order, &id, &name})
      duckdb_append_varchar_length(appender, text->data(), text->size());
    duckdb_append_int64(appender, number);
    duckdb_append_int64(appender, product * 10);
    duckdb_append_int64(appender, number * product * 10);
    duckdb_append_date(appender, {static_cast<std::int32_t>(18'628 + row * 13 % 365)});
    duckdb_appender_end_row(appender);
  }

  std::filesystem::path path_;
  duckdb_database database_ = nullptr;
  duckdb_connection connection_ = nullptr;
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 6) {
    throw std::runtime_error(
        "usage: bench_duckdb_ceiling DIRECTORY ROWS ROWS_A_COMMIT THREADS QUERIES");
  }
  const std::int64_t rows = std::atoll(argv[2]);
  const std::int64_t commit = std::max<std::int64_t>(1, std::atoll(argv[3]));
  Warehouse warehouse(
      std::filesystem::path(argv[1]) / fmt::format("duckdb-ceiling-{}.duckdb", ::getpid()),
      argv[4]);
  const auto start = Clock::now();
  for (std::int64_t row = 0; row < rows; row += commit)
    warehouse.load(row, std::min(commit, rows - row));
  const double loading = seconds_since(start);
  warehouse.run("CHECKPOINT");
  Samples queries;
  warehouse.run(kLabQuery);  // the first one finds nothing in memory
  for (int i = std::atoi(argv[5]); i > 0; --i) {
    const auto began = Clock::now();
    warehouse.run(kLabQuery);
    queries.add(Clock::now() - began);
  }
  fmt::print(R"({{"rows": {}, "seconds": {:.4f}, "rate": {:.1f}, "query": {}}})"
             "\n",
             rows, loading, static_cast<double>(rows) / loading, queries.to_json());
  return 0;
} catch (const std::exception& error) {
  fmt::print(stderr, "bench_duckdb_ceiling: {}\n", error.what());
  return 1;
}
