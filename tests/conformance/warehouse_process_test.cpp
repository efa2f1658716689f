#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <fstream>
#include <functional>
#include <optional>
#include <set>
#include <thread>

#include "base/random.hpp"
#include "conformance/warehouse_conformance.hpp"
#include "conformance/warehouse_rows.hpp"
#include "runtime/event_loop.hpp"
#include "runtime/task_group.hpp"
#include "support/scratch_folder.hpp"
#include "warehouse/process/process_warehouse.hpp"

namespace orderly::testing {
namespace {

using namespace std::chrono_literals;
using warehouse::QueryRequest;
using warehouse::process::ProcessOptions;
using warehouse::process::ProcessWarehouse;

ProcessOptions options_for(const std::filesystem::path& folder) {
  ProcessOptions options;
  options.engine = {.path = folder / "warehouse.duckdb", .catalog = warehouse::standard_catalog()};
  return options;
}

class ProcessHost final : public WarehouseHost {
 public:
  ProcessHost() { reopen(); }

  warehouse::Warehouse& warehouse() override { return *warehouse_; }
  void reopen() override {
    warehouse_.reset();  // closes the file first
    warehouse_ = std::make_unique<ProcessWarehouse>(options_for(folder_.path()), metrics_);
  }
  std::vector<events::OrderInfo> rows() override { return orders_in(*warehouse_); }

 private:
  telemetry::Metrics metrics_;
  ScratchFolder folder_;
  std::unique_ptr<ProcessWarehouse> warehouse_;
};

INSTANTIATE_TEST_SUITE_P(Process, WarehouseConformance,
                         ::testing::Values(WarehouseAdapter{
                             .name = "process",
                             .make_host = [] { return std::make_unique<ProcessHost>(); }}));

const std::string kEndless =
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t";
const std::string kQuick = "SELECT 1";

class WarehouseProcess : public ::testing::Test {
 protected:
  explicit WarehouseProcess() = default;

  void open(ProcessOptions options) { warehouse_.emplace(std::move(options), metrics_); }
  void open() { open(options_for(folder_.path())); }

  std::string code_of(QueryRequest request) {
    const auto result = await_here(warehouse_->query(std::move(request)));
    return result ? "ok" : result.error().code;
  }
  std::uint64_t kills() {
    return metrics_.counter("orderly_warehouse_engine_kills_total", "").value();
  }
  /// The same, asked again while the engine is away or has no lane, as on a busy machine.
  std::string answered_code_of(const QueryRequest& request, std::chrono::seconds limit = 60s) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    for (;;) {
      try {
        return code_of(request);
      } catch (const Unavailable& unavailable) {
        if (std::chrono::steady_clock::now() >= deadline) return unavailable.what();
        std::this_thread::yield();
      }
    }
  }
  /// No file of the engine may grow or be written, until it has ended: the next one has no such
  /// limit.
  void fill_the_disk() {
    rlimit limit{};
    ASSERT_EQ(::prlimit(warehouse_->engine_pid(), RLIMIT_FSIZE, nullptr, &limit), 0);
    limit.rlim_cur = 1;
    ASSERT_EQ(::prlimit(warehouse_->engine_pid(), RLIMIT_FSIZE, &limit, nullptr), 0);
  }
  /// Until the engine serves again.
  void expect_served() { EXPECT_EQ(answered_code_of({.sql = "SELECT 1"}), "ok"); }

