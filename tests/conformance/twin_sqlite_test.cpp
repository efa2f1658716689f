#include <gmock/gmock.h>
#include <sqlite3.h>

#include <set>
#include <tuple>

#include "conformance/twin_conformance.hpp"
#include "orderinfo/sqlite/read_model_files.hpp"
#include "support/sim_disk.hpp"
#include "support/sim_vfs.hpp"

namespace orderly::orderinfo::testing {
namespace {

using orderly::testing::DiskOp;
using orderly::testing::Loss;
using orderly::testing::SimDisk;
using orderly::testing::SimVfs;

class SqliteTwinWorld final : public TwinWorld {
 public:
  explicit SqliteTwinWorld(SimLoop& loop) : loop_(loop) { open(); }

  SwitchedReadModel& model() override { return files_->model(); }
  TwinHost& host() override { return *files_; }
  void restart() override { restart_after(Loss::kNothing); }

  SimDisk& disk() { return disk_; }
  ReadModelFiles& files() { return *files_; }
  void close() { files_.reset(); }
  void restart_after(Loss loss) {
    disk_.crash();
    close();
    disk_.restart(random_, loss);
    open();
  }
  SeededRandom& random() { return random_; }

 private:
  void open() {
    SqliteReadModelOptions options;
    options.database.vfs = vfs_.name();
    files_ = std::make_unique<ReadModelFiles>(
        loop_, ReadModelFiles::Paths{.first = "orderinfo.db", .second = "orderinfo-2.db"}, options,
        random_);
  }

  static inline int next_name_ = 0;

  SimLoop& loop_;
  SeededRandom random_{11};
  SimClock clock_{at(1000)};
  SimDisk disk_;
  SimVfs vfs_{"twin-world-" + std::to_string(next_name_++), disk_, clock_, random_};
  std::unique_ptr<ReadModelFiles> files_;
};

INSTANTIATE_TEST_SUITE_P(
    Sqlite, TwinConformance,
    ::testing::Values(TwinAdapter{
        "orderinfo", [](SimLoop& loop) { return std::make_unique<SqliteTwinWorld>(loop); }}),
    [](const auto& info) { return info.param.name; });

/// The promises of a swap, wherever in it the machine dies: one of the two is live and whole.
class SqliteTwinCrash : public ::testing::Test {
 protected:
  static constexpr Position kOrders = 5;

  static std::vector<OrderEvent> orders() {
    std::vector<OrderEvent> made;
    for (Position position = 1; position <= kOrders; ++position)
      made.push_back(order_event(position));
    return made;
  }

  /// A filled twin: everything costs 7 where it cost 5. Throws where the disk is gone.
  static std::unique_ptr<Twin> dearer(SqliteTwinWorld& world) {
    auto twin = world.host().create();
    TwinBatch batch{.products = {}, .rows = {}, .parked = {}, .to = twin->stand()};
    for (const auto& order : orders())
      batch.rows.push_back({from_feed(order), {"Thing", 7}});
    batch.to.orders = order_cursor(kOrders);
    twin->apply(batch);
    twin->finish();
    return twin;
  }

  /// A whole rebuild.
  static void rebuild(SqliteTwinWorld& world) {
    auto twin = dearer(world);
    while (!twin->compare(100)) {
    }
    twin->recheck();
    twin->promote();
    twin.reset();
    world.host().serve_promoted();
    world.host().keep(at(5000));
  }

  static std::unique_ptr<SqliteTwinWorld> live_one(SimLoop& loop) {
    auto world = std::make_unique<SqliteTwinWorld>(loop);
    ProjectionBatch batch;
    for (const auto& order : orders())
      batch.rows.push_back({from_feed(order), {"Thing", 5}});
    batch.order_cursor = CursorMove{{}, order_cursor(kOrders)};
    EXPECT_TRUE(run(loop, world->model().apply(batch)));
    return world;
  }

