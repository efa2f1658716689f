#include "rebuild/rebuild.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <functional>
#include <string>

#include "support/sim_loop.hpp"

namespace orderly::rebuild {
namespace {

using namespace std::chrono_literals;
using orderly::testing::SimClock;
using orderly::testing::SimLoop;
using runtime::Task;

constexpr UtcTime kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};

/// A store of `events` events whose second one differs as it is told.
class FakeStore final : public RebuildableStore {
 public:
  std::optional<UtcTime> kept;
  std::int64_t events = 100;
  std::size_t differ = 0;
  bool exists = false;
  bool rebuilt_is_live = false;
  int swaps = 0;
  int removals = 0;
  std::function<void(const char* step)> before = [](const char*) {};

  Task<std::optional<UtcTime>> open_kept() override {
    before("open_kept");
    exists = kept.has_value();
    co_return kept;
  }
  Task<void> create() override {
    before("create");
    exists = true;
    filled_ = compared_ = 0;
    co_return;
  }
  Task<void> remove() override {
    before("remove");
    exists = false;
    ++removals;
    kept.reset();
    co_return;
  }
  Task<Progress> fill() override {
    before("fill");
    filled_ = std::min(events, filled_ + 30);
    co_return Progress{.more = filled_ < events, .done = filled_, .of = events};
  }
  Task<void> finish() override {
    before("finish");
    co_return;
  }
  Task<bool> follow() override {
    before("follow");
    const bool moved = filled_ < events;
    filled_ = events;
    co_return moved;
  }
  Task<std::int64_t> behind() override { co_return events - filled_; }
  Task<Progress> compare() override {
    before("compare");
    compared_ = std::min(events, compared_ + 50);
    co_return Progress{.more = compared_ < events, .done = compared_, .of = events};
  }
  Task<std::size_t> differences() override { co_return differ; }
  Task<std::vector<Difference>> first_differences(std::size_t limit) override {
    std::vector<Difference> named;
    for (std::size_t i = 0; i < std::min(limit, differ); ++i)
      named.push_back({.table = {}, .key = std::to_string(i), .live = "1", .rebuilt = "2"});
    co_return named;
  }
  Task<bool> swap(bool although_it_differs) override {
    before("swap");
    if (differ > 0 && !although_it_differs) co_return false;
    ++swaps;
    rebuilt_is_live = !rebuilt_is_live;
    co_return true;
  }
  Task<void> keep(UtcTime until) override {
    before("keep");
    kept = until;
    co_return;
  }

 private:
  std::int64_t filled_ = 0;
  std::int64_t compared_ = 0;
};

/// As the process does at its end.
void stop(SimLoop& loop, Rebuild& rebuild) {
  bool stopped = false;
  boost::asio::co_spawn(loop.executor(), rebuild.stop(),
                        [&](const std::exception_ptr&) { stopped = true; });
  EXPECT_TRUE(loop.run_until([&] { return stopped; }, loop.steady_now() + 1min));
}

class RebuildTest : public ::testing::Test {
 protected:
  ~RebuildTest() override { stop(loop_, rebuild_); }
  RebuildTest() {
    EXPECT_EQ(refusal(Command::Action::kStart), "starting");
    rebuild_.start();
    run_for(1ms);
  }

  void give(Command command) {
    const auto taken = rebuild_.request(command);
    ASSERT_TRUE(taken) << taken.error().message;
  }
  std::string refusal(Command::Action action) {
    const auto taken = rebuild_.request({.action = action});
    return taken ? "" : taken.error().code;
  }
  /// Runs until the command has ended.
  Status ended() {
    const auto before = ended_;
    loop_.run_until([&] { return rebuild_.status().ended > before; }, clock_.steady_now() + 1min);
    ended_ = rebuild_.status().ended;
    EXPECT_GT(ended_, before) << "it did not end";
    run_for(1ms);
    return rebuild_.status();
  }
  void run_for(std::chrono::milliseconds time) {
    loop_.run_until([] { return false; }, clock_.steady_now() + time);
  }
  void reach(Phase phase) {
    loop_.run_until([&] { return rebuild_.status().phase == phase; }, clock_.steady_now() + 1min);
    ASSERT_EQ(to_string(rebuild_.status().phase), to_string(phase));
  }

