/// Loads orders into the warehouse in process and in a process of its own, with a query running
/// beside the loads, and prints the rate and how long loads and queries took.
///
///     warehouse_bench [ROWS [BATCH [CHECKPOINT_MB]]]

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "app/commands.hpp"
#include "warehouse/duckdb/duckdb_warehouse.hpp"
#include "warehouse/process/child_process.hpp"
#include "warehouse/process/process_warehouse.hpp"

namespace {

using namespace orderly;
using Seconds = std::chrono::duration<double>;

template <class T>
T await(runtime::Task<T> task) {
  boost::asio::io_context context(1);
  std::optional<T> value;
  boost::asio::co_spawn(context, std::move(task), [&](const std::exception_ptr& error, T result) {
    if (error) std::rethrow_exception(error);
    value.emplace(std::move(result));
  });
  context.run();
  return std::move(*value);
}

Uuid id_of(Position position) {
  Uuid id;
  for (unsigned i = 0; i < 8; ++i)
    id.bytes[8 + i] = static_cast<std::byte>(static_cast<std::uint64_t>(position) >> (56 - 8 * i));
  return id;
}

warehouse::Load batch(const Cursor& from, Position count) {
  warehouse::RowBatch rows(warehouse::order_information());
  for (Position i = from.position + 1; i <= from.position + count; ++i) {
    warehouse::Change change{.position = i};
    change.data.info = {.order_id = OrderId{id_of(i * 7919).to_string()},
                        .customer_id = CustomerId{fmt::format("customer{:05}", i % 20'000)},
                        .product_id = ProductId{fmt::format("product{:04}", i % 500)},
                        .product_name = fmt::format("Product number {}", i % 500),
                        .number = 1 + i % 5,
                        .unit_price = 100,
                        .total_price = 100 * (1 + i % 5),
                        .order_date = Date{std::chrono::days(18'600 + i % 365)}};
    warehouse::append_order(change, rows);
  }
  const Position to = from.position + count;
  return {"order_information", std::move(rows), from, {id_of(1), to, id_of(to)}};
}

std::string quantiles(std::vector<double> seconds) {
  std::ranges::sort(seconds);
  const auto at = [&](double share) {
    const auto index = static_cast<std::size_t>(share * static_cast<double>(seconds.size()));
    return seconds.empty() ? 0.0 : seconds[std::min(seconds.size() - 1, index)] * 1e3;
  };
  return fmt::format("p50 {:.1f} p99 {:.1f} max {:.1f} ms (of {})", at(0.5), at(0.99), at(1),
                     seconds.size());
}

void measure(std::string_view name, warehouse::Warehouse& store, Position rows, Position size,
             bool with_queries) {
  std::atomic<bool> done = false;
  std::vector<double> queries;
  std::thread asker([&] {
    while (with_queries && !done) {
      const auto start = std::chrono::steady_clock::now();
      const auto answer = await(store.query(
          {.sql =
               "SELECT product_name, sum(number), sum(total_price) FROM "
               "cqrs_example.order_information WHERE order_date = DATE '2021-02-14' GROUP BY 1"}));
      if (answer) queries.push_back(Seconds(std::chrono::steady_clock::now() - start).count());
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  });
  std::vector<double> loads;
  double busy = 0;
  Cursor at = await(store.loaded("order_information"));
  while (at.position < rows) {
    warehouse::Load next = batch(at, size);
    at = next.to;
    const auto start = std::chrono::steady_clock::now();
    await(store.load(std::move(next)));
    loads.push_back(Seconds(std::chrono::steady_clock::now() - start).count());
    busy += loads.back();
  }
  done = true;
  asker.join();
  fmt::print("{:<22} {:>8.0f} rows/s  loads {}{}\n", name, static_cast<double>(rows) / busy,
             quantiles(loads), with_queries ? "  queries " + quantiles(queries) : "");
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "warehouse-engine") {
    app::run_warehouse_engine(std::atoi(argv[2]));
  }
  const Position rows = argc > 1 ? std::atol(argv[1]) : 1'000'000;
  const Position size = argc > 2 ? std::atol(argv[2]) : 20'000;
  const unsigned checkpoint = argc > 3 ? static_cast<unsigned>(std::atoi(argv[3])) : 16;
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("bench-{}", ::getpid());
  for (const bool with_queries : {false, true}) {
    for (const bool apart : {false, true}) {
      std::filesystem::create_directories(folder);
      const auto path = folder / "warehouse.duckdb";
      if (apart) {
        telemetry::Metrics metrics;
        warehouse::process::ProcessOptions options;
        options.engine = {.path = path, .catalog = warehouse::standard_catalog()};
        warehouse::process::ProcessWarehouse store(options, metrics);
        const auto megabytes = [](std::size_t bytes) { return bytes >> 20; };
        measure("in its own process", store, rows, size, with_queries);
        fmt::print("resident: engine {} MB, this process {} MB\n",
                   megabytes(warehouse::process::resident_bytes_of(store.engine_pid())),
                   megabytes(warehouse::process::resident_bytes_of(::getpid())));
      } else {
        warehouse::duckdb::DuckdbWarehouse store(
            {.database = {.path = path, .checkpoint_mb = checkpoint}});
        measure(fmt::format("in process, {} MB", checkpoint), store, rows, size, with_queries);
      }
      std::filesystem::remove_all(folder);
    }
  }
}
