#pragma once

namespace orderly::runtime {

/// How far behind those who answer customers (0) a thread steps where processors are scarce; as
/// setpriority(2) has it, 19 is what runs on an idle machine.
struct Niceness {
  int value = 0;
};

/// Of the calling thread, and of those that it makes later. Where the kernel refuses, the thread
/// goes on as it was.
void step_behind(Niceness niceness);

}  // namespace orderly::runtime