  SimClock clock_{kNow};
  SimLoop loop_{clock_};
  FakeStore store_;
  Rebuild rebuild_{loop_, store_, "store"};
  std::int64_t ended_ = 0;
};

TEST_F(RebuildTest, EqualOnesChangePlaces) {
  give({});
  const Status status = ended();
  EXPECT_EQ(status.last, "equal, and swapped");
  EXPECT_FALSE(status.failed);
  EXPECT_TRUE(store_.rebuilt_is_live);
  EXPECT_EQ(status.phase, Phase::kKept);
  EXPECT_EQ(status.kept_until, store_.kept);
  EXPECT_GE(*status.kept_until, kNow + kDefaultKeep);
}

TEST_F(RebuildTest, DifferentOnesDoNotUnlessToldTo) {
  store_.differ = 3;
  give({});
  Status status = ended();
  EXPECT_EQ(status.last, "compared: 3 differ");
  EXPECT_EQ(status.phase, Phase::kCompared);
  EXPECT_EQ(status.named.size(), 3);
  run_for(1min);
  EXPECT_FALSE(store_.rebuilt_is_live) << "it waits";
  give({.action = Command::Action::kSwap});
  status = ended();
  EXPECT_EQ(status.last, "swapped, 3 differed");
  EXPECT_TRUE(store_.rebuilt_is_live);
}

TEST_F(RebuildTest, ADifferenceThatShowsAtTheSwapIsSomebodysDecision) {
  store_.before = [&](const char* step) {
    if (std::string_view(step) == "swap") store_.differ = 2;
  };
  give({});
  EXPECT_EQ(ended().last, "compared: 2 differ");
  EXPECT_EQ(store_.swaps, 0);
  EXPECT_EQ(rebuild_.status().phase, Phase::kCompared);
}

TEST_F(RebuildTest, WhatDiffersOnlyForAMomentIsNoDifference) {
  int looks = 0;
  store_.before = [&](const char* step) {
    if (std::string_view(step) == "compare") store_.differ = looks++ < 2 ? 1 : 0;
  };
  give({});
  EXPECT_EQ(ended().last, "equal, and swapped");
}

TEST_F(RebuildTest, OnlyComparedIfToldSo) {
  give({.swap_when_equal = false});
  EXPECT_EQ(ended().last, "compared: equal");
  run_for(1min);
  EXPECT_FALSE(store_.rebuilt_is_live);
  give({.action = Command::Action::kCancel});
  EXPECT_EQ(ended().phase, Phase::kIdle);
  EXPECT_FALSE(store_.exists);
}

TEST_F(RebuildTest, OneGoesBackForAsLongAsTheOldOneIsKept) {
  give({.keep = 30s});
  ended();
  run_for(10s);
  give({.action = Command::Action::kRollback, .keep = 30s});
  Status status = ended();
  EXPECT_EQ(status.last, "rolled back");
  EXPECT_LT(status.took, 1s) << "of the way back, not since the rebuild";
  EXPECT_FALSE(store_.rebuilt_is_live);
  EXPECT_EQ(status.phase, Phase::kKept) << "and forth again";
  reach(Phase::kIdle);
  run_for(1ms);
  status = rebuild_.status();
  EXPECT_EQ(status.last, "the one that was live before is dropped, for its time is over");
  EXPECT_EQ(status.ended, ended_) << "no command has";
  EXPECT_EQ(refusal(Command::Action::kRollback), "nothing_kept");
  EXPECT_FALSE(store_.exists);
}

TEST_F(RebuildTest, NothingIsKeptWhereNobodyWantsIt) {
  give({.keep = 0s});
  EXPECT_EQ(ended().phase, Phase::kIdle);
  EXPECT_TRUE(store_.rebuilt_is_live);
  EXPECT_FALSE(store_.exists);
}

TEST_F(RebuildTest, WhatDoesNotFitThePhaseIsRefused) {
  EXPECT_EQ(refusal(Command::Action::kSwap), "nothing_to_swap");
  EXPECT_EQ(refusal(Command::Action::kRollback), "nothing_kept");
  EXPECT_EQ(refusal(Command::Action::kDrop), "nothing_kept");
  EXPECT_EQ(refusal(Command::Action::kCancel), "nothing_to_cancel");
  store_.differ = 1;
  give({});
  EXPECT_EQ(refusal(Command::Action::kStart), "command_is_waiting");
  reach(Phase::kFilling);
  run_for(0ms);
  EXPECT_EQ(refusal(Command::Action::kStart), "rebuild_running");
  EXPECT_EQ(refusal(Command::Action::kSwap), "nothing_to_swap");
  ended();
  give({.action = Command::Action::kSwap});
  ended();
  EXPECT_EQ(refusal(Command::Action::kStart), "one_is_kept");
  EXPECT_EQ(refusal(Command::Action::kCancel), "nothing_to_cancel");
}

TEST_F(RebuildTest, OneBeginsOnlyWhileAnotherIsNotAtWork) {
  FakeStore other_store;
  Rebuild other(loop_, other_store, "other store");
  rebuild_.wait_for_turn_with(other);
  give({});
  ended();
  give({.action = Command::Action::kDrop});
  ended();
  other.start();
  run_for(1ms);
  other_store.differ = 1;
  ASSERT_TRUE(other.request({}));
  loop_.run_until([&] { return other.status().phase == Phase::kCompared; },
                  clock_.steady_now() + 1min);
  const auto refused = rebuild_.request({});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, "rebuild_running");
  EXPECT_NE(refused.error().message.find("other store"), std::string::npos);
  ASSERT_TRUE(other.request({.action = Command::Action::kSwap}));
  loop_.run_until([&] { return other.status().phase == Phase::kKept; }, clock_.steady_now() + 1min);
  give({});
  EXPECT_EQ(ended().last, "equal, and swapped") << "one that is kept is not at work";
  stop(loop_, other);
}

