#include "support/sim_loop.hpp"

#include <gtest/gtest.h>

#include <string>

#include "runtime/batcher.hpp"
#include "runtime/blocking_pool.hpp"
#include "runtime/signal.hpp"

namespace orderly::testing {
namespace {

using namespace std::chrono_literals;
using runtime::Task;

constexpr UtcTime kStart{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

class SimLoopTest : public ::testing::Test {
 protected:
  SimClock clock_{kStart};
  SimLoop loop_{clock_};
  runtime::TaskGroup tasks_{loop_};
};

Task<void> note_after(runtime::EventLoop& loop, std::chrono::seconds wait, std::string& notes,
                      char c) {
  co_await loop.sleep_for(wait);
  notes += c;
}

TEST_F(SimLoopTest, time_passes_only_when_nothing_is_ready_and_in_order) {
  std::string notes;
  tasks_.spawn("b", note_after(loop_, 200s, notes, 'b'));
  tasks_.spawn("a", note_after(loop_, 100s, notes, 'a'));
  EXPECT_TRUE(loop_.run_until([&] { return tasks_.size() == 0; }, SteadyTime{1h}));
  EXPECT_EQ(notes, "ab");
  EXPECT_EQ(clock_.utc_now(), kStart + 200s);
}

TEST_F(SimLoopTest, a_deadline_ends_the_run_at_its_time) {
  std::string notes;
  tasks_.spawn("a", note_after(loop_, 100s, notes, 'a'));
  EXPECT_FALSE(loop_.run_until([&] { return tasks_.size() == 0; }, SteadyTime{50s}));
  EXPECT_EQ(clock_.steady_now(), SteadyTime{50s});
  tasks_.stop();
  EXPECT_TRUE(loop_.run_until([&] { return tasks_.size() == 0; }, SteadyTime{60s}));
  EXPECT_EQ(notes, "");
}

Task<void> wait_for(runtime::EventLoop& loop, runtime::Signal& signal, bool& notified) {
  notified = co_await signal.wait(loop, signal.ticket(), loop.steady_now() + 10s);
}

TEST_F(SimLoopTest, a_signal_wakes_its_waiter_before_the_deadline) {
  runtime::Signal signal;
  bool notified = false;
  tasks_.spawn("wait", wait_for(loop_, signal, notified));
  loop_.run_until([] { return false; }, SteadyTime{1s});
  signal.notify();
  EXPECT_TRUE(loop_.run_until([&] { return tasks_.size() == 0; }, SteadyTime{2s}));
  EXPECT_TRUE(notified);
}

Task<void> run_inline(runtime::BlockingPool& pool, int& result) {
  result = co_await pool.run([] { return 7; });
}

TEST_F(SimLoopTest, an_inline_pool_resumes_its_caller) {
  runtime::InlinePool pool;
  int result = 0;
  tasks_.spawn("run", run_inline(pool, result));
  EXPECT_TRUE(loop_.run_until([&] { return result == 7; }, SteadyTime{1s}));
}

TEST(SimLoop, a_crash_drops_every_coroutine) {
  SimClock clock{kStart};
  runtime::Signal signal;
  bool notified = false;
  auto loop = std::make_unique<SimLoop>(clock);
  runtime::TaskGroup tasks{*loop};
  tasks.spawn("wait", wait_for(*loop, signal, notified));
  loop->run_until([] { return false; }, SteadyTime{1s});
  loop.reset();
  signal.notify();
  EXPECT_FALSE(notified);
}

}  // namespace
}  // namespace orderly::testing
