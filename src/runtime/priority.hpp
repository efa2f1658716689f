#pragma once

#include <sys/types.h>

#include <atomic>

namespace orderly::runtime {

/// How far behind those who answer customers (0) a thread steps where processors are scarce; as
/// setpriority(2) has it, 19 is what runs on an idle machine.
struct Niceness {
  int value = 0;
};

/// Of the calling thread, and of those that it makes later. Where the kernel refuses, the thread
/// goes on as it was.
void step_behind(Niceness niceness);

/// Whether the kernel lets a thread of this process come back once it has stood aside, for which it
/// wants CAP_SYS_NICE or RLIMIT_NICE (sched(7)).
bool may_come_back();

/// A thread that another one of this process can make stand aside. While it does, it runs only
/// where a processor has nothing else to do, whoever wakes up takes that from it at once, and the
/// kernel wakes others there as on an idle one (SCHED_IDLE, sched(7)). Only where may_come_back().
class Bystander {
 public:
  /// It is the calling thread, until leave().
  void enter();
  void leave();
  /// Any thread, also where it has not entered yet or has left: nothing happens then.
  void stand_aside(bool aside);

 private:
  std::atomic<pid_t> thread_{0};
};

}  // namespace orderly::runtime