TEST_F(RebuildTest, OneThatIsCancelledMidwayIsRemoved) {
  int steps = 0;
  store_.before = [&](const char* step) {
    if (std::string_view(step) == "fill" && ++steps == 2)
      give({.action = Command::Action::kCancel});
  };
  give({});
  EXPECT_EQ(ended().last, "cancelled");
  EXPECT_EQ(steps, 2) << "it does not go on";
  EXPECT_EQ(rebuild_.status().phase, Phase::kIdle);
  EXPECT_FALSE(store_.exists);
  EXPECT_EQ(store_.swaps, 0);
}

TEST_F(RebuildTest, AFailureIsTriedAgain) {
  int failures = 3;
  store_.before = [&](const char* step) {
    if (std::string_view(step) == "fill" && failures-- > 0) throw Unavailable("away");
  };
  give({});
  EXPECT_EQ(ended().last, "equal, and swapped");
}

TEST_F(RebuildTest, WhatHoldsItUpIsSaidForAsLongAsItDoes) {
  bool away = true;
  store_.before = [&](const char* step) {
    if (away && std::string_view(step) == "fill") throw Unavailable("away");
  };
  give({});
  run_for(4min);
  EXPECT_EQ(rebuild_.status().phase, Phase::kFilling) << "a peer may be away for a while";
  EXPECT_EQ(rebuild_.status().last, "away");
  away = false;
  EXPECT_EQ(ended().last, "equal, and swapped");

  away = true;
  give({.action = Command::Action::kDrop});
  ended();
  give({});
  run_for(6min);
  EXPECT_EQ(ended().last, "away") << "but not for ever";
  EXPECT_TRUE(rebuild_.status().failed);
  EXPECT_FALSE(store_.exists);
}

