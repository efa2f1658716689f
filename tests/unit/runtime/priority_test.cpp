#include "runtime/priority.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <latch>
#include <thread>

namespace orderly::runtime {
namespace {

/// A thread that has entered, until it goes.
class Entered {
 public:
  explicit Entered(Bystander& bystander)
      : thread_([this, &bystander] {
          step_behind({5});
          bystander.enter();
          id_ = ::gettid();
          entered_.count_down();
          leave_.wait();
          bystander.leave();
        }) {
    entered_.wait();
  }
  Entered(const Entered&) = delete;
  Entered& operator=(const Entered&) = delete;
  ~Entered() {
    leave_.count_down();
    thread_.join();
  }

  [[nodiscard]] int policy() const { return ::sched_getscheduler(id_); }
  [[nodiscard]] int niceness() const { return ::getpriority(PRIO_PROCESS, static_cast<id_t>(id_)); }

 private:
  pid_t id_ = 0;
  std::latch entered_{1};
  std::latch leave_{1};
  std::thread thread_;
};

TEST(Bystander, StandsAsideAndComesBackAsNiceAsBefore) {
  if (!may_come_back()) GTEST_SKIP() << "the kernel refuses";
  Bystander bystander;
  const Entered thread(bystander);
  bystander.stand_aside(true);
  EXPECT_EQ(thread.policy(), SCHED_IDLE);
  bystander.stand_aside(false);
  EXPECT_EQ(thread.policy(), SCHED_OTHER);
  EXPECT_EQ(thread.niceness(), 5);
  EXPECT_EQ(::sched_getscheduler(0), SCHED_OTHER) << "nobody else was meant";
}

TEST(Bystander, IsNobodyBeforeItEntersAndAfterItHasLeft) {
  Bystander bystander;
  bystander.stand_aside(true);
  {
    const Entered thread(bystander);
  }
  bystander.stand_aside(true);
  EXPECT_EQ(::sched_getscheduler(0), SCHED_OTHER);
}

TEST(StepBehind, IsNotOnlyAsideForAChildOfWhoIs) {
  if (!may_come_back()) GTEST_SKIP() << "the kernel refuses";
  int before = -1;
  int after = -1;
  std::thread([&] {
    const sched_param none{};
    ::sched_setscheduler(0, SCHED_IDLE, &none);
    std::thread([&] {
      before = ::sched_getscheduler(0);
      step_behind({7});
      after = ::sched_getscheduler(0);
    }).join();
  }).join();
  EXPECT_EQ(before, SCHED_IDLE);
  EXPECT_EQ(after, SCHED_OTHER);
}

}  // namespace
}  // namespace orderly::runtime
