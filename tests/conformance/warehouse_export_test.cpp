#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "support/await_here.hpp"
#include "support/order_changes.hpp"
#include "support/scratch_folder.hpp"
#include "warehouse/process/process_warehouse.hpp"
#include "warehouse/tables.hpp"

namespace orderly::testing {
namespace {

using namespace std::chrono_literals;
using warehouse::Exported;
using warehouse::ExportFormat;
using warehouse::ExportRequest;
using warehouse::process::ProcessWarehouse;

/// With the engine in its process, so that both adapters are passed through.
class WarehouseExport : public ::testing::Test {
 protected:
  WarehouseExport()
      : warehouse_({.engine = {.path = folder_.path() / "warehouse.duckdb",
                               .catalog = warehouse::standard_catalog()}},
                   metrics_) {}

  void load(Position orders) {
    constexpr Position kBatch = 20'000;
    Cursor from;
    for (Position first = 1; first <= orders; first += kBatch) {
      const Position last = std::min(orders, first + kBatch - 1);
      ASSERT_TRUE(await_here(
          warehouse_.load(order_load(order_changes(first, last), from, cursor_at(last)))));
      from = cursor_at(last);
    }
  }
  ExportRequest request(ExportFormat format) const {
    return {.format = format, .file = (folder_.path() / "out").string()};
  }
  std::string code_of(ExportRequest request) {
    const auto made = await_here(warehouse_.export_to(std::move(request)));
    return made ? "ok" : made.error().code;
  }
  [[nodiscard]] bool has_file() const { return std::filesystem::exists(folder_.path() / "out"); }
  [[nodiscard]] bool has_unfinished() const {
    return std::filesystem::exists(folder_.path() / "out.unfinished");
  }

  ScratchFolder folder_;
  telemetry::Metrics metrics_;
  ProcessWarehouse warehouse_;
};

TEST_F(WarehouseExport, says_what_it_wrote) {
  load(30'000);
  for (const auto format : {ExportFormat::kCsv, ExportFormat::kParquet}) {
    const auto made = await_here(warehouse_.export_to(request(format)));
    ASSERT_TRUE(made.has_value());
    EXPECT_EQ(made->rows, 30'000U);
    EXPECT_EQ(made->bytes, std::filesystem::file_size(folder_.path() / "out"));
    EXPECT_FALSE(has_unfinished());
  }
}

TEST_F(WarehouseExport, rows_come_in_the_order_they_were_loaded) {
  load(30'000);
  ASSERT_EQ(code_of(request(ExportFormat::kCsv)), "ok");
  std::ifstream file(folder_.path() / "out");
  std::string line;
  std::getline(file, line);
  for (Position order = 1; order <= 30'000; ++order) {
    ASSERT_TRUE(std::getline(file, line));
    ASSERT_NE(line.find(order_change(order).data.info.order_id.value), std::string::npos) << line;
  }
  EXPECT_FALSE(std::getline(file, line));
}

TEST_F(WarehouseExport, a_file_beyond_its_bound_is_refused_and_gone) {
  load(30'000);
  auto large = request(ExportFormat::kCsv);
  large.max_bytes = 1'000;
  EXPECT_EQ(code_of(large), "export_too_large");
  EXPECT_FALSE(has_file());
  EXPECT_FALSE(has_unfinished());
}

TEST_F(WarehouseExport, one_that_takes_too_long_is_interrupted_and_leaves_nothing) {
  load(100'000);
  auto slow = request(ExportFormat::kParquet);
  slow.timeout = 1ms;
  std::string code;
  try {
    code = code_of(slow);
  } catch (const Unavailable&) {
    code = "had no turn";
  }
  EXPECT_TRUE(code == "export_timeout" || code == "had no turn") << code;
  EXPECT_EQ(code_of(request(ExportFormat::kParquet)), "ok");
  EXPECT_FALSE(has_unfinished());
}

TEST_F(WarehouseExport, a_folder_that_is_not_there_is_told_of) {
  auto nowhere = request(ExportFormat::kCsv);
  nowhere.file = (folder_.path() / "nowhere" / "out").string();
  EXPECT_THROW(code_of(nowhere), Unavailable);
  EXPECT_EQ(code_of(request(ExportFormat::kCsv)), "ok");
}

TEST_F(WarehouseExport, an_engine_that_dies_over_it_leaves_no_file) {
  load(400'000);
  const int engine = warehouse_.engine_pid();
  std::jthread killer([&](const std::stop_token& stop) {
    while (!stop.stop_requested() && !has_unfinished())
      std::this_thread::yield();
    ::kill(engine, SIGKILL);
  });
  EXPECT_THROW(code_of(request(ExportFormat::kCsv)), Unavailable);
  killer.join();
  EXPECT_FALSE(has_file());
}

}  // namespace
}  // namespace orderly::testing