  ScratchFolder folder_;
  telemetry::Metrics metrics_;
  std::optional<ProcessWarehouse> warehouse_;
};

TEST_F(WarehouseProcess, a_store_that_cannot_be_opened_is_told_of) {
  std::ofstream(folder_.path() / "warehouse.duckdb") << std::string(8192, 'x');
  EXPECT_THROW(open(), Unavailable);
}

TEST_F(WarehouseProcess, a_program_that_is_no_engine_is_told_of) {
  auto options = options_for(folder_.path());
  options.program = "/bin/true";
  EXPECT_THROW(open(options), Unavailable);
  options.program = "/nonexistent";
  EXPECT_THROW(open(options), Unavailable);
}

/// A single expression, which DuckDB does not leave before it is through.
const std::string kDeaf =
    "SELECT levenshtein(repeat('a', 200000) || range, repeat('b', 200000)) FROM range(2)";

/// Its engine is killed, and it alone is to blame.
TEST_F(WarehouseProcess, a_query_that_heeds_no_interrupt_is_cut_with_its_engine) {
  open();
  ASSERT_TRUE(
      await_here(warehouse_->load(order_load(order_changes(1, 10), Cursor{}, cursor_at(10)))));
  // On a slow machine its time can be over before it gets to what makes it deaf.
  for (auto timeout = 300ms; kills() == 0 && timeout < 30s; timeout *= 2) {
    EXPECT_EQ(answered_code_of({.sql = kDeaf, .timeout = timeout}), "query_timeout");
  }
  EXPECT_EQ(kills(), 1U);
  expect_served();
  EXPECT_EQ(orders_in(*warehouse_).size(), 10U);
}

TEST_F(WarehouseProcess, who_ran_beside_the_guilty_one_is_told_to_come_again) {
  open();
  boost::asio::io_context context(1);
  std::vector<std::string> ends;
  for (const auto& [sql, timeout] :
       {std::pair(kEndless, 60'000ms), std::pair(kDeaf, 3'000ms), std::pair(kQuick, 60'000ms)}) {
    boost::asio::co_spawn(
        context, warehouse_->query({.sql = sql, .timeout = timeout}),
        [&ends](const std::exception_ptr& error, const auto& result) {
          ends.push_back(error ? "unavailable" : result ? "ok" : result.error().code);
        });
  }
  context.run();
  std::ranges::sort(ends);
  // The third one waited for a lane, and then had it.
  EXPECT_EQ(ends, (std::vector<std::string>{"ok", "query_timeout", "unavailable"}));
}

TEST_F(WarehouseProcess, a_query_beyond_the_hard_bound_of_memory_is_cut_with_its_engine) {
  auto options = options_for(folder_.path());
  options.hard_memory_mb = 1;  // below what an engine needs at all
  open(options);
  EXPECT_EQ(answered_code_of({.sql = kEndless}), "query_memory");
  EXPECT_EQ(kills(), 1U);
}

/// Whoever waits for a lane does not notice that the engine was killed meanwhile.
TEST_F(WarehouseProcess, a_killed_engine_comes_back_for_those_who_wait) {
  open();
  for (int round = 0; round < 5; ++round) {
    ::kill(warehouse_->engine_pid(), SIGKILL);
    expect_served();
  }
}

TEST_F(WarehouseProcess, a_query_that_the_engine_fails_over_is_not_to_be_sent_again) {
  open();
  boost::asio::io_context context(1);
  std::string end;
  boost::asio::co_spawn(context, warehouse_->query({.sql = kEndless}),
                        [&](const std::exception_ptr&, const auto& result) {
                          end = result ? "ok" : result.error().code;
                        });
  context.poll();
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (metrics_.gauge("orderly_warehouse_queries_running", "").value() != 1) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline);
    std::this_thread::yield();
  }
  ::kill(warehouse_->engine_pid(), SIGABRT);
  context.run();
  EXPECT_EQ(end, "query_failed");
  expect_served();
}

/// P6 against a store that dies at any moment, also inside a commit.
TEST_F(WarehouseProcess, killing_the_engine_at_any_moment_loses_and_doubles_nothing) {
  open();
  constexpr Position kBatches = 60;
  constexpr int kDeaths = 10;
  constexpr Position kBatch = 500;
  std::atomic<bool> done{false};
  std::atomic<int> loads{0};
  const auto load_after = [&](const Cursor& at) {
    const Position next = at.position + kBatch;
    await_here(
        warehouse_->load(order_load(order_changes(at.position + 1, next), at, cursor_at(next))));
  };
  // Deaths are spread over twice the time that a load takes on this machine.
  const auto began = std::chrono::steady_clock::now();
  load_after({});
  const auto spread = std::chrono::duration_cast<std::chrono::microseconds>(
      2 * (std::chrono::steady_clock::now() - began));
  std::thread killer([&] {
    SeededRandom random(7);
    for (int seen = 0, deaths = 0; !done && deaths < kDeaths; seen = loads) {
      // Most deaths are while it loads, some while it opens what the last one left.
      const bool while_opening = random.one_in(4);
      while (!done && loads == seen && !(while_opening && random.one_in(1'000)))
        std::this_thread::sleep_for(100us);
      std::this_thread::sleep_for(
          std::chrono::microseconds(random.below(static_cast<std::uint64_t>(spread.count()))));
      if (const int pid = warehouse_->engine_pid(); pid > 0 && ::kill(pid, SIGKILL) == 0) ++deaths;
    }
  });
  std::thread asker([&] {
    while (!done) {
      try {
        const auto result = await_here(warehouse_->query(
            {.sql = "SELECT count(*)::BIGINT FROM cqrs_example.order_information"}));
        const auto table = table_of(result);
        if (!table) continue;
        EXPECT_EQ(std::get<std::int64_t>(table->rows.at(0).at(0)), table->position);
      } catch (const Unavailable&) {
        std::this_thread::yield();
      }
    }
  });
  const auto deadline = std::chrono::steady_clock::now() + 90s;
  Cursor at;
  std::size_t failures = 0;
  while (std::chrono::steady_clock::now() < deadline) {
    try {
      // As the loader does: what happened to a load in doubt is asked for.
      at = await_here(warehouse_->loaded("order_information"));
      if (at.position >= kBatches * kBatch) break;
      ++loads;
      load_after(at);
    } catch (const Unavailable&) {
      ++failures;
      std::this_thread::yield();
    }
  }
  done = true;
  killer.join();
  asker.join();
  expect_served();
  EXPECT_GT(failures, 0U);
  auto rows = orders_in(*warehouse_);
  std::set<std::string> ids;
  for (const auto& row : rows)
    ids.insert(row.order_id.value);
  EXPECT_EQ(rows.size(), static_cast<std::size_t>(kBatches * kBatch));
  EXPECT_EQ(ids.size(), rows.size());
}

TEST_F(WarehouseProcess, a_full_disk_is_told_to_whoever_loads) {
  open();
  ASSERT_TRUE(
      await_here(warehouse_->load(order_load(order_changes(1, 10), Cursor{}, cursor_at(10)))));
  const auto more = order_load(order_changes(11, 20), cursor_at(10), cursor_at(20));
  fill_the_disk();
  EXPECT_THROW(await_here(warehouse_->load(more)), StorageFull);
  expect_served();
  EXPECT_EQ(orders_in(*warehouse_).size(), 10U);
  EXPECT_TRUE(await_here(warehouse_->load(more)));
}

/// Each step of a rebuild on a full disk is told, does nothing, and can be done when there is room.
TEST_F(WarehouseProcess, a_full_disk_leaves_the_tables_of_a_rebuild_as_they_were) {
  using warehouse::SecondCommand;
  using Action = SecondCommand::Action;
  open();
  constexpr Position kOrders = 500;
  const auto load = [&](warehouse::Place place, Position orders) {
    auto step = order_load(order_changes(1, orders), Cursor{}, cursor_at(kOrders));
    step.place = place;
    return await_here(warehouse_->load(std::move(step)));
  };
  const auto second = [&](Action action) {
    return await_here(warehouse_->second(
        {.action = action, .tables = {"order_information"}, .until = UtcTime{1h}}));
  };
  ASSERT_TRUE(load(warehouse::Place::kTable, kOrders));
  // The second one lacks the last order, so that it is seen which one is live.
  const std::vector<std::pair<std::function<void()>, std::size_t>> steps = {
      {[&] { second(Action::kCreate); }, kOrders},
      {[&] { EXPECT_TRUE(load(warehouse::Place::kSecond, kOrders - 1)); }, kOrders},
      {[&] { EXPECT_TRUE(second(Action::kSwap).swapped); }, kOrders - 1},
      {[&] { second(Action::kKeep); }, kOrders - 1},
      {[&] { second(Action::kRemove); }, kOrders - 1}};
  std::size_t live = kOrders;
  for (const auto& [step, live_after] : steps) {
    const auto before = second(Action::kLook);
    fill_the_disk();
    EXPECT_THROW(step(), StorageFull);
    expect_served();
    EXPECT_EQ(second(Action::kLook), before);
    EXPECT_EQ(orders_in(*warehouse_).size(), live);
    step();
    live = live_after;
    EXPECT_EQ(orders_in(*warehouse_).size(), live);
  }
  EXPECT_TRUE(second(Action::kLook).tables.empty());
}

/// A rebuild's steps against a store that dies at any moment: the live table is one of the two,
/// whole, and what is told of the second one is so.
TEST_F(WarehouseProcess, killing_the_engine_at_any_moment_leaves_second_tables_whole) {
  using warehouse::SecondCommand;
  using Action = SecondCommand::Action;
  open();
  constexpr Position kOrders = 500;
  constexpr int kDeaths = 8;
  const auto load = [&](std::vector<warehouse::Change> changes, warehouse::Place place) {
    auto step = order_load(changes, Cursor{}, cursor_at(kOrders));
    step.place = place;
    return await_here(warehouse_->load(std::move(step)));
  };
  const auto second = [&](Action action) {
    return await_here(warehouse_->second(
        {.action = action, .tables = {"order_information"}, .until = UtcTime{1h}}));
  };
  ASSERT_TRUE(load(order_changes(1, kOrders), warehouse::Place::kTable));
  std::atomic<bool> done{false};
  std::atomic<int> steps{0};
  std::atomic<int> deaths{0};
  std::thread killer([&] {
    SeededRandom random(11);
    for (int seen = 0; !done && deaths < kDeaths; seen = steps) {
      while (!done && steps == seen)
        std::this_thread::sleep_for(100us);
      std::this_thread::sleep_for(std::chrono::microseconds(random.below(30'000)));
      if (const int pid = warehouse_->engine_pid(); pid > 0 && ::kill(pid, SIGKILL) == 0) ++deaths;
    }
  });
  auto dearer = order_changes(1, kOrders);
  std::int64_t live_price = dearer.front().data.info.unit_price;
  std::int64_t second_price = 777;
  const auto is_filled = [](const warehouse::SecondTables& there) {
    return !there.tables.empty() && there.tables.front().stand_alike();
  };
  bool in_doubt = false;  // whether the last swap happened
  bool unkept = false;
  int swaps = 0;
  const auto settle = [&] {
    if (in_doubt && second(Action::kLook).swapped) {
      std::swap(live_price, second_price);
      ++swaps;
      unkept = true;
    }
    in_doubt = false;
    if (unkept) second(Action::kKeep);
    unkept = false;
  };
  const auto swap_once = [&] {
    if (!is_filled(second(Action::kLook))) {
      second(Action::kCreate);
      dearer.front() = replacing_change(1, 1, second_price);
      EXPECT_TRUE(load(dearer, warehouse::Place::kSecond));
    }
    ++steps;
    in_doubt = true;
    EXPECT_TRUE(second(Action::kSwap).swapped);
  };
  const auto price_of_first = [](const std::vector<events::OrderInfo>& rows) {
    const auto first =
        std::ranges::find(rows, order_change(1).data.info.order_id, &events::OrderInfo::order_id);
    return first == rows.end() ? -1 : first->unit_price;
  };
  const auto deadline = std::chrono::steady_clock::now() + 90s;
  while (std::chrono::steady_clock::now() < deadline && !HasFailure()) {
    try {
      settle();
      const auto rows = orders_in(*warehouse_);
      EXPECT_EQ(rows.size(), static_cast<std::size_t>(kOrders));
      EXPECT_EQ(price_of_first(rows), live_price) << "after " << swaps << " swaps";
      if (deaths >= kDeaths && swaps >= kDeaths) break;
      swap_once();
    } catch (const std::exception&) {
      std::this_thread::yield();  // it died, and comes back
    }
  }
  done = true;
  killer.join();
  EXPECT_GE(deaths, kDeaths);
  expect_served();
}

runtime::Task<void> ask_without_end(warehouse::Warehouse& warehouse) {
  co_await warehouse.query(
      {.sql =
           "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT max(n) FROM t",
       .timeout = 5min});
}

TEST_F(WarehouseProcess, stopping_the_callers_frees_their_lanes) {
  open();
  const SystemClock clock;
  runtime::AsioEventLoop loop(clock);
  runtime::TaskGroup callers(loop);
  for (int i = 0; i < 6; ++i)
    callers.spawn("asks", ask_without_end(*warehouse_));
  loop.context().poll();
  callers.stop();
  boost::asio::co_spawn(loop.executor(), callers.join(),
                        [&](const std::exception_ptr&) { loop.stop(); });
  loop.run();
  EXPECT_EQ(callers.size(), 0U);
  EXPECT_EQ(code_of({.sql = "SELECT 1", .timeout = 10s}), "ok");
}

TEST_F(WarehouseProcess, the_engine_does_not_outlive_its_warehouse) {
  open();
  const int pid = warehouse_->engine_pid();
  warehouse_.reset();
  EXPECT_EQ(::kill(pid, 0), -1);
}

}  // namespace
}  // namespace orderly::testing
