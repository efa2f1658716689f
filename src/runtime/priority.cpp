#include "runtime/priority.hpp"

#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <thread>

namespace orderly::runtime {
namespace {

/// Its niceness stays. In Linux the process 0 is the calling thread.
bool set_policy(pid_t thread, int policy) {
  const sched_param none{};
  return ::sched_setscheduler(thread, policy, &none) == 0;
}

}  // namespace

void step_behind(Niceness niceness) {
  set_policy(0, SCHED_OTHER);  // a child of a thread that stands aside would stand there, too
  static_cast<void>(::setpriority(PRIO_PROCESS, 0, niceness.value));
}

bool may_come_back() {
  // By a thread of its own, which would not be of much use afterwards where the kernel refuses.
  bool may = false;
  std::thread([&may] { may = set_policy(0, SCHED_IDLE) && set_policy(0, SCHED_OTHER); }).join();
  return may;
}

void Bystander::enter() { thread_ = ::gettid(); }

void Bystander::leave() { thread_ = 0; }

void Bystander::stand_aside(bool aside) {
  const pid_t thread = thread_;
  if (thread != 0) set_policy(thread, aside ? SCHED_IDLE : SCHED_OTHER);
}

}  // namespace orderly::runtime
