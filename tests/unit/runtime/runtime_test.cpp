#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rapidcheck/gtest.h>
#include <atomic>
#include <stdexcept>
#include <thread>

#include "run_task.hpp"
#include "runtime/async_mutex.hpp"
#include "runtime/backoff.hpp"
#include "runtime/batcher.hpp"
#include "runtime/blocking_pool.hpp"
#include "runtime/on_loop.hpp"
#include "runtime/pump.hpp"
#include "runtime/signal.hpp"
#include "runtime/task_group.hpp"

namespace orderly::runtime {
namespace {

using namespace std::chrono_literals;
using orderly::testing::run_task;
using orderly::testing::SimClock;
using orderly::testing::SimLoop;
using ::testing::ElementsAre;

class Runtime : public ::testing::Test {
 protected:
  SimClock clock_{UtcTime{std::chrono::hours(24 * 20'000)}};
  SimLoop loop_{clock_};
};

using SignalTest = Runtime;
using TaskGroupTest = Runtime;
using AsyncMutexTest = Runtime;
using BatcherTest = Runtime;
using PumpTest = Runtime;
using BlockingPoolTest = Runtime;

TEST_F(Runtime, SleepTakesItsTime) {
  const SteadyTime start = loop_.steady_now();
  run_task(loop_, loop_.sleep_for(3s));
  EXPECT_EQ(loop_.steady_now() - start, 3s);
}

TEST_F(SignalTest, WaitEndsAtItsDeadlineWithoutANotification) {
  Signal signal;
  const SteadyTime start = loop_.steady_now();
  EXPECT_FALSE(run_task(loop_, signal.wait(loop_, signal.ticket(), start + 5s)));
  EXPECT_EQ(loop_.steady_now() - start, 5s);
}

TEST_F(SignalTest, NotificationAfterTheTicketIsNotMissed) {
  Signal signal;
  const auto ticket = signal.ticket();
  signal.notify();
  EXPECT_TRUE(run_task(loop_, signal.wait(loop_, ticket, loop_.steady_now() + 5s)));
}

Task<void> notify_after(EventLoop& loop, Signal& signal, std::chrono::nanoseconds delay) {
  co_await loop.sleep_for(delay);
  signal.notify();
}

TEST_F(SignalTest, NotificationWakesEveryWaiter) {
  Signal signal;
  TaskGroup tasks(loop_);
  int woken = 0;
  const auto waiter = [](EventLoop& loop, Signal& s, int& count) -> Task<void> {
    if (co_await s.wait(loop, s.ticket(), loop.steady_now() + 60s)) ++count;
  };
  for (int i = 0; i < 3; ++i)
    tasks.spawn("waiter", waiter(loop_, signal, woken));
  tasks.spawn("notifier", notify_after(loop_, signal, 1s));
  const SteadyTime start = loop_.steady_now();
  run_task(loop_, tasks.join());
  EXPECT_EQ(woken, 3);
  EXPECT_EQ(loop_.steady_now() - start, 1s);
}

constexpr int kRounds = 2'000;

/// Follows `value` to kRounds by way of `signal`, then stops the loop.
Task<void> follow(AsioEventLoop& loop, Signal& signal, const std::atomic<int>& value,
                  std::atomic<int>& seen) {
  while (seen < kRounds) {
    const auto ticket = signal.ticket();
    if (value > seen) {
      seen = value.load();
      continue;
    }
    if (!co_await signal.wait(loop, ticket, loop.steady_now() + 10s)) break;
  }
  loop.stop();
}

TEST(SignalAcrossThreads, NoNotificationIsLost) {
  const SystemClock clock;
  AsioEventLoop loop(clock);
  Signal signal;
  std::atomic<int> value{0};
  std::atomic<int> seen{0};
  TaskGroup tasks(loop);
  tasks.spawn("follow", follow(loop, signal, value, seen));
  std::thread notifier([&] {
    for (int i = 1; i <= kRounds; ++i) {
      value = i;
      signal.notify();
    }
  });
  loop.run();
  notifier.join();
  EXPECT_EQ(seen, kRounds);
}

TEST_F(TaskGroupTest, StopEndsAWaitingTask) {
  TaskGroup tasks(loop_);
  bool went_on = false;
  const auto sleeper = [](EventLoop& loop, bool& flag) -> Task<void> {
    co_await loop.sleep_for(1h);
    flag = true;
  };
  tasks.spawn("sleeper", sleeper(loop_, went_on));
  run_task(loop_, loop_.sleep_for(1s));
  EXPECT_EQ(tasks.size(), 1U);
  tasks.stop();
  run_task(loop_, tasks.join());
  EXPECT_FALSE(went_on);
  EXPECT_EQ(tasks.size(), 0U);
}

Task<void> wait_to_be_resumed(Resume<int>& resume, int& stops, int& result) {
  result = co_await suspend<int>([&](Resume<int> given) { resume = std::move(given); },
                                 [&] { ++stops; });
}

TEST_F(TaskGroupTest, StopReachesASuspensionThatCanBeCutShort) {
  TaskGroup tasks(loop_);
  Resume<int> first, second;
  int stops = 0, result_of_first = 0, result_of_second = 0;
  tasks.spawn("goes on before", wait_to_be_resumed(first, stops, result_of_first));
  tasks.spawn("is cut short", wait_to_be_resumed(second, stops, result_of_second));
  run_task(loop_, loop_.sleep_for(1s));
  first(1);
  run_task(loop_, loop_.sleep_for(1s));
  tasks.stop();
  run_task(loop_, loop_.sleep_for(1s));
  EXPECT_EQ(stops, 1);
  second(2);
  run_task(loop_, tasks.join());
  EXPECT_EQ(result_of_first, 1);
  EXPECT_EQ(result_of_second, 2);
}

// A called Resume used to keep count of its loop's work until it was destroyed, after the loop.
TEST(ResumeTest, HoldsNothingOfItsLoopOnceItIsCalled) {
  const SystemClock clock;
  Resume<int> resume;
  int stops = 0, result = 0;
  {
    AsioEventLoop loop(clock);
    TaskGroup tasks(loop);
    tasks.spawn("waits", wait_to_be_resumed(resume, stops, result));
    loop.context().poll();
    resume(1);
    loop.context().poll();
    EXPECT_EQ(tasks.size(), 0U);
  }
  resume = {};
  EXPECT_EQ(result, 1);
}

TEST_F(TaskGroupTest, JoinOfAnEmptyGroupReturns) {
  TaskGroup tasks(loop_);
  run_task(loop_, tasks.join());
  SUCCEED();
}

TEST_F(TaskGroupTest, StoppedIsToldFromFailed) {
  const auto as_pointer = [](auto error) { return std::make_exception_ptr(error); };
  using boost::system::system_error;
  EXPECT_TRUE(is_stopped(as_pointer(system_error(asio::error::operation_aborted))));
  EXPECT_FALSE(is_stopped(as_pointer(system_error(asio::error::eof))));
  EXPECT_FALSE(is_stopped(as_pointer(std::runtime_error("no"))));
}

TEST_F(AsyncMutexTest, IsHeldAcrossAwaitsInTheOrderOfArrival) {
  AsyncMutex mutex;
  TaskGroup tasks(loop_);
  std::vector<int> order;
  const auto worker = [](EventLoop& loop, AsyncMutex& m, std::vector<int>& log,
                         int id) -> Task<void> {
    const auto guard = co_await m.lock();
    log.push_back(id);
    co_await loop.sleep_for(1s);
    log.push_back(id);
  };
  for (int id = 1; id <= 3; ++id)
    tasks.spawn("worker", worker(loop_, mutex, order, id));
  run_task(loop_, tasks.join());
  EXPECT_THAT(order, ElementsAre(1, 1, 2, 2, 3, 3));
}

using IntBatcher = Batcher<int, int>;

/// Answers ten times each input after `takes`, and notes how large the batches are.
struct TimesTen {
  EventLoop& loop;
  std::chrono::milliseconds takes{0};
  bool broken = false;
  std::vector<std::size_t> sizes = {};

  Task<std::vector<int>> process(const std::vector<int>& in) {
    if (broken) throw Unavailable("disk away");
    sizes.push_back(in.size());
    if (takes.count() > 0) co_await loop.sleep_for(takes);
    std::vector<int> out(in);
    for (int& value : out)
      value *= 10;
    co_return out;
  }
  IntBatcher::Process as_process() {
    return [this](std::vector<int>& in) { return process(in); };
  }
};

TEST_F(BatcherTest, WhatIsReadyTogetherIsOneBatch) {
  TimesTen work{loop_};
  IntBatcher batcher(loop_, "test", {}, work.as_process());
  TaskGroup tasks(loop_);
  std::vector<int> answers(5);
  const auto submit = [](IntBatcher& b, int value, int& answer) -> Task<void> {
    answer = co_await b.submit(value);
  };
  for (int i = 0; i < 5; ++i)
    tasks.spawn("submit", submit(batcher, i, answers[i]));
  run_task(loop_, tasks.join());
  run_task(loop_, batcher.join());
  EXPECT_THAT(answers, ElementsAre(0, 10, 20, 30, 40));
  EXPECT_THAT(work.sizes, ElementsAre(5U));
}

TEST_F(BatcherTest, TheNextBatchGathersWhileOneIsProcessed) {
  TimesTen work{loop_, 1s};
  IntBatcher batcher(loop_, "test", {.max_batch = 3}, work.as_process());
  TaskGroup tasks(loop_);
  const auto submit = [](EventLoop& loop, IntBatcher& b,
                         std::chrono::milliseconds delay) -> Task<void> {
    co_await loop.sleep_for(delay);
    co_await b.submit(1);
  };
  tasks.spawn("first", submit(loop_, batcher, 1ms));
  for (int i = 0; i < 5; ++i)
    tasks.spawn("later", submit(loop_, batcher, 500ms));
  run_task(loop_, tasks.join());
  run_task(loop_, batcher.join());
  EXPECT_THAT(work.sizes, ElementsAre(1U, 3U, 2U));
}

TEST_F(BatcherTest, EveryoneInAFailedBatchGetsTheErrorAndTheNextBatchIsServed) {
  TimesTen work{.loop = loop_, .broken = true};
  IntBatcher batcher(loop_, "test", {}, work.as_process());
  TaskGroup tasks(loop_);
  int failures = 0;
  const auto submit = [](IntBatcher& b, int& failed) -> Task<void> {
    try {
      co_await b.submit(1);
    } catch (const Unavailable&) {
      ++failed;
    }
  };
  tasks.spawn("a", submit(batcher, failures));
  tasks.spawn("b", submit(batcher, failures));
  run_task(loop_, tasks.join());
  EXPECT_EQ(failures, 2);
  work.broken = false;
  EXPECT_EQ(run_task(loop_, batcher.submit(7)), 70);
  run_task(loop_, batcher.join());
}

TEST_F(BatcherTest, RefusesAboveItsBound) {
  IntBatcher batcher(loop_, "test", {.max_waiting = 0},
                     [](std::vector<int>& in) -> Task<std::vector<int>> { co_return in; });
  EXPECT_THROW(run_task(loop_, batcher.submit(1)), Unavailable);
}

/// Fails twice, then moves one batch, then waits until it is stopped.
class FlakyHop final : public Hop {
 public:
  explicit FlakyHop(EventLoop& loop) : loop_(loop) {}
  Task<std::size_t> move_batch() override {
    times.push_back(loop_.steady_now());
    if (times.size() <= 2) throw Unavailable("away");
    if (times.size() > 4) co_await loop_.sleep_for(1h);
    co_return 100;
  }
  std::vector<SteadyTime> times;

 private:
  EventLoop& loop_;
};

TEST_F(PumpTest, BacksOffAfterFailuresAndPausesWhenBusy) {
  FlakyHop hop(loop_);
  SeededRandom random(1);
  std::vector<int> failures;
  int recoveries = 0;
  TaskGroup tasks(loop_);
  tasks.spawn("pump", pump(loop_, hop, random,
                           {.name = "test",
                            .backoff = {1000ms, 8000ms},
                            .pause = 7ms,
                            .on_failure = [&](const auto&, int n) { failures.push_back(n); },
                            .on_recovery = [&] { ++recoveries; }}));
  run_task(loop_, loop_.sleep_for(60s));
  tasks.stop();
  run_task(loop_, tasks.join());
  ASSERT_EQ(hop.times.size(), 5U);
  EXPECT_THAT(failures, ElementsAre(1, 2));
  EXPECT_EQ(recoveries, 1);
  EXPECT_GE(hop.times[1] - hop.times[0], 500ms);
  EXPECT_LE(hop.times[1] - hop.times[0], 1000ms);
  EXPECT_GE(hop.times[2] - hop.times[1], 1000ms);
  EXPECT_LE(hop.times[2] - hop.times[1], 2000ms);
  EXPECT_EQ(hop.times[3] - hop.times[2], 7ms);
}

RC_GTEST_PROP(Backoff, StaysBetweenHalfAndAllOfItsBase, ()) {
  const int failures = *rc::gen::inRange(1, 1'000'000);
  SeededRandom random(*rc::gen::arbitrary<std::uint64_t>());
  const BackoffPolicy policy{100ms, 60'000ms};
  const auto base = failures > 20
                        ? policy.maximum
                        : std::min(policy.maximum, policy.minimum * (1 << (failures - 1)));
  const auto delay = backoff_delay(policy, failures, random);
  RC_ASSERT(delay <= base);
  RC_ASSERT(delay >= base / 2);
}

TEST_F(BlockingPoolTest, InlinePoolGivesTheResultOrTheException) {
  InlinePool pool;
  EXPECT_EQ(run_task(loop_, pool.run([] { return 42; })), 42);
  run_task(loop_, pool.run([] {}));
  const auto fail = []() -> int { throw std::runtime_error("broken"); };
  EXPECT_THROW(run_task(loop_, pool.run(fail)), std::runtime_error);
}

/// Runs `task` on a real loop of its own.
template <class T>
T run_for_real(AsioEventLoop& loop, Task<T> task) {
  std::optional<T> result;
  std::exception_ptr failure;
  asio::co_spawn(loop.executor(), std::move(task), [&](std::exception_ptr error, T value) {
    failure = error;
    result = std::move(value);
    loop.stop();
  });
  loop.context().restart();
  loop.context().run_for(10s);
  if (failure) std::rethrow_exception(failure);
  return result.value();
}

TEST(ThreadPoolTest, RunsElsewhereAndComesBack) {
  const SystemClock clock;
  AsioEventLoop loop(clock);
  ThreadPool pool("test", 2, 8);
  const auto ask = [](ThreadPool& p) -> Task<bool> {
    const auto here = std::this_thread::get_id();
    const auto there = co_await p.run([] { return std::this_thread::get_id(); });
    co_return here != there&& here == std::this_thread::get_id();
  };
  EXPECT_TRUE(run_for_real(loop, ask(pool)));
}

// The refusal used to leave the initiation of a suspended coroutine, which then ran on while it was
// being destroyed.
TEST(ThreadPoolTest, RefusesAboveItsBoundAndTheCallerGoesOn) {
  const SystemClock clock;
  AsioEventLoop loop(clock);
  ThreadPool pool("test", 1, 0);
  const auto ask = [](EventLoop& l, ThreadPool& p) -> Task<int> {
    int refused = 0;
    for (int i = 0; i < 3; ++i) {
      try {
        co_await p.run([] { return 1; });
      } catch (const Unavailable&) {
        ++refused;
      }
      co_await l.sleep_for(1us);
    }
    co_return refused;
  };
  EXPECT_EQ(run_for_real(loop, ask(loop, pool)), 3);
}

Task<std::thread::id> current_thread() { co_return std::this_thread::get_id(); }

Task<bool> ask_there(EventLoop& there, std::thread::id expected) {
  const auto here = std::this_thread::get_id();
  const auto remote = co_await on_loop(there, current_thread());
  co_return remote == expected&& std::this_thread::get_id() == here;
}

TEST(OnLoopTest, RunsOnTheOtherLoopAndComesBack) {
  const SystemClock clock;
  AsioEventLoop here(clock);
  AsioEventLoop there(clock);
  std::thread thread([&] { there.run(); });
  EXPECT_TRUE(run_for_real(here, ask_there(there, thread.get_id())));
  there.stop();
  thread.join();
}

}  // namespace
}  // namespace orderly::runtime
