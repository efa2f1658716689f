// The promise behind final prices, kept through restarts, crashes and clocks that jump.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sqlite3.h>

#include <chrono>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "conformance/product_store_conformance.hpp"
#include "product/sqlite/sqlite_product_store.hpp"

namespace orderly::product {
namespace {

using namespace std::chrono_literals;
using namespace orderly::product::testing;
using orderly::testing::DiskOp;
using orderly::testing::run;
using World = orderly::testing::SqliteStoreWorld<ProductStore, SqliteProductStore>;

UtcTime now(World& world) { return world.loop().utc_now(); }

events::FeedPage<events::ProductPut> feed(World& world) {
  return world.store().read_events({}, events::kMaxFeedPage).value();
}

void pass(World& world, std::chrono::milliseconds time) {
  world.run_until([] { return false; }, time);
}

TEST(ClosedTimeTest, CostsOneWriteALease) {
  World world;
  ASSERT_TRUE(run(world, world.store().close(now(world))));
  const auto before = world.disk().durable_ops();
  for (int i = 0; i < 9; ++i) {
    pass(world, 100ms);
    ASSERT_TRUE(run(world, world.store().close(now(world))));
  }
  EXPECT_EQ(world.disk().durable_ops(), before);
  pass(world, 200ms);
  ASSERT_TRUE(run(world, world.store().close(now(world))));
  EXPECT_GT(world.disk().durable_ops(), before);
}

TEST(ClosedTimeTest, ARestartHoldsAPriceBackForNoMoreThanALease) {
  World world;
  ASSERT_TRUE(run(world, world.store().close(now(world))));
  world.crash();
  const auto start = world.loop().steady_now();
  ASSERT_TRUE(run(world, world.store().put(new_version("p", 1))));
  EXPECT_LE(world.loop().steady_now() - start, kClosedTimeLease + 1ms);
}

TEST(ClosedTimeTest, IsNotAnsweredFromMemoryWhileAFailedCommitMayComeBack) {
  int came_back = 0;
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    World world(seed);
    ASSERT_TRUE(run(world, world.store().put(keyed_version("key", "p", 1))));
    ASSERT_TRUE(run(world, world.store().close(now(world))));
    pass(world, 10ms);
    // The version reaches the log, but not the disk; its caller is told that it failed.
    world.disk().fail_next({.op = DiskOp::kSync, .code = SQLITE_IOERR_FSYNC});
    EXPECT_THROW(std::ignore = run(world, world.store().put(new_version("p", 2))), Unavailable);
    // A commit that writes nothing takes no place in the log.
    ASSERT_TRUE(run(world, world.store().put(keyed_version("key", "p", 1)))->replayed);
    const bool closes = seed % 2 == 0;
    const UtcTime time = now(world);
    if (closes) {
      EXPECT_EQ(run(world, world.store().close(time))->position, 1);
    }
    world.crash();
    for (const auto& version : feed(world).events) {
      if (version.position == 1) continue;
      if (closes) {
        EXPECT_GT(version.accepted_at, time);
      } else {
        ++came_back;
      }
    }
  }
  EXPECT_GT(came_back, 0) << "no failed commit ever comes back, so that this proves nothing";
}

TEST(ClosedTimeTest, IsNotPromisedWhereTheDiskIsFull) {
  World world;
  ASSERT_TRUE(run(world, world.store().close(now(world))));
  pass(world, 2s);
  world.disk().set_capacity(0);
  EXPECT_THROW(std::ignore = run(world, world.store().close(now(world))), StorageFull);
  world.disk().set_capacity(std::nullopt);
  EXPECT_TRUE(run(world, world.store().close(now(world))));
}

/// A step of a life of the store.
struct Step {
  enum Kind { kPut, kClose, kCloseAhead, kPassTime, kSetClock, kFailSync, kRestart, kCrash } kind;
  int amount;
};

std::vector<Step> steps() {
  const auto step =
      rc::gen::construct<Step>(rc::gen::weightedElement<Step::Kind>({{5, Step::kPut},
                                                                     {5, Step::kClose},
                                                                     {1, Step::kCloseAhead},
                                                                     {3, Step::kPassTime},
                                                                     {2, Step::kSetClock},
                                                                     {1, Step::kFailSync},
                                                                     {1, Step::kRestart},
                                                                     {2, Step::kCrash}}),
                               rc::gen::inRange(1, 1000));
  return *rc::gen::container<std::vector<Step>>(step);
}

class Life {
 public:
  void live(const Step& step) {
    switch (step.kind) {
      case Step::kPut:
        put(step.amount);
        break;
      case Step::kClose:
        close(now(world_) - std::chrono::microseconds(step.amount % 3));
        break;
      case Step::kCloseAhead:
        close(now(world_) + std::chrono::milliseconds(step.amount * 11));
        break;
      case Step::kPassTime:
        pass(world_, std::chrono::milliseconds(step.amount));
        break;
      case Step::kSetClock:
        world_.set_clock(std::chrono::milliseconds(step.amount * 8 - 4000));
        break;
      case Step::kFailSync:
        world_.disk().fail_next({.op = DiskOp::kSync, .code = SQLITE_IOERR_FSYNC});
        break;
      case Step::kRestart:
        world_.disk().clear_faults();
        world_.restart();
        break;
      case Step::kCrash:
        crash_at_work(step.amount);
        break;
    }
  }

