#include "warehouse/warehouse_rebuild.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <memory>
#include <optional>

#include "rebuild/rebuild.hpp"
#include "runtime/task_group.hpp"
#include "support/memory_warehouse.hpp"
#include "support/order_changes.hpp"
#include "support/sim_loop.hpp"

namespace orderly::warehouse {
namespace {

using namespace std::chrono_literals;
using rebuild::Command;
using rebuild::Phase;
using rebuild::Status;
using testing::cursor_at;
using testing::MemoryWarehouse;
using testing::order_change;
using testing::replacing_change;
using FaultPoint = MemoryWarehouse::FaultPoint;

/// The read model's change log: an order that is replaced leaves its place.
class ChangeLog final : public events::EventLog<events::OrderInfoPut> {
 public:
  Result<events::FeedPage<events::OrderInfoPut>> read_events(const Cursor& after,
                                                             std::size_t limit) const override {
    if (away) throw Unavailable("the read model is away");
    if ((!after.epoch.is_nil() && after.epoch != epoch) || after.position > head) {
      return failure(ErrorKind::kConflict, "position_conflict", "another event stands there");
    }
    events::FeedPage<events::OrderInfoPut> page{.epoch = epoch, .head = head};
    for (const Change& change : changes) {
      if (change.position > after.position && page.events.size() < limit)
        page.events.push_back(change);
    }
    return page;
  }
  runtime::Signal& appended() const override { return signal; }

  void append(Position count) {
    for (Position i = 0; i < count; ++i)
      changes.push_back(order_change(++head));
    signal.notify();
  }
  void replace(Position of, std::int64_t unit_price) {
    const auto id = order_change(of).data.info.order_id;
    std::erase_if(changes, [&](const Change& one) { return one.data.info.order_id == id; });
    changes.push_back(replacing_change(++head, of, unit_price));
    signal.notify();
  }

  std::vector<Change> changes;
  Position head = 0;
  Uuid epoch = cursor_at(1).epoch;
  bool away = false;
  mutable runtime::Signal signal;
};

/// A feed that does not have what it had.
class ForgetfulSource final : public RowSource {
 public:
  [[nodiscard]] const TableSpec& table() const override { return dead_letters(); }
  runtime::Task<Result<Page>> read(Cursor after, std::size_t, std::chrono::milliseconds,
                                   RowBatch&) override {
    co_return Page{.to = after};
  }
  [[nodiscard]] bool is_complete() const override { return false; }
};

std::vector<events::OrderInfo> sorted(std::vector<events::OrderInfo> rows) {
  std::ranges::sort(rows, {}, [](const auto& row) { return row.order_id.value; });
  return rows;
}

/// A process with a loader and a rebuild; what its warehouse stored outlives it.
class Life {
 public:
  Life(testing::SimLoop& loop, ChangeLog& log, std::shared_ptr<MemoryWarehouse::Storage> storage)
      : loop_(loop), warehouse_(std::move(storage)), feed_(loop, log) {
    loaders_.add(std::make_unique<FeedSource<events::OrderInfoPut>>(order_information(), feed_,
                                                                    append_order));
    loaders_.add(std::make_unique<ForgetfulSource>());
    loaders_.for_each([this](const std::string& name, Loader& loader) {
      if (name.ends_with("order_information"))
        tasks_.spawn(name, runtime::pump(loop_, loader, random_, Loader::pump_options()));
    });
  }
  ~Life() {
    bool stopped = false;
    boost::asio::co_spawn(loop_.executor(), rebuild_.stop(),
                          [&](const std::exception_ptr&) { stopped = true; });
    tasks_.stop();
    EXPECT_TRUE(
        loop_.run_until([&] { return stopped && tasks_.size() == 0; }, loop_.steady_now() + 1min));
  }
  Life(const Life&) = delete;
  Life& operator=(const Life&) = delete;

  void start_rebuild() { rebuild_.start(); }
  MemoryWarehouse& warehouse() { return warehouse_; }
  rebuild::Rebuild& rebuild() { return rebuild_; }

 private:
  testing::SimLoop& loop_;
  MemoryWarehouse warehouse_;
  events::LocalFeed<events::OrderInfoPut> feed_;
  SeededRandom random_{1};
  telemetry::Metrics metrics_;
  Loaders loaders_{loop_, warehouse_, metrics_};
  WarehouseRebuild rebuildable_{loop_, warehouse_, loaders_};
  rebuild::Rebuild rebuild_{loop_, rebuildable_, "warehouse"};
  runtime::TaskGroup tasks_{loop_};
};

class WarehouseRebuildTest : public ::testing::Test {
 protected:
  WarehouseRebuildTest() { live(); }

