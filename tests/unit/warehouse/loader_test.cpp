#include "warehouse/loader.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <set>

#include "runtime/task_group.hpp"
#include "support/memory_warehouse.hpp"
#include "support/order_changes.hpp"
#include "support/sim_loop.hpp"

namespace orderly::warehouse {
namespace {

using namespace std::chrono_literals;
using testing::cursor_at;
using testing::order_change;

const telemetry::Labels kLabels{{"table", "order_information"}};

/// The read model's change log, as a vector.
class FakeLog final : public events::EventLog<events::OrderInfoPut> {
 public:
  Result<events::FeedPage<events::OrderInfoPut>> read_events(const Cursor& after,
                                                             std::size_t limit) const override {
    ++reads;
    if (unavailable) throw Unavailable("the read model is away");
    const auto head = static_cast<Position>(changes.size());
    const bool other_event =
        after.position > 0 && after.position <= head && !after.event_id.is_nil() &&
        changes[static_cast<std::size_t>(after.position) - 1].event_id != after.event_id;
    const bool other_epoch = !after.epoch.is_nil() && after.epoch != epoch;
    if (conflict || other_event || other_epoch || after.position > head) {
      return failure(ErrorKind::kConflict, "position_conflict", "another event stands there");
    }
    events::FeedPage<events::OrderInfoPut> page{.epoch = epoch, .head = head + untold};
    const auto first = static_cast<std::size_t>(after.position);
    const auto last = std::min(changes.size(), first + limit);
    page.events.assign(changes.begin() + static_cast<std::ptrdiff_t>(first),
                       changes.begin() + static_cast<std::ptrdiff_t>(last));
    return page;
  }
  runtime::Signal& appended() const override { return signal; }

  void append(Position count, UtcTime accepted_at) {
    for (Position i = 0; i < count; ++i) {
      changes.push_back(order_change(static_cast<Position>(changes.size()) + 1));
      changes.back().accepted_at = accepted_at;
    }
    signal.notify();
  }

  /// Another history from `fork` on.
  void fork(Position fork) {
    changes.resize(static_cast<std::size_t>(fork));
    for (Position position : {fork + 1, fork + 2}) {
      changes.push_back(order_change(100 + position));
      changes.back().position = position;
    }
    signal.notify();
  }

  std::vector<Change> changes;
  Uuid epoch = cursor_at(1).epoch;
  bool conflict = false;
  bool unavailable = false;
  Position untold = 0;  ///< changes that the head counts and nobody is told of yet
  mutable int reads = 0;
  mutable runtime::Signal signal;
};

class LoaderTest : public ::testing::Test {
 protected:
  ~LoaderTest() override {
    tasks_.stop();
    run_until([this] { return tasks_.size() == 0; }, 1min);
  }

  void start() {
    tasks_.spawn("loader", runtime::pump(loop_, loader_, random_, Loader::pump_options()));
  }
  bool run_until(const std::function<bool()>& done, std::chrono::nanoseconds limit) {
    return loop_.run_until(done, loop_.steady_now() + limit);
  }
  void run_for(std::chrono::nanoseconds time) {
    run_until([] { return false; }, time);
  }
  bool all_loaded() const { return warehouse_.rows().size() == log_.changes.size(); }
  std::uint64_t loads() {
    return metrics_.counter("orderly_warehouse_loads_total", "", kLabels).value();
  }
  bool metric_is(const std::string& line) const {
    return metrics_.expose().find("\n" + line + "\n") != std::string::npos;
  }