TEST_F(RebuildTest, WhatFailsForGoodIsGivenUpAndRemoved) {
  for (const char* const failing : {"create", "fill", "finish", "compare", "swap"}) {
    store_.before = [&](const char* step) {
      if (std::string_view(step) == failing) throw StorageFull("the disk is full");
    };
    give({});
    const Status status = ended();
    EXPECT_EQ(status.last, "the disk is full") << failing;
    EXPECT_TRUE(status.failed);
    EXPECT_EQ(status.phase, Phase::kIdle) << failing;
    EXPECT_FALSE(store_.exists) << failing;
  }
  EXPECT_EQ(store_.swaps, 0);
}

/// A full disk has no room for the removal either.
TEST_F(RebuildTest, WhyItEndsIsSaidWhileTheSecondOneCannotBeRemovedYet) {
  for (const char* const failing : {"create", "fill"}) {
    bool full = true;
    store_.before = [&](const char* step) {
      const bool fails = std::string_view(step) == failing || std::string_view(step) == "remove";
      if (full && fails) throw StorageFull("the disk is full");
    };
    give({});
    run_for(10min);
    EXPECT_EQ(rebuild_.status().last, "the disk is full") << failing;
    EXPECT_EQ(store_.swaps, 0);
    full = false;
    EXPECT_TRUE(ended().failed) << failing;
    EXPECT_EQ(rebuild_.status().last, "the disk is full");
    EXPECT_FALSE(store_.exists) << failing;
    give({});
    EXPECT_EQ(ended().last, "equal, and swapped");
    give({.action = Command::Action::kDrop});
    ended();
    store_.swaps = 0;
  }
}

TEST_F(RebuildTest, WhatIsKeptIsKeptOnThroughFailures) {
  give({});
  ended();
  store_.before = [](const char* step) {
    if (std::string_view(step) == "follow") throw Unavailable("away");
  };
  run_for(60s);
  EXPECT_EQ(rebuild_.status().phase, Phase::kKept);
  EXPECT_EQ(rebuild_.status().last, "away");
}

TEST_F(RebuildTest, AnotherHistoryEndsEvenWhatIsKept) {
  give({});
  ended();
  store_.before = [](const char* step) {
    if (std::string_view(step) == "follow") throw OtherHistory("restored");
  };
  reach(Phase::kIdle);
  run_for(1ms);
  EXPECT_EQ(rebuild_.status().last, "restored");
  EXPECT_TRUE(rebuild_.status().failed);
}

TEST_F(RebuildTest, WhereTheOldOneCannotBeKeptTheSwapStands) {
  store_.before = [](const char* step) {
    if (std::string_view(step) == "keep") throw StorageFull("full");
  };
  give({});
  EXPECT_EQ(ended().last, "equal, and swapped");
  EXPECT_TRUE(store_.rebuilt_is_live);
  EXPECT_EQ(rebuild_.status().phase, Phase::kIdle);
}

TEST(RebuildRestart, WhatWasKeptIsComparedAnewBeforeOneGoesBack) {
  SimClock clock{kNow};
  SimLoop loop{clock};
  FakeStore store;
  store.kept = kNow + 1h;
  store.differ = 2;
  Rebuild rebuild(loop, store, "store");
  rebuild.start();
  const auto compared = [&] { return rebuild.status().compared; };
  EXPECT_TRUE(loop.run_until(compared, clock.steady_now() + 1min));
  EXPECT_EQ(rebuild.status().phase, Phase::kKept);
  EXPECT_TRUE(rebuild.request({.action = Command::Action::kRollback}));
  const auto rolled = [&] { return rebuild.status().ended > 0; };
  EXPECT_TRUE(loop.run_until(rolled, clock.steady_now() + 1min));
  EXPECT_EQ(rebuild.status().last, "rolled back, 2 differed");
  stop(loop, rebuild);
}

}  // namespace
}  // namespace orderly::rebuild