  /// The process dies, if there is one, and starts again.
  void live() {
    life_.reset();
    life_ = std::make_unique<Life>(loop_, log_, storage_);
    life_->start_rebuild();
  }
  bool run_until(const std::function<bool()>& done, std::chrono::nanoseconds limit = 1min) {
    return loop_.run_until(done, loop_.steady_now() + limit);
  }
  Status status() { return life_->rebuild().status(); }
  bool is_loaded() { return storage_->live.position.position == log_.head; }
  void load_all() {
    ASSERT_TRUE(run_until([this] { return is_loaded(); }));
  }
  void append(Position count) {
    log_.append(count);
    load_all();
  }
  void reach(Phase phase) {
    ASSERT_TRUE(run_until([&] { return status().phase == phase; }))
        << to_string(status().phase) << ": " << status().last;
  }
  /// Gives a command and runs it to its end.
  Status command(Command::Action action, bool swap_when_equal = true) {
    std::optional<std::int64_t> before;
    EXPECT_TRUE(run_until([&] {
      const auto taken =
          life_->rebuild().request({.action = action, .swap_when_equal = swap_when_equal});
      if (taken) before = *taken;
      return taken.has_value();
    })) << "it was not taken";
    EXPECT_TRUE(run_until([&] { return status().ended > before.value_or(0); }, 10min));
    return status();
  }
  void expect_whole() {
    load_all();
    std::vector<events::OrderInfo> expected;
    for (const Change& change : log_.changes)
      expected.push_back(change.data.info);
    EXPECT_EQ(sorted(storage_->live.rows), sorted(expected));
  }