  /// Dies in the n-th durable operation of the rebuild; whether it had so many.
  static bool dies_in(std::uint64_t n, Loss loss) {
    SimClock clock{at(1000)};
    SimLoop loop{clock};
    auto world = live_one(loop);
    world->disk().crash_at_op(n);
    bool through = false;
    try {
      rebuild(*world);
      through = !world->disk().down();
    } catch (const Unavailable&) {
      EXPECT_TRUE(world->disk().down());
    }
    world->restart_after(loss);
    std::set<std::int64_t> prices;
    for (const auto& order : orders()) {
      const auto row = world->model().row(order.data.order_id);
      EXPECT_TRUE(row.has_value()) << "operation " << n;
      if (row) prices.insert(row->unit_price);
    }
    EXPECT_EQ(prices.size(), 1) << "one of the two, whole; operation " << n;
    EXPECT_EQ(world->model().progress().orders, order_cursor(kOrders));
    auto kept = world->host().kept();
    if (kept.twin) {
      EXPECT_EQ(prices, std::set<std::int64_t>{7});
    }
    return !through;
  }
};

/// One kind of loss a test, and every other operation: all in one take longer under sanitizers than
/// a test may.
class SqliteTwinCrashPoints
    : public SqliteTwinCrash,
      public ::testing::WithParamInterface<std::tuple<Loss, std::uint64_t>> {};

TEST_P(SqliteTwinCrashPoints, WhereverItDiesOneOfTheTwoIsLiveAndWhole) {
  auto [loss, n] = GetParam();
  while (dies_in(n, loss))
    n += 2;
  EXPECT_GT(n, 20) << "a rebuild has that many durable operations";
}

INSTANTIATE_TEST_SUITE_P(Losses, SqliteTwinCrashPoints,
                         ::testing::Combine(::testing::Values(Loss::kNothing, Loss::kEverything,
                                                              Loss::kTorn, Loss::kScattered),
                                            ::testing::Values(1, 2)));

/// The twin works on another thread, and may come in between the live one's commit and its sync.
TEST_F(SqliteTwinCrash, TheTwinHasNothingThatTheLiveOneMayLose) {
  SimClock clock{at(1000)};
  SimLoop loop{clock};
  auto world = live_one(loop);
  auto twin = dearer(*world);
  const auto next = order_event(kOrders + 1);
  ProjectionBatch batch;
  batch.rows = {{from_feed(next), {"Thing", 5}}};
  batch.order_cursor = CursorMove{order_cursor(kOrders), order_cursor(kOrders + 1)};
  const auto visible = [&] {
    TwinBatch seen{.products = {}, .rows = {}, .parked = {}, .to = twin->stand()};
    seen.rows = {{from_feed(next), {"Thing", 7}}};
    seen.to.orders = twin->live_stand().orders;
    EXPECT_EQ(seen.to.orders, order_cursor(kOrders + 1));
    twin->apply(seen);
    world->disk().crash();
  };
  EXPECT_THROW(run(loop, world->model().apply(batch, visible)), Unavailable);
  twin.reset();
  world->restart_after(Loss::kEverything);
  EXPECT_EQ(world->model().progress().orders, order_cursor(kOrders + 1));
}

TEST_F(SqliteTwinCrash, WhatAFailedStepOfTheComparisonHadFoundIsFoundAgain) {
  SimClock clock{at(1000)};
  SimLoop loop{clock};
  auto world = live_one(loop);
  auto twin = dearer(*world);
  world->disk().fail_next(
      {.op = DiskOp::kWrite, .code = SQLITE_IOERR_WRITE, .suffix = "-2.db-wal"});
  EXPECT_THROW(twin->compare(100), Unavailable);
  EXPECT_EQ(twin->differences(), 0);
  while (!twin->compare(100)) {
  }
  EXPECT_EQ(twin->differences(), kOrders);
  EXPECT_EQ(twin->first_differences(100).size(), kOrders);
  world->disk().fail_next(
      {.op = DiskOp::kWrite, .code = SQLITE_IOERR_WRITE, .suffix = "-2.db-wal"});
  TwinBatch batch{.products = {}, .rows = {}, .parked = {}, .to = twin->stand()};
  batch.to.log = twin->live_stand().log + 1;
  EXPECT_THROW(twin->apply(batch), Unavailable);
  twin->recheck();
  EXPECT_EQ(twin->differences(), kOrders);
}

TEST_F(SqliteTwinCrash, AStepWhoseWritesAndWhoseUndoingFailedIsTakenAgain) {
  SimClock clock{at(1000)};
  SimLoop loop{clock};
  auto world = live_one(loop);
  std::uint64_t failures = 0;
  for (std::uint64_t after = 0; failures == after; ++after) {
    auto twin = world->host().create();
    TwinBatch batch{.products = {}, .rows = {}, .parked = {}, .to = twin->stand()};
    for (const auto& order : orders())
      batch.rows.push_back({from_feed(order), {"Thing", 5}});
    batch.parked = {from_feed(order_event(kOrders + 1))};
    batch.to.orders = order_cursor(kOrders + 1);
    world->disk().fail_next({.op = DiskOp::kWrite,
                             .code = SQLITE_IOERR_WRITE,
                             .after = after,
                             .times = 3,
                             .suffix = "-2.db"});
    try {
      twin->apply(batch);
    } catch (const Unavailable&) {
      ++failures;
    }
    world->disk().clear_faults();
    if (failures > after) {
      twin->live_stand();
      EXPECT_EQ(twin->stand().orders, Cursor{}) << after;
      twin->apply(batch);
    }
    twin->finish();
    while (!twin->compare(100)) {
    }
    EXPECT_THAT(twin->first_differences(100), ::testing::SizeIs(1)) << after;
    twin.reset();
    world->host().remove();
  }
  EXPECT_GT(failures, 3) << "so many pages are written";
}

TEST_F(SqliteTwinCrash, NobodyLosesTheFileThatIsBeingRead) {
  SimClock clock{at(1000)};
  SimLoop loop{clock};
  auto world = live_one(loop);
  auto reader = world->model().current();
  auto twin = dearer(*world);
  while (!twin->compare(100)) {
  }
  twin->promote();
  twin.reset();
  world->host().serve_promoted();
  EXPECT_THROW(world->host().remove(), Unavailable);
  const auto id = orders().front().data.order_id;
  EXPECT_EQ(reader->row(id)->unit_price, 5);
  EXPECT_EQ(world->model().row(id)->unit_price, 7);
  reader.reset();
  world->host().remove();
  EXPECT_FALSE(world->disk().exists("orderinfo.db"));
  EXPECT_FALSE(world->disk().exists("orderinfo.db-wal"));
}

TEST_F(SqliteTwinCrash, WhoeverCopiesTheLiveFileKeepsItWhereItIs) {
  SimClock clock{at(1000)};
  SimLoop loop{clock};
  auto world = live_one(loop);
  auto copied = world->files().live();
  EXPECT_EQ(copied.path, "orderinfo.db");
  rebuild(*world);
  EXPECT_EQ(world->files().live().path, "orderinfo-2.db");
  EXPECT_THROW(world->host().remove(), Unavailable);
  EXPECT_TRUE(world->disk().exists(copied.path));
  copied.model.reset();
  world->host().remove();
  EXPECT_FALSE(world->disk().exists("orderinfo.db"));
}

TEST_F(SqliteTwinCrash, AFullDiskLeavesTheLiveOneAlone) {
  SimClock clock{at(1000)};
  SimLoop loop{clock};
  for (std::uint64_t room = 4096; room < std::uint64_t{400} * 1024; room += 8192) {
    auto world = live_one(loop);
    world->disk().set_capacity(world->disk().size("orderinfo.db") +
                               world->disk().size("orderinfo.db-wal") + room);
    try {
      rebuild(*world);
    } catch (const Unavailable&) {
      world->host().remove();
    }
    world->disk().set_capacity(std::nullopt);
    world->restart();
    for (const auto& order : orders())
      EXPECT_NE(world->model().row(order.data.order_id), std::nullopt) << room;
  }
}

}  // namespace
}  // namespace orderly::orderinfo::testing