  testing::SimClock clock_{UtcTime(1'700'000'000s)};
  testing::SimLoop loop_{clock_};
  SeededRandom random_{1};
  telemetry::Metrics metrics_;
  FakeLog log_;
  events::LocalFeed<events::OrderInfoPut> feed_{loop_, log_};
  testing::MemoryWarehouse warehouse_;
  LoadStatus status_;
  FeedSource<events::OrderInfoPut> source_{order_information(), feed_, append_order};
  Loader loader_{loop_, source_, warehouse_, status_, metrics_};
  runtime::TaskGroup tasks_{loop_};
};

TEST_F(LoaderTest, a_change_in_quiet_times_is_loaded_at_once) {
  start();
  run_for(1s);
  const SteadyTime before = loop_.steady_now();
  log_.append(1, loop_.utc_now());
  ASSERT_TRUE(run_until([this] { return all_loaded(); }, 1s));
  EXPECT_LE(loop_.steady_now() - before, 1ms);
  EXPECT_EQ(warehouse_.position(), cursor_at(1));
}

TEST_F(LoaderTest, under_load_batches_gather_for_the_pace_and_no_longer) {
  start();
  for (int i = 0; i < 1000; ++i) {
    log_.append(1, loop_.utc_now());
    run_for(1ms);
  }
  EXPECT_LE(loads(), 11U);
  EXPECT_GE(loads(), 9U);
  const SteadyTime before = loop_.steady_now();
  ASSERT_TRUE(run_until([this] { return all_loaded(); }, 1s));
  EXPECT_LE(loop_.steady_now() - before, 100ms);
}

TEST_F(LoaderTest, a_head_that_is_ahead_of_what_is_told_is_no_backlog) {
  log_.untold = 1;
  start();
  for (int i = 0; i < 1000; ++i) {
    log_.append(1, loop_.utc_now());
    run_for(1ms);
  }
  EXPECT_LE(loads(), 11U);
  ASSERT_TRUE(run_until([this] { return all_loaded(); }, 1s));
}

TEST_F(LoaderTest, a_backlog_is_loaded_in_full_batches_without_pausing) {
  log_.append(2 * static_cast<Position>(kMaxLoadRows) + 5, loop_.utc_now());
  start();
  const SteadyTime before = loop_.steady_now();
  ASSERT_TRUE(run_until([this] { return all_loaded(); }, 1s));
  EXPECT_LE(loop_.steady_now() - before, 1ms);
  EXPECT_EQ(loads(), 3U);
}

/// The load's commit may have happened although it was reported as failed, or not.
TEST_F(LoaderTest, a_load_in_doubt_is_neither_lost_nor_repeated) {
  int failures = 0;
  warehouse_.on_load([&](testing::MemoryWarehouse::FaultPoint) { return ++failures <= 6; });
  start();
  log_.append(300, loop_.utc_now());
  ASSERT_TRUE(run_until([this] { return all_loaded(); }, 10min));
  log_.append(300, loop_.utc_now());
  ASSERT_TRUE(run_until([this] { return all_loaded(); }, 10min));
  run_for(1min);
  EXPECT_EQ(warehouse_.rows().size(), 600U);
  EXPECT_EQ(warehouse_.position(), cursor_at(600));
}

TEST_F(LoaderTest, another_loader_that_was_faster_is_noticed) {
  start();
  log_.append(10, loop_.utc_now());
  ASSERT_TRUE(run_until([this] { return all_loaded(); }, 1s));
  // Somebody else loads 11 … 20 before this loader does.
  auto stolen = testing::order_load(testing::order_changes(11, 20), cursor_at(10), cursor_at(20));
  boost::asio::co_spawn(loop_.executor(), warehouse_.load(std::move(stolen)),
                        [](const std::exception_ptr&, bool loaded) { EXPECT_TRUE(loaded); });
  log_.append(15, loop_.utc_now());
  ASSERT_TRUE(run_until([this] { return warehouse_.position() == cursor_at(25); }, 10s));
  EXPECT_EQ(warehouse_.rows().size(), 25U);
}

TEST_F(LoaderTest, a_source_with_another_history_raises_the_alarm_and_loads_nothing) {
  start();
  log_.append(3, loop_.utc_now());
  ASSERT_TRUE(run_until([this] { return all_loaded(); }, 1s));
  log_.conflict = true;
  log_.append(3, loop_.utc_now());
  ASSERT_TRUE(run_until(
      [this] {
        return metrics_.gauge("orderly_warehouse_source_conflict", "", kLabels).value() == 1;
      },
      1min));
  run_for(1min);
  EXPECT_EQ(warehouse_.rows().size(), 3U);
  EXPECT_EQ(status_.lag(loop_.utc_now()), std::nullopt);
  EXPECT_GT(metrics_.counter("orderly_warehouse_source_conflicts_total", "", kLabels).value(), 1U);
  log_.conflict = false;
  ASSERT_TRUE(run_until([this] { return all_loaded(); }, 1min));
  EXPECT_EQ(metrics_.gauge("orderly_warehouse_source_conflict", "", kLabels).value(), 0);
}

TEST_F(LoaderTest, a_table_is_loaded_anew_where_the_source_has_another_history) {
  start();
  log_.append(6, loop_.utc_now());
  ASSERT_TRUE(run_until([this] { return all_loaded(); }, 1s));
  log_.fork(2);
  const auto is_there = [this] { return warehouse_.position().position == 4; };
  ASSERT_TRUE(run_until(is_there, 1min));
  std::vector<std::string> expected;
  for (const auto& change : log_.changes)
    expected.push_back(change.data.info.order_id.value);
  std::vector<std::string> rows;
  for (const auto& row : warehouse_.rows())
    rows.push_back(row.order_id.value);
  EXPECT_EQ(rows, expected);
  EXPECT_EQ(warehouse_.taken_out().size(), 4U);
  EXPECT_EQ(metrics_.counter("orderly_warehouse_reloads_total", "", kLabels).value(), 1U);
  log_.append(1, loop_.utc_now());
  ASSERT_TRUE(run_until([this] { return all_loaded(); }, 1min));
  EXPECT_EQ(metrics_.gauge("orderly_warehouse_source_conflict", "", kLabels).value(), 0);
}

TEST_F(LoaderTest, a_new_epoch_of_the_read_model_is_loaded_anew) {
  start();
  log_.append(3, loop_.utc_now());
  ASSERT_TRUE(run_until([this] { return all_loaded(); }, 1s));
  log_.epoch = cursor_at(1).event_id;
  log_.append(2, loop_.utc_now());
  ASSERT_TRUE(run_until([this] { return all_loaded(); }, 1min));
  EXPECT_EQ(warehouse_.position().epoch, log_.epoch);
  EXPECT_EQ(metrics_.counter("orderly_warehouse_reloads_total", "", kLabels).value(), 1U);
  EXPECT_EQ(warehouse_.rows().size(), 5U);
  EXPECT_TRUE(warehouse_.taken_out().empty());
}

TEST_F(LoaderTest, a_table_that_is_loaded_anew_takes_its_place_when_it_has_all) {
  start();
  log_.append(3, loop_.utc_now());
  ASSERT_TRUE(run_until([this] { return all_loaded(); }, 1s));
  std::set<std::size_t> seen;
  warehouse_.on_load([&](testing::MemoryWarehouse::FaultPoint) {
    seen.insert(warehouse_.rows().size());
    return false;
  });
  log_.epoch = cursor_at(1).event_id;
  log_.append(static_cast<Position>(kMaxLoadRows) + 5, loop_.utc_now());  // more than one load
  ASSERT_TRUE(run_until([this] { return all_loaded(); }, 1min));
  EXPECT_EQ(seen, (std::set<std::size_t>{3, log_.changes.size()}));
}

TEST_F(LoaderTest, lag_is_measured_from_the_head_and_unknown_without_it) {
  EXPECT_EQ(status_.lag(loop_.utc_now()), std::nullopt);
  EXPECT_FALSE(metric_is(R"(orderly_warehouse_lag_changes{table="order_information"} 0)"));
  start();
  ASSERT_TRUE(run_until([this] { return status_.lag(loop_.utc_now()).has_value(); }, 100ms));
  EXPECT_EQ(status_.lag(loop_.utc_now())->changes, 0);
  EXPECT_TRUE(metric_is(R"(orderly_warehouse_lag_changes{table="order_information"} 0)"));

  // The warehouse is away: the lag grows with the age of the oldest change that is not in it.
  warehouse_.on_load([](testing::MemoryWarehouse::FaultPoint) { return true; });
  log_.append(4, loop_.utc_now());
  run_for(30s);
  const auto lag = status_.lag(loop_.utc_now());
  ASSERT_TRUE(lag.has_value());
  EXPECT_EQ(lag->changes, 4);
  EXPECT_EQ(lag->time, 30s);

  warehouse_.on_load({});
  ASSERT_TRUE(run_until([this] { return all_loaded(); }, 1min));
  EXPECT_EQ(status_.lag(loop_.utc_now())->time, 0ms);

  log_.unavailable = true;
  run_for(1min);
  EXPECT_EQ(status_.lag(loop_.utc_now()), std::nullopt);
}

}  // namespace
}  // namespace orderly::warehouse