  void check() {
    const auto page = feed(world_);
    RC_ASSERT(page.head == static_cast<Position>(page.events.size()));
    for (std::size_t i = 0; i < page.events.size(); ++i) {
      RC_ASSERT(page.events[i].position == static_cast<Position>(i + 1));
      RC_ASSERT((i == 0 || page.events[i].accepted_at > page.events[i - 1].accepted_at));
    }
    for (const auto& promise : promises_) {
      for (auto i = static_cast<std::size_t>(promise.position); i < page.events.size(); ++i)
        RC_ASSERT(page.events[i].accepted_at > promise.time);
    }
    for (const auto& outcome : answered_)
      RC_ASSERT(page.events.at(static_cast<std::size_t>(outcome.position) - 1).data ==
                outcome.product);
  }

 private:
  struct Promise {
    UtcTime time;
    Position position;
  };

  void put(int price) {
    try {
      const auto outcome = run(world_, world_.store().put(new_version("p", price)));
      if (!outcome) {
        RC_ASSERT(outcome.error().code == "clock_set_back");
        return;
      }
      RC_ASSERT(now(world_) >= outcome->valid_from);
      answered_.push_back(*outcome);
    } catch (const Unavailable&) {
      // a sync that was made to fail, or a machine that is down
    }
  }

  void close(UtcTime time) {
    try {
      const auto closed = run(world_, world_.store().close(time));
      if (!closed) {
        RC_ASSERT(closed.error().code == "clock_skew");
        RC_ASSERT(time > now(world_) + kMaxClockSkew);
        return;
      }
      promises_.push_back({time, closed->position});
    } catch (const Unavailable&) {
      // as above
    }
  }

  void crash_at_work(int amount) {
    bool died = false;
    world_.disk().crash_at_op(static_cast<std::uint64_t>(amount) % 40 + 1,
                              [&died] { died = true; });
    for (int i = 0; i < 10 && !died; ++i) {
      put(i);
      if (!died) close(now(world_));
    }
    world_.crash();
  }

  World world_;
  std::vector<Promise> promises_;
  std::vector<PutOutcome> answered_;
};

RC_GTEST_PROP(ClosedTimeProperty, NoLaterVersionIsOfAClosedTime, ()) {
  Life life;
  for (const auto& step : steps())
    life.live(step);
  life.check();
}

}  // namespace
}  // namespace orderly::product
