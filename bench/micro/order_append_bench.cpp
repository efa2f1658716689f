// Appends orders to order.db on a real disk in groups of 1, 8, 64 and 512: what a create costs
// without HTTP. Run in the directory whose disk is to be measured.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "order/sqlite/sqlite_order_store.hpp"
#include "runtime/task_group.hpp"
#include "telemetry/metrics.hpp"

namespace orderly::order {
namespace {

std::filesystem::path make_folder() {
  std::string name = "order-append-bench-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) std::abort();
  return name;
}

/// A store in a new folder of the current directory.
struct Bench {
  Bench() : store(loop, {.path = (folder / "order.db").string()}, random, metrics) {}
  ~Bench() { std::filesystem::remove_all(folder); }

  runtime::Task<void> append(bool keyed) {
    NewOrder order{.command = {.customer_id = {"customer01"},
                               .product_id = {"product00001"},
                               .number = 1,
                               .order_date = std::nullopt},
                   .idempotency_key = std::nullopt,
                   .trace = TraceContext::start(random)};
    if (keyed) {
      order.idempotency_key = IdempotencyKey{.key = "key-" + std::to_string(random.next()),
                                             .fingerprint = fingerprint_of(order.command)};
    }
    if (!co_await store.append(std::move(order))) std::abort();
    --waiting;
  }

  void append_group(std::int64_t size, bool keyed) {
    for (; waiting < size; ++waiting)
      tasks.spawn("append", append(keyed));
    while (waiting > 0 || tasks.size() > 0)
      loop.context().run_one();
  }

  std::filesystem::path folder = make_folder();
  SystemClock clock;
  runtime::AsioEventLoop loop{clock};
  SeededRandom random{1};
  telemetry::Metrics metrics;
  SqliteOrderStore store;
  runtime::TaskGroup tasks{loop};
  std::int64_t waiting = 0;
};

void append_orders(benchmark::State& state, bool keyed) {
  Bench bench;
  for (auto _ : state)
    bench.append_group(state.range(0), keyed);
  state.SetItemsProcessed(state.iterations() * state.range(0));
}

BENCHMARK_CAPTURE(append_orders, plain, false)
    ->Arg(1)
    ->Arg(8)
    ->Arg(64)
    ->Arg(512)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(append_orders, keyed, true)
    ->Arg(64)
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace orderly::order