  testing::SimClock clock_{UtcTime(1'700'000'000s)};
  testing::SimLoop loop_{clock_};
  ChangeLog log_;
  std::shared_ptr<MemoryWarehouse::Storage> storage_ = std::make_shared<MemoryWarehouse::Storage>();
  std::unique_ptr<Life> life_;
};

TEST_F(WarehouseRebuildTest, equal_tables_change_places_and_the_old_ones_are_fed_on) {
  append(2'500);
  EXPECT_EQ(command(Command::Action::kStart).last, "equal, and swapped");
  EXPECT_EQ(status().phase, Phase::kKept);
  append(10);
  EXPECT_EQ(storage_->second.rows.size(), 2'510U);
  EXPECT_EQ(command(Command::Action::kRollback).last, "rolled back");
  expect_whole();
  EXPECT_EQ(command(Command::Action::kDrop).phase, Phase::kIdle);
  EXPECT_TRUE(storage_->seconds.empty());
}

TEST_F(WarehouseRebuildTest, orders_that_come_meanwhile_are_in_both) {
  append(5'000);
  ASSERT_TRUE(life_->rebuild().request({}));
  while (status().phase != Phase::kKept) {
    ASSERT_FALSE(status().failed) << status().last;
    log_.append(7);
    run_until([] { return false; }, 30ms);
  }
  expect_whole();
  EXPECT_EQ(command(Command::Action::kRollback).last, "rolled back");
  expect_whole();
}

TEST_F(WarehouseRebuildTest, damage_is_named_with_both_sides_and_ended_by_a_swap) {
  append(100);
  storage_->live.rows.at(4).unit_price = 1;
  storage_->live.rows.erase(storage_->live.rows.begin() + 9);
  const Status found = command(Command::Action::kStart);
  EXPECT_EQ(found.last, "compared: 2 differ");
  EXPECT_EQ(found.phase, Phase::kCompared);
  ASSERT_EQ(found.named.size(), 2U);
  const auto dearer = std::ranges::find(found.named, order_change(5).data.info.order_id.value,
                                        &rebuild::Difference::key);
  ASSERT_NE(dearer, found.named.end());
  EXPECT_EQ(dearer->table, "order_information");
  EXPECT_NE(dearer->live.find(R"("unit_price":1,)"), std::string::npos) << dearer->live;
  EXPECT_NE(dearer->rebuilt.find(R"("order_id":")"), std::string::npos) << dearer->rebuilt;
  EXPECT_EQ(command(Command::Action::kSwap).last, "swapped, 2 differed");
  expect_whole();
  EXPECT_EQ(command(Command::Action::kRollback).last, "rolled back, 2 differed");
  EXPECT_EQ(storage_->live.rows.size(), 99U);
}

/// An order that is replaced leaves a gap, and where the live table stands there may be nothing.
TEST_F(WarehouseRebuildTest, gaps_of_the_log_are_no_difference) {
  append(3'000);
  for (Position order = 500; order < 2'999; order += 2)
    log_.replace(order, order);
  load_all();
  log_.replace(2'998, 7);  // and then a part of it that the loader has not
  EXPECT_EQ(command(Command::Action::kStart).last, "equal, and swapped");
  expect_whole();
}

TEST_F(WarehouseRebuildTest, an_order_that_is_replaced_behind_the_live_table_is_no_difference) {
  append(2'000);
  // Until the loader's next turn it stands at a place that the log does not have any more.
  log_.replace(2'000, 5);
  log_.replace(1, 6);
  EXPECT_EQ(command(Command::Action::kStart).last, "equal, and swapped");
  expect_whole();
}

TEST_F(WarehouseRebuildTest, another_history_ends_it_and_says_so) {
  append(3'000);
  ASSERT_TRUE(life_->rebuild().request({}));
  reach(Phase::kFilling);
  log_.epoch = cursor_at(1).event_id;
  ASSERT_TRUE(run_until([this] { return status().ended > 0; }));
  EXPECT_TRUE(status().failed);
  EXPECT_NE(status().last.find("another history"), std::string::npos) << status().last;
  EXPECT_EQ(status().phase, Phase::kIdle);
  ASSERT_TRUE(run_until([this] { return storage_->live.position.epoch == log_.epoch; }));
  expect_whole();
  EXPECT_EQ(command(Command::Action::kStart).last, "equal, and swapped");
}

TEST_F(WarehouseRebuildTest, a_source_that_was_put_back_to_nothing_is_empty_in_both) {
  append(10);
  log_.changes.clear();
  log_.head = 0;
  log_.epoch = cursor_at(1).event_id;
  ASSERT_TRUE(run_until([this] { return storage_->live.position.epoch == log_.epoch; }));
  EXPECT_TRUE(storage_->live.rows.empty());
  EXPECT_EQ(command(Command::Action::kStart).last, "equal, and swapped");
  append(3);
  EXPECT_EQ(command(Command::Action::kRollback).last, "rolled back");
  expect_whole();
}

TEST_F(WarehouseRebuildTest, tables_that_are_kept_are_dropped_when_the_live_one_is_loaded_anew) {
  append(10);
  command(Command::Action::kStart);
  ASSERT_EQ(status().phase, Phase::kKept);
  log_.epoch = cursor_at(1).event_id;
  append(1);
  reach(Phase::kIdle);
  EXPECT_NE(status().last.find("another history"), std::string::npos) << status().last;
  EXPECT_FALSE(storage_->kept_until.has_value());
  expect_whole();
}

TEST_F(WarehouseRebuildTest, a_table_whose_source_forgets_is_left_as_it_is) {
  append(10);
  storage_->live.others["dead_letters"] = {.rows = 5, .position = cursor_at(9)};
  command(Command::Action::kStart);
  EXPECT_FALSE(storage_->seconds.contains("dead_letters"));
  EXPECT_EQ(storage_->live.others["dead_letters"].rows, 5U);
}

TEST_F(WarehouseRebuildTest, it_goes_on_when_its_source_and_the_warehouse_are_back) {
  append(3'000);
  ASSERT_TRUE(life_->rebuild().request({}));
  reach(Phase::kFilling);
  log_.away = true;
  int failures = 0;
  life_->warehouse().on_load([&](FaultPoint) { return ++failures < 20; });
  run_until([] { return false; }, 20s);
  log_.away = false;
  ASSERT_TRUE(run_until([this] { return status().ended > 0; }, 10min));
  EXPECT_EQ(status().last, "equal, and swapped");
  expect_whole();
}

TEST_F(WarehouseRebuildTest, what_an_earlier_process_kept_goes_on_and_is_compared) {
  append(100);
  storage_->live.rows.front().unit_price = 1;
  command(Command::Action::kStart);
  command(Command::Action::kSwap);
  live();
  reach(Phase::kKept);
  append(5);
  ASSERT_TRUE(run_until([this] { return status().compared; }));
  EXPECT_EQ(status().differences, 1U);
  EXPECT_EQ(command(Command::Action::kRollback).last, "rolled back, 1 differed");
  EXPECT_EQ(storage_->live.rows.size(), 105U);
}

TEST_F(WarehouseRebuildTest, a_swap_whose_answer_is_lost_has_happened) {
  append(100);
  storage_->live.rows.at(4).unit_price = 1;
  command(Command::Action::kStart);
  bool lost = false;
  life_->warehouse().on_load([&](FaultPoint point) {
    const bool is_it = !lost && storage_->swapped && point == FaultPoint::kAfterCommit;
    lost = lost || is_it;
    return is_it;
  });
  EXPECT_EQ(command(Command::Action::kSwap).last, "swapped, 1 differed");
  EXPECT_TRUE(lost);
  expect_whole();
}

/// Each durable step, with nothing done and with all done, and then the process dies: the live
/// tables are whole, there is no third state, and a rebuild can be made.
TEST_F(WarehouseRebuildTest, dying_at_any_step_leaves_the_live_tables_whole) {
  append(2'500);
  int points = 0;
  for (int die_at = 0; points >= die_at; ++die_at) {
    points = 0;
    bool died = false;
    life_->warehouse().on_load([&](FaultPoint) {
      died = died || points++ == die_at;
      return died;
    });
    const auto before = life_->rebuild().request({.keep = 1min});
    ASSERT_TRUE(before) << before.error().message;
    ASSERT_TRUE(run_until([&] { return died || status().ended > *before; }));
    live();
    ASSERT_TRUE(run_until([this] { return status().phase != Phase::kStarting; }));
    EXPECT_TRUE(status().phase == Phase::kIdle || status().phase == Phase::kKept);
    log_.append(3);
    expect_whole();
    if (status().phase == Phase::kKept) command(Command::Action::kDrop);
    EXPECT_TRUE(storage_->seconds.empty()) << "after point " << die_at;
  }
  EXPECT_GT(points, 6) << "creating, filling, swapping, keeping";
}

}  // namespace
}  // namespace orderly::warehouse
